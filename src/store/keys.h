// The keys of the embedded store, which docs/formats/log.md specifies.
//
// Numbers are big-endian, so the byte order is the numeric order. An object id ends with a NUL,
// which it cannot contain. So ids sort in their own order, and no id is a prefix of another's keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "log/event.h"

namespace syncline::store {

// The number of a workspace in the store: 4 bytes instead of a name of up to 255 in every key.
using WorkspaceId = std::uint32_t;

// Belongs to no workspace. Its keys only make sure that a column family is not empty.
inline constexpr WorkspaceId kNoWorkspace = 0;

std::string id_key(WorkspaceId id);                             // prefix of all keys of a workspace
std::string event_key(WorkspaceId id, log::Position position);  // column family `events`
std::string object_key(WorkspaceId id, std::string_view object);
// For `objects` (with an empty value) and `snapshots`.
std::string object_key(WorkspaceId id, std::string_view object, log::Position position);

std::string tree_key(WorkspaceId id, unsigned level, std::uint64_t index);  // `tree`

// The first key after all keys that begin with `prefix`, which must not be all 0xff.
std::string after_prefix(std::string prefix);

struct ObjectKey {
  WorkspaceId id = 0;
  std::string_view object;  // refers to the parsed key
  log::Position position = 0;
};

// nullopt if it is not such a key.
std::optional<log::Position> parse_event_key(std::string_view key);
std::optional<ObjectKey> parse_object_key(std::string_view key);
std::optional<WorkspaceId> parse_id(std::string_view bytes);  // first four bytes

// Column family `meta`.
inline constexpr std::string_view kFormatKey = "format";
inline constexpr std::string_view kNextWorkspaceKey = "next-workspace";
inline constexpr std::string_view kWorkspacePrefix = "w/";
std::string workspace_key(std::string_view name);
std::string checkpoint_key(WorkspaceId id);                         // "c/" id
std::string cut_key(WorkspaceId id);                                // "x/" id
std::string epoch_key(WorkspaceId id);                              // "e/" id
std::string ingested_key(WorkspaceId id, std::string_view region);  // "i/" id region
std::string pin_key(WorkspaceId id, std::string_view name);         // "p/" id name
std::string origin_key(WorkspaceId id, std::string_view digest);    // "o/" id digest
inline constexpr std::string_view kRetentionPrefix = "r/";
std::string retention_key(std::string_view workspace);                       // "r/" name
std::string retention_record_key(WorkspaceId id, std::uint64_t number = 0);  // "a/" id number
std::string retention_record_prefix(WorkspaceId id);                         // "a/" id
std::string rules_told_key(WorkspaceId id);                                  // "t/" id
inline constexpr std::string_view kBlobPrefix = "b/";
// "b/" name entry: the snapshot with the key `entry` names this blob.
std::string blob_key(const Hash256& name, std::string_view entry);

struct BlobKey {
  Hash256 name{};
  std::string_view entry;  // refers to the parsed key
};
std::optional<BlobKey> parse_blob_key(std::string_view key);  // nullopt if it is not such a key

}  // namespace syncline::store
