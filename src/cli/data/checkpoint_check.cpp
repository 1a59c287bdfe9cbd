#include "cli/data/checkpoint_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/files.h"

namespace syncline::cli {

void key_option(Command& command, std::string& keys, std::string fallback) {
  command.option({.name = "--key",
                  .value = "KEY",
                  .text = "The key that must have signed; several with commas between them",
                  .fallback = std::move(fallback)},
                 keys);
}

Result<std::vector<log::NoteVerifier>> parse_keys(const std::string& keys) {
  std::vector<log::NoteVerifier> parsed;
  for (std::string_view rest = keys; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    auto key = log::NoteVerifier::from_text(rest.substr(0, end));
    if (!key) return fail(ErrorCode::kInvalid, "--key: " + key.error().message);
    parsed.push_back(std::move(*key));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parsed;
}

Result<log::Checkpoint> read_checkpoint(const std::string& file,
                                        const std::vector<log::NoteVerifier>& keys) {
  const auto note = read_file(file, log::kMaxNoteBytes);
  if (!note) return std::unexpected(note.error());
  auto checkpoint = log::open_checkpoint(as_text(*note), keys);
  if (!checkpoint)
    return fail(checkpoint.error().code,
                fmt::format("{}: {}", shown_name(file), checkpoint.error().message));
  return checkpoint;
}

}  // namespace syncline::cli
