// A session record: what the server knew of somebody when rules of his workspace judged a change of his. The event of
// the change names the position of the record (Event::session_at) and that of the rules (Event::policy_at). So it can be
// shown later why the change was allowed, and what other rules would have said (policy/simulation.h).
//
// A record is an event of its own kind under the name "./sessions": it changes no object. It has a position, a place in
// the hash chain and in the Merkle tree, and is signed, proved and exported like any other event. Its payload holds groups
// and addresses of people, so retention drops it like that of a change.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

inline constexpr std::string_view kSessionsObject = "./sessions";
inline constexpr std::string_view kSessionType = "session";

inline constexpr std::size_t kMaxSessionTextBytes = 1024;  // of each text
inline constexpr std::size_t kMaxSessionGroups = 4096;

// The principal is in the event.
struct SessionRecord {
  std::vector<std::string> rights = {};  // of the token (identity/rights.h)
  std::vector<std::string> groups = {};  // as its provider calls them
  std::string source = {};   // "jwt", "key", "ticket", "webhook", "shared" (a token that many have)
  std::string issuer = {};   // of a JWT
  std::string token = {};    // the id of the token, the key or the ticket
  std::string address = {};  // "203.0.113.5", without the port; "": not known
  std::string origin = {};   // of the web page, as the browser said
  std::string protocol = {};     // "y-websocket", "hocuspocus", "http"
  std::uint64_t issued_ms = 0;   // when the token was issued, milliseconds since 1970; 0: not known
  std::uint64_t expires_ms = 0;  // when it ends; 0: never

  bool operator==(const SessionRecord&) const = default;
};

// Cuts each text to kMaxSessionTextBytes, between characters, and leaves out groups above kMaxSessionGroups.
Bytes encode_session(const SessionRecord& record);
// kMalformed; kUnsupported for a newer version.
Result<SessionRecord> decode_session(ByteView intent);

// The record in an event; nullopt: it is another event. kInvalid if retention has dropped what it held.
Result<std::optional<SessionRecord>> session_in(const Event& event);

}  // namespace syncline::log
