#include "cli/data/checkpoint_check.h"

#include <fmt/format.h>

#include "backend/keys/key_ring.h"
#include "base/percent.h"
#include "cli/data/waiting_loop.h"
#include "cli/files.h"
#include "log/notary.h"

namespace syncline::cli {
namespace {

Result<std::vector<log::NoteVerifier>> trusted_keys(const std::string& data_dir,
                                                    const std::string& key) {
  if (key.empty()) return backend::KeyRing::read_public(data_dir);
  auto parsed = log::NoteVerifier::from_text(key);
  if (!parsed) return fail(ErrorCode::kInvalid, "--key: " + parsed.error().message);
  return std::vector{std::move(*parsed)};
}

// The workspace that an origin "<log name>/w/<workspace>" names.
Result<std::string> workspace_of(WaitingLoop& loop, log::EventLog& log, const std::string& origin) {
  const std::size_t at = origin.rfind("/w/");
  const std::string_view encoded =
      at == origin.npos ? std::string_view() : std::string_view(origin).substr(at + 3);
  std::string after;
  for (;;) {
    const auto names = loop.wait<std::vector<std::string>>(
        [&](auto done) { log.list_workspaces(after, 1000, std::move(done)); });
    if (!names) return std::unexpected(names.error());
    if (names->empty()) return fail(ErrorCode::kNotFound, "there is no log of " + origin);
    for (const std::string& name : *names)
      if (percent_encode(name) == encoded) return name;
    after = names->back();
  }
}

}  // namespace

Result<CheckedCheckpoint> check_checkpoint(backend::RocksDbStore& store,
                                           const std::string& data_dir, const std::string& file,
                                           const std::string& key) {
  const auto note = read_file(file, log::kMaxNoteBytes);
  if (!note) return std::unexpected(note.error());
  const auto keys = trusted_keys(data_dir, key);
  if (!keys) return std::unexpected(keys.error());
  const auto checkpoint = log::open_checkpoint(as_text(*note), *keys);
  if (!checkpoint)
    return fail(checkpoint.error().code,
                fmt::format("{}: {}", shown_name(file), checkpoint.error().message));

  WaitingLoop loop;
  const auto log = store.open_log(loop);
  auto workspace = workspace_of(loop, *log, checkpoint->origin);
  if (!workspace) return std::unexpected(std::move(workspace.error()));
  auto hashes = loop.wait<std::vector<Hash256>>([&](auto done) {
    log->tree_nodes(*workspace, log::merkle::frontier_nodes(checkpoint->size), std::move(done));
  });
  if (!hashes && hashes.error().code != ErrorCode::kNotFound)
    return std::unexpected(std::move(hashes.error()));
  if (!hashes)
    return fail(ErrorCode::kCorrupt,
                fmt::format("workspace {}: the checkpoint has {} events, the log has fewer",
                            *workspace, checkpoint->size));
  if (log::merkle::Frontier(checkpoint->size, std::move(*hashes)).root() != checkpoint->root)
    return fail(ErrorCode::kCorrupt,
                fmt::format("workspace {}: its first {} events are not those of the checkpoint",
                            *workspace, checkpoint->size));
  return CheckedCheckpoint{std::move(*workspace), checkpoint->size};
}

}  // namespace syncline::cli
