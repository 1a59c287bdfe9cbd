// One event of a workspace's log, and its bytes.
//
// An event is a change that the log has accepted. It says who declared what (the intent), what
// merging made of it (the effect), and carries the hash of the event before it, so that nothing in
// the middle of a log can be altered, dropped or swapped without every later hash disagreeing.
//
// Its record has two parts: the header, which is kept for ever, and the payload (intent and effect),
// which retention may drop. hash(event) covers the header and a digest of the payload, so an event
// proves its place in the log without its payload. It is the event's leaf in the workspace's Merkle
// tree as well (log/merkle_tree.h).
//
// The record format is specified byte by byte in docs/formats/log.md. In short: a version, varint
// numbers and length-prefixed strings, tagged extensions for fields to come, the payload or its
// digest, and a CRC-32C at the end.
//
// Errors: encoding refuses what is over a limit (kTooLarge) or not allowed in a field (kInvalid);
// decoding trusts nothing and answers kCorrupt for a failed CRC, kMalformed for bytes that are no
// record, kUnsupported for a record of a newer version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hlc.h"
#include "base/sha256.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

// Index of an event in its workspace's log: 1 is the first, 0 means "before everything".
using Position = std::uint64_t;

inline constexpr std::size_t kMaxWorkspaceNameBytes = 255;
inline constexpr std::size_t kMaxObjectIdBytes = 1024;
inline constexpr std::size_t kMaxPrincipalBytes = 1024;
inline constexpr std::size_t kMaxActorBytes = 255;
inline constexpr std::size_t kMaxTypeBytes = 64;
inline constexpr std::size_t kMaxPlaceBytes = 64;   // the name of a region or a node
inline constexpr std::size_t kMaxTraceBytes = 256;  // a W3C traceparent has 55
inline constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxExtensions = 64;

// What kind of thing happened. Stored as a number: values are never reused, and a reader keeps
// events whose kind it does not know.
enum class EventKind : std::uint16_t {
  kChange = 1,  // a client's change to an object
};

// A field that this version has no name for: newer writers add fields, older readers keep them.
struct Extension {
  std::uint64_t tag = 0;
  Bytes value;

  bool operator==(const Extension&) const = default;
};

struct Event {
  Position position = 0;
  HlcStamp hlc;
  EventKind kind = EventKind::kChange;
  std::string principal;        // who acts, as the policy sees it; may be empty
  std::string actor;            // the session or device whose changes are ordered by actor_seq
  std::uint64_t actor_seq = 0;  // 0: the actor does not number its changes
  std::string object;           // id within the workspace, such as "notes/plan"
  std::string type;             // how the object merges: "doc", "table" …
  std::uint64_t schema = 0;     // version of the object's schema; 0: none is declared
  std::string region;           // where it was accepted; may be empty
  std::string node;             // by which node; may be empty
  std::string trace;            // W3C traceparent of the request; may be empty
  std::vector<Extension> extensions;  // ascending tags
  Hash256 previous_hash{};            // of the event before; all zero at position 1

  Bytes intent;  // what the client sent
  Bytes effect;  // what merging made of it; may be empty
  // Set when intent and effect were dropped: what they hashed to. They are empty then.
  std::optional<Hash256> dropped_payload;

  // Hash of this event: made by encoding and decoding, not itself a part of the record.
  Hash256 hash{};

  bool operator==(const Event&) const = default;
};

// A record ready to be stored, with what a store must know without decoding it.
struct EncodedEvent {
  Position position = 0;
  HlcStamp hlc;
  std::string object;
  Hash256 previous_hash{};
  Hash256 hash{};
  Bytes record;
};

// What a record says of its place.
struct EventLink {
  Position position = 0;
  Hash256 previous_hash{};
};

// The end of a log: what the next event must follow. Default: a log without events.
struct Head {
  Position last_position = 0;
  Hash256 last_hash{};
  HlcStamp hlc;

  bool operator==(const Head&) const = default;
};

// Names are 1 to `max` bytes without NUL. Anything else is kInvalid or kTooLarge.
Result<void> check_workspace_name(std::string_view name);
Result<void> check_object_id(std::string_view id);

Result<EncodedEvent> encode_event(const Event& event);

// The whole of `record` must be one record.
Result<Event> decode_event(ByteView record);

// The same of a record that is read for its place alone: its checksum is verified, the rest is neither
// looked at, nor hashed, nor copied.
Result<EventLink> decode_link(ByteView record);

// The size of its record, without making it.
std::size_t record_bytes(const Event& event);

// The digest that stands for intent and effect in the event's hash.
Hash256 payload_digest(const Event& event);

// The event without intent and effect: another record, the same hash.
Event without_payload(Event event);

// Numbers the events of one workspace: gives each its position, stamp and previous hash.
// The workspace owns one, made from the Head that it loaded, and hands the results to
// EventLog::append in the same order. After a failed append it is out of step and must be made anew
// from head().
class EventChain {
 public:
  explicit EventChain(Head head) : head_(head), clock_(head.hlc) {}

  // Fills position, hlc, previous_hash and hash of `event` and encodes it. On an error (a field
  // over its limit) the chain is unchanged.
  Result<EncodedEvent> seal(Event& event, std::uint64_t unix_ms);

  // After the last sealed event, whether or not it is stored yet.
  const Head& head() const { return head_; }

 private:
  Head head_;
  HlcClock clock_;
};

}  // namespace syncline::log
