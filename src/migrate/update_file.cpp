#include "migrate/update_file.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "crdt/block.h"

namespace syncline::migrate {
namespace {

using crdt::UpdateVersion;

struct Decoded {
  Result<void> result;
  bool has_structs = false;
  bool has_content = false;
};

Decoded try_version(ByteView update, UpdateVersion version) {
  crdt::DecodedUpdate decoded;
  Decoded tried{.result = crdt::decode_update(update, version, decoded)};
  if (!tried.result) return tried;
  tried.has_structs = !decoded.blocks.empty();
  tried.has_content = tried.has_structs || !decoded.deletes.empty();
  return tried;
}

// Without the decoder's prefix, because messages here name the file.
std::string_view reason_of(const Error& error) {
  constexpr std::string_view kPrefix = "update: ";
  std::string_view text = error.message;
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return text;
}

// The parts of a log; empty if the bytes cannot be one.
std::vector<ByteView> parts_of_log(ByteView file) {
  ByteReader in(file);
  std::vector<ByteView> parts;
  while (in.ok() && !in.at_end()) {
    const ByteView part = in.var_buffer();
    if (!in.ok() || part.empty()) return {};
    parts.push_back(part);
  }
  return parts;
}

// The version in which all parts decode. Parts that decode in both say nothing about it.
std::optional<UpdateVersion> version_of_log(const std::vector<ByteView>& parts,
                                            std::optional<UpdateVersion> wanted) {
  for (const UpdateVersion version : {UpdateVersion::kV1, UpdateVersion::kV2}) {
    if (wanted && version != *wanted) continue;
    bool all = true;
    bool any_content = false;
    for (const ByteView part : parts) {
      const Decoded tried = try_version(part, version);
      all = all && tried.result.has_value();
      any_content = any_content || tried.has_content;
      if (!all) break;
    }
    if (all && (any_content || wanted || version == UpdateVersion::kV2)) return version;
  }
  return std::nullopt;
}

}  // namespace

Result<UpdateVersion> version_of_update(ByteView update, std::optional<UpdateVersion> wanted) {
  if (wanted) {
    auto only = try_version(update, *wanted);
    if (only.result) return *wanted;
    return fail(only.result.error().code,
                fmt::format("no Yjs update v{}: {}", static_cast<int>(*wanted),
                            reason_of(only.result.error())));
  }
  const Decoded first = try_version(update, UpdateVersion::kV1);
  if (first.result && first.has_structs) return UpdateVersion::kV1;
  const Decoded second = try_version(update, UpdateVersion::kV2);
  if (second.result && (!first.result || (!first.has_content && second.has_content)))
    return UpdateVersion::kV2;
  if (first.result) return UpdateVersion::kV1;
  if (first.result.error() == second.result.error())
    return fail(first.result.error().code, fmt::format("no Yjs update, neither v1 nor v2: {}",
                                                       reason_of(first.result.error())));
  return fail(first.result.error().code,
              fmt::format("no Yjs update: as v1: {}; as v2: {}", reason_of(first.result.error()),
                          reason_of(second.result.error())));
}

Result<StoredUpdates> read_update_file(ByteView file, std::optional<UpdateVersion> wanted) {
  if (file.empty()) return fail(ErrorCode::kMalformed, "empty; even an empty update has 2 bytes");
  const auto version = version_of_update(file, wanted);
  StoredUpdates updates;
  if (version) {
    updates.push_back({to_bytes(file), *version});
    return updates;
  }
  const std::vector<ByteView> parts = parts_of_log(file);
  const auto of_log = parts.empty() ? std::nullopt : version_of_log(parts, wanted);
  if (!of_log) return std::unexpected(version.error());
  for (const ByteView part : parts) updates.push_back({to_bytes(part), *of_log});
  return updates;
}

}  // namespace syncline::migrate
