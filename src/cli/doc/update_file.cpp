#include "cli/doc/update_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/files.h"

namespace syncline::cli {
namespace {

using crdt::UpdateVersion;

bool is_empty(const crdt::DecodedUpdate& update) {
  return update.blocks.empty() && update.deletes.empty();
}

Result<void> decode_as(UpdateFile& file, UpdateVersion version) {
  file.version = version;
  return crdt::decode_update(file.bytes, version, file.decoded);
}

// Removes the decoder's prefix "update: ", because the messages here name the file.
std::string_view reason(const Error& error) {
  constexpr std::string_view kPrefix = "update: ";
  std::string_view text = error.message;
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return text;
}

Result<void> decode_only(UpdateFile& file, UpdateVersion version) {
  auto decoded = decode_as(file, version);
  if (decoded) return {};
  return fail(decoded.error().code, fmt::format("{}: no Yjs update {}: {}", file.name,
                                                to_string(version), reason(decoded.error())));
}

// Version 2 begins with a zero byte. In version 1 this means "no structs". So an update with
// structs decodes in one version only. Only updates that contain nothing but deletions are
// ambiguous.
Result<void> decode_either(UpdateFile& file) {
  const auto first = decode_as(file, UpdateVersion::kV1);
  if (first && !file.decoded.blocks.empty()) return {};
  const bool empty_first = first && is_empty(file.decoded);
  const auto second = decode_as(file, UpdateVersion::kV2);
  const bool prefer_second = second && (!first || (empty_first && !is_empty(file.decoded)));
  if (prefer_second) return {};
  if (first) return decode_as(file, UpdateVersion::kV1);
  if (first.error() == second.error()) {
    return fail(first.error().code, fmt::format("{}: no Yjs update, neither v1 nor v2: {}",
                                                file.name, reason(first.error())));
  }
  return fail(first.error().code, fmt::format("{}: no Yjs update: as v1: {}; as v2: {}", file.name,
                                              reason(first.error()), reason(second.error())));
}

OptionSpec update_files(std::string text) {
  return {.name = "FILE", .text = std::move(text), .required = true, .is_file = true};
}

}  // namespace

std::string_view to_string(UpdateVersion version) {
  return version == UpdateVersion::kV1 ? "v1" : "v2";
}

Result<UpdateFile> load_update(const std::string& path, const std::string& format) {
  auto bytes = read_file(path);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  UpdateFile file{.name = shown_name(path), .bytes = std::move(*bytes), .decoded = {}};
  if (file.bytes.empty()) {
    return fail(ErrorCode::kMalformed, file.name + ": empty; even an empty update has 2 bytes");
  }
  auto decoded = format == "v1"   ? decode_only(file, UpdateVersion::kV1)
                 : format == "v2" ? decode_only(file, UpdateVersion::kV2)
                                  : decode_either(file);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  return file;
}

Result<std::vector<UpdateFile>> load_updates(std::span<const std::string> paths,
                                             const std::string& format) {
  if (std::count(paths.begin(), paths.end(), "-") > 1)
    return fail(ErrorCode::kInvalid, "stdin ('-') can be read only once");
  std::vector<UpdateFile> files;
  for (const std::string& path : paths) {
    auto file = load_update(path, format);
    if (!file) return std::unexpected(std::move(file.error()));
    files.push_back(std::move(*file));
  }
  return files;
}

Result<crdt::Doc> document_of(std::span<const UpdateFile> files, bool collect) {
  // The document shows the content of the files and adds nothing itself.
  crdt::Doc doc({.client_id = 1, .gc = collect, .guid = {}, .clean_formats = false});
  for (const UpdateFile& file : files) {
    auto applied = doc.apply_update(file.bytes, file.version);
    if (!applied) {
      return fail(applied.error().code,
                  fmt::format("{}: cannot be applied: {}", file.name, applied.error().message));
    }
  }
  return doc;
}

std::string waiting_text(const crdt::Doc& doc, std::span<const UpdateFile> files) {
  std::string text;
  const crdt::StateVector missing = doc.missing();
  for (const auto& [client, state] : missing.clients()) {
    text += text.empty() ? "structs wait for " : ", ";
    text += fmt::format("client {} from clock {}", client, state - 1);
  }
  const bool deletes_wait = std::any_of(files.begin(), files.end(), [&](const UpdateFile& file) {
    const auto effect = doc.prepare(file.bytes, file.version);
    return effect && !effect->deletes_wait_for.clients().empty();
  });
  if (deletes_wait) {
    text += text.empty() ? "" : "; ";
    text += "deletions wait for what they delete";
  }
  return text;
}

void file_argument(Command& command, std::string& target, std::string text) {
  command.argument(update_files(std::move(text)), target);
}

void file_argument(Command& command, std::vector<std::string>& target, std::string text) {
  command.argument(update_files(std::move(text)), target);
}

void version_option(Command& command, std::string& target, std::string text, bool required) {
  command.option({.name = "--to",
                  .value = "VERSION",
                  .text = std::move(text),
                  .choices = {"v1", "v2"},
                  .required = required},
                 target);
}

crdt::UpdateVersion version_of(std::string_view name) {
  return name == "v2" ? UpdateVersion::kV2 : UpdateVersion::kV1;
}

void format_option(Command& command, std::string& target) {
  target = "auto";
  command.option({.name = "--format",
                  .value = "FORMAT",
                  .text = "Encoding of what is read",
                  .choices = {"v1", "v2", "auto"}},
                 target);
}

void output_option(Command& command, std::string& target) {
  command.option({.name = "-o,--output",
                  .value = "FILE",
                  .text = "Where to write; '-' is stdout",
                  .required = true,
                  .is_file = true},
                 target);
}

}  // namespace syncline::cli
