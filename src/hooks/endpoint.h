// Endpoint: a webhook of a workspace: where its events are sent, which of them, and on whose behalf.
//
// Endpoints are records of the directory (log/directory_store.h) and no events of the workspace. The address of a
// receiver often holds a secret of its receiver, and the record holds what a token said of a person: both must be
// erasable, and neither belongs into an export of the workspace, whose copy elsewhere would begin to send. Making,
// changing and removing one are acts of the audit log. Backups hold the directory.
//
// The secret that signs is in no record: hooks/signature.h derives it from a key of the server. A record only has the
// number of the secret, and a mark of the key.
//
// Whoever made an endpoint reads through it: each event is sent only if he may read its object at that moment. What his
// token said is kept with the endpoint. It goes on when the token expires, and is disabled when it is revoked.
//
// Thread-safety: values and pure functions. Errors of decoding: kMalformed; kUnsupported for a newer version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/caller.h"
#include "log/event.h"
#include "log/session_record.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::hooks {

inline constexpr std::size_t kMostEndpoints = 16;  // of a workspace
inline constexpr std::size_t kMostUrlBytes = 2048;
inline constexpr std::size_t kMostTextBytes = 1024;          // label, prefix and type
inline constexpr std::uint64_t kMostDebounceMs = 3'600'000;  // an hour
inline constexpr std::uint64_t kOldSecretMs =
    24 * 3'600'000;                              // the secret before signs so long, too
inline constexpr std::size_t kMostDead = 1000;   // of an endpoint
inline constexpr std::size_t kMostFailing = 16;  // objects that wait for another attempt
inline constexpr std::size_t kMostLateBytes = std::size_t{48}
                                              << 10;  // of objects that wait for anything

struct Endpoint {
  std::string workspace;  // its name within the server (base/qualified_name.h)
  std::string id;         // identity/random_text.h
  std::string url;
  std::string label;   // for people; may be empty
  std::string prefix;  // only objects whose names begin so
  std::string type;    // only objects of this type; "": of all
  bool content = false;
  bool initial_content =
      false;  // it is told of no events: it is asked for the first content of objects
  std::uint64_t debounce_ms =
      0;  // an object is told of once in this time, and then of its last change; 0: of each
  std::uint64_t made_ms = 0;
  std::uint64_t secret = 1;      // its number
  std::uint64_t rotated_ms = 0;  // when it got that number; 0: it was made with it
  std::string key_mark;          // of the key that its secret follows from (hooks/signature.h)
  std::string principal;         // who made it
  log::SessionRecord maker;      // what his token said

  bool wants(std::string_view object, std::string_view object_type) const {
    return object.starts_with(prefix) && (type.empty() || type == object_type);
  }

  bool operator==(const Endpoint&) const = default;
};

// kInvalid: an address that is none, or a text that is too long.
Result<void> check_endpoint(const Endpoint& endpoint);
// kInvalid: no https:// or http:// address, or one with a user name.
Result<void> check_hook_url(std::string_view url);

// Who reads through it.
identity::Caller maker_of(const Endpoint& endpoint);

// An object whose events are behind the others of the endpoint.
struct Late {
  std::string object;
  log::Position after = 0;     // its events up to here are done
  std::uint64_t attempts = 0;  // that failed, of the next one
  std::uint64_t due_ms = 0;    // when it is tried; milliseconds since 1970
  bool pending = true;         // there is a next one; else nothing is kept but the time of the last

  bool operator==(const Late&) const = default;
};

// How far an endpoint has come.
struct Progress {
  log::Position after = 0;  // events up to here are done, except those of `late`
  std::vector<Late> late = {};
  std::uint64_t delivered = 0;
  std::uint64_t unseen = 0;            // left out: its maker may not read them
  std::uint64_t dead = 0;              // given up, and not replayed yet
  std::uint64_t failing_since_ms = 0;  // 0: the last attempt succeeded
  std::uint64_t disabled_ms = 0;       // 0: it is not
  std::string reason = {};             // why it is disabled, or why the last attempt failed
  std::string unseen_reason = {};      // why the last event was left out

  bool operator==(const Progress&) const = default;
};

// An event that the receiver did not take.
struct Dead {
  log::Position position = 0;
  std::string object;
  std::uint64_t attempts = 0;
  std::uint64_t given_up_ms = 0;
  std::string reason;  // of the last failure

  bool operator==(const Dead&) const = default;
};

// The ids of the records (DirectoryKind::kHook and kHookProgress; kHookDead).
std::string endpoint_key(std::string_view workspace, std::string_view id);
std::string dead_key(std::string_view workspace, std::string_view id, log::Position position);
std::string dead_prefix(std::string_view workspace, std::string_view id);

Bytes encode_endpoint(const Endpoint& endpoint);
// `key` has the workspace and the id.
Result<Endpoint> decode_endpoint(std::string_view key, ByteView value);
Bytes encode_progress(const Progress& progress);  // without those that are not pending
Result<Progress> decode_progress(ByteView value);
Bytes encode_dead(const Dead& dead);
Result<Dead> decode_dead(ByteView value);

}  // namespace syncline::hooks
