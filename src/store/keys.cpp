#include "store/keys.h"

#include <algorithm>

#include "base/assert.h"
#include "base/big_endian.h"

namespace syncline::store {
namespace {

constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kPositionBytes = 8;

}  // namespace

std::string id_key(WorkspaceId id) {
  std::string key;
  put_big_endian(key, id, kIdBytes);
  return key;
}

std::string event_key(WorkspaceId id, log::Position position) {
  std::string key = id_key(id);
  put_big_endian(key, position, kPositionBytes);
  return key;
}

std::string object_key(WorkspaceId id, std::string_view object) {
  std::string key = id_key(id);
  key.append(object);
  key.push_back('\0');
  return key;
}

std::string object_key(WorkspaceId id, std::string_view object, log::Position position) {
  std::string key = object_key(id, object);
  put_big_endian(key, position, kPositionBytes);
  return key;
}

std::string tree_key(WorkspaceId id, unsigned level, std::uint64_t index) {
  std::string key = id_key(id);
  put_big_endian(key, level, 1);
  put_big_endian(key, index, kPositionBytes);
  return key;
}

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<std::uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  SYNCLINE_ASSERT(!prefix.empty());
  ++prefix.back();
  return prefix;
}

std::optional<log::Position> parse_event_key(std::string_view key) {
  if (key.size() != kIdBytes + kPositionBytes) return std::nullopt;
  return get_big_endian(key.substr(kIdBytes));
}

std::optional<ObjectKey> parse_object_key(std::string_view key) {
  if (key.size() < kIdBytes + 1 + kPositionBytes) return std::nullopt;
  const std::size_t separator = key.size() - kPositionBytes - 1;
  const std::string_view object = key.substr(kIdBytes, separator - kIdBytes);
  if (key[separator] != '\0' || object.find('\0') != std::string_view::npos) return std::nullopt;
  return ObjectKey{static_cast<WorkspaceId>(get_big_endian(key.substr(0, kIdBytes))), object,
                   get_big_endian(key.substr(separator + 1))};
}

std::optional<WorkspaceId> parse_id(std::string_view bytes) {
  if (bytes.size() < kIdBytes) return std::nullopt;
  return static_cast<WorkspaceId>(get_big_endian(bytes.substr(0, kIdBytes)));
}

std::string checkpoint_key(WorkspaceId id) {
  return "c/" + id_key(id);
}

std::string cut_key(WorkspaceId id) {
  return "x/" + id_key(id);
}

std::string epoch_key(WorkspaceId id) {
  return "e/" + id_key(id);
}

std::string ingested_key(WorkspaceId id, std::string_view region) {
  return "i/" + id_key(id).append(region);
}

std::string pin_key(WorkspaceId id, std::string_view name) {
  return "p/" + id_key(id).append(name);
}

std::string origin_key(WorkspaceId id, std::string_view digest) {
  return "o/" + id_key(id).append(digest);
}

std::string retention_key(std::string_view workspace) {
  return std::string(kRetentionPrefix).append(workspace);
}

std::string retention_record_key(WorkspaceId id, std::uint64_t number) {
  std::string key = retention_record_prefix(id);
  put_big_endian(key, number, kPositionBytes);
  return key;
}

std::string retention_record_prefix(WorkspaceId id) {
  return "a/" + id_key(id);
}

std::string rules_told_key(WorkspaceId id) {
  return "t/" + id_key(id);
}

std::string blob_key(const Hash256& name, std::string_view entry) {
  return std::string(kBlobPrefix).append(as_text(name)).append(entry);
}

std::optional<BlobKey> parse_blob_key(std::string_view key) {
  BlobKey parsed;
  if (!key.starts_with(kBlobPrefix) || key.size() < kBlobPrefix.size() + parsed.name.size())
    return std::nullopt;
  key.remove_prefix(kBlobPrefix.size());
  std::copy_n(as_bytes(key).begin(), parsed.name.size(), parsed.name.begin());
  parsed.entry = key.substr(parsed.name.size());
  return parsed;
}

std::string workspace_key(std::string_view name) {
  return std::string(kWorkspacePrefix).append(name);
}

}  // namespace syncline::store
