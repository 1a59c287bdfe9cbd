// DirectoryStore: what a server knows of people, keys and tenants. Small records, found by kind and id.
//
// A record is not an event: it can be replaced, and it can be erased without a trace. So personal data, and
// secrets that may be withdrawn, are kept here, and events name only opaque ids (log/event.h).
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/done.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

// What a record is about. It is stored as a byte: values are never reused.
enum class DirectoryKind : char {
  kDeleted = 'd',   // a workspace that is deleted; a store writes it with the event that says so
  kGuest = 'g',     // the name that somebody without an identity gave himself
  kHook = 'h',      // a webhook of a workspace (hooks/endpoint.h)
  kHookDead = 'x',  // an event that the receiver of a webhook did not take
  kHookProgress = 'q',  // how far a webhook has come
  kKey = 'k',           // an API key
  kPerson = 'p',        // the names of a principal
  kRevocation = 'r',    // what is no longer valid, although it has not expired
  kTenant = 't',
};

inline constexpr std::size_t kMaxDirectoryIdBytes = 2048;
inline constexpr std::size_t kMaxDirectoryValueBytes = std::size_t{64} << 10;

struct DirectoryEntry {
  std::string id;
  Bytes value;

  bool operator==(const DirectoryEntry&) const = default;
};

struct DirectoryChange {
  DirectoryKind kind;
  std::string id;
  std::optional<Bytes> value;  // nullopt: the record is erased
};

class DirectoryStore {
 public:
  virtual ~DirectoryStore() = default;

  // Makes all changes together. They are durable when the answer comes. The last of several changes of one
  // record holds.
  //   kInvalid      an empty id, or one that contains NUL
  //   kTooLarge     an id or a value over its limit
  //   kUnavailable, kIo  as in EventLog::append
  virtual void change_directory(std::vector<DirectoryChange> changes, Done<void> done) = 0;

  // nullopt: there is no such record. kCorrupt if it is damaged.
  virtual void load_entry(DirectoryKind kind, std::string id, Done<std::optional<Bytes>> done) = 0;

  // The records whose ids begin with `prefix` and follow `after`, in byte order, up to `limit`. kCorrupt, with
  // the id, if one is damaged.
  virtual void list_entries(DirectoryKind kind, std::string prefix, std::string after,
                            std::size_t limit, Done<std::vector<DirectoryEntry>> done) = 0;
};

// Checks the limits: kInvalid or kTooLarge.
Result<void> check_directory(const std::vector<DirectoryChange>& changes);

}  // namespace syncline::log
