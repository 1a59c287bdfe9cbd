// One event of a workspace's log, and its bytes.
//
// An event is a change that the log has accepted. It says who declared what (the intent), what
// merging made of it (the effect), and carries the hash of the event before it, so that nothing in
// the middle of a log can be altered, dropped or swapped without every later hash disagreeing.
//
// Its record has two parts: the header, which is kept for ever, and the payload (a salt, the intent
// and the effect), which retention may drop. hash(event) covers the header and a digest of the
// payload, so an event proves its place in the log without its payload. It is the event's leaf in the
// workspace's Merkle tree as well (log/merkle_tree.h). The salt is 16 random bytes: who has the
// digest of a dropped payload cannot test guesses of a short payload against it.
//
// A header holds no personal data, since it cannot be dropped: a principal is an opaque id, and what
// is known about the person stands in payloads. `session_at` and `policy_at` are positions in the
// log in which the event stands; an event that is ingested from another log gets those of this one.
//
// The record format is specified byte by byte in docs/formats/log.md. In short: a version, the place
// in the log, a bit for each field that is present, the fields, tagged extensions for fields to
// come, the payload or its digest, and a CRC-32C at the end. Records of version 1, which Syncline 0.1
// wrote, are read and can be written again byte by byte; new events get version 2. The two may stand
// in one log.
//
// The type's name is only a name here. Whether this build knows the type is decided where an object
// is made from events, never in the log or in a store.
//
// Errors: encoding refuses what is over a limit (kTooLarge) or not allowed in a field (kInvalid);
// decoding trusts nothing and answers kCorrupt for a failed CRC, kMalformed for bytes that are no
// record, kUnsupported for a record of a newer version.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hlc.h"
#include "base/scheduler.h"
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
inline constexpr std::size_t kMaxTenantBytes = 64;
inline constexpr std::size_t kMaxIdempotencyKeyBytes = 255;
inline constexpr std::uint32_t kMaxGroupEvents = 4096;
inline constexpr std::size_t kMaxGroupBytes = std::size_t{64} << 20;  // of a group's records
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

// The place of an event in its group. A transaction is a group of events that stand one behind the
// other, each about one object; a log takes groups whole or not at all. The group's first event is at
// position - index, which names the group. A reader has the whole group once it has the event at
// position - index + size - 1.
struct Group {
  std::uint32_t index = 0;  // counted from 0
  std::uint32_t size = 0;   // 0: the event belongs to no group; else 2 to kMaxGroupEvents

  bool operator==(const Group&) const = default;
};

// Where an event stands that another log accepted first.
struct Origin {
  std::string region;     // whose log it is
  Position position = 0;  // in that log

  bool operator==(const Origin&) const = default;
};

using Salt = std::array<std::uint8_t, 16>;

inline constexpr std::uint8_t kRecordVersion = 2;    // of new events
inline constexpr std::uint8_t kUnsaltedVersion = 1;  // of Syncline 0.1

struct Event {
  std::uint8_t version = kRecordVersion;  // of its record
  Position position = 0;
  HlcStamp hlc;
  EventKind kind = EventKind::kChange;
  std::string tenant;              // an opaque id; empty: the default tenant
  std::string principal;           // an opaque id of who acts, as the policy sees it; may be empty
  Position session_at = 0;         // the event that records the session; 0: none does
  std::string actor;               // the session or device whose changes are ordered by actor_seq
  std::uint64_t actor_seq = 0;     // 0: the actor does not number its changes
  std::uint64_t further_seqs = 0;  // how many of the actor's numbers follow actor_seq in this event
  // The actor names itself, and goes on with its numbers when it connects again (log/actor_numbers.h).
  // False: it is one connection, and its numbers end with that.
  bool actor_named = false;
  std::string object;  // id within the workspace, such as "notes/plan"
  // Which life of the name this is: 1 is the first, deletion ends it. 0 stands in events of version
  // 1, from before there were generations, and counts as 1.
  std::uint64_t generation = 1;
  std::string type;          // how the object merges: "doc", "table" …
  std::uint64_t schema = 0;  // version of the object's schema; 0: none is declared
  Group group;
  std::uint64_t epoch = 0;       // of the owner that accepted it (log/event_log.h)
  Position policy_at = 0;        // the event with the rules that judged it; 0: none did
  Bytes idempotency_key;         // by which its client recognises a repeated request; may be empty
  std::string region;            // where it was accepted; may be empty
  std::string node;              // by which node; may be empty
  std::string trace;             // W3C traceparent of the request; may be empty
  std::optional<Origin> origin;  // set if another log accepted it first
  std::vector<Extension> extensions;  // ascending tags
  Hash256 previous_hash{};            // of the event before; all zero at position 1

  Salt salt{};   // random; zero in version 1, and without the payload
  Bytes intent;  // what the client sent
  Bytes effect;  // what merging made of it; may be empty
  // Set when salt, intent and effect were dropped: what they hashed to. They are empty then.
  std::optional<Hash256> dropped_payload;

  // Hash of this event: made by encoding and decoding, not itself a part of the record.
  Hash256 hash{};

  std::uint64_t last_actor_seq() const { return actor_seq + further_seqs; }

  bool operator==(const Event&) const = default;
};

// An actor that names itself. The same name of another principal is another actor.
struct ActorId {
  std::string tenant;
  std::string principal;
  std::string actor;

  auto operator<=>(const ActorId&) const = default;
};

// The numbers of an event whose actor names itself.
struct Numbered {
  ActorId by;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// A record ready to be stored, with what a store must know without decoding it.
struct EncodedEvent {
  Position position = 0;
  HlcStamp hlc;
  std::string object;
  Hash256 previous_hash{};
  Hash256 hash{};
  Group group;
  std::optional<Origin> origin;
  std::optional<Numbered> numbered;  // nullopt: the actor does not name itself
  Bytes record;
};

// What a store must know of an event whose record is at hand.
EncodedEvent with_record(const Event& event, Bytes record);

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

// Names are 1 to `max` bytes of UTF-8 without NUL. Anything else is kInvalid or kTooLarge.
Result<void> check_workspace_name(std::string_view name);
Result<void> check_object_id(std::string_view id);

// What an event may have as an actor that names itself: kInvalid, kTooLarge.
Result<void> check_actor(const ActorId& actor);

Result<EncodedEvent> encode_event(const Event& event);

// The whole of `record` must be one record.
Result<Event> decode_event(ByteView record);

// The same of a record that is read for its place alone: its checksum is verified, the rest is neither
// looked at, nor hashed, nor copied.
Result<EventLink> decode_link(ByteView record);

// The size of its record, without making it.
std::size_t record_bytes(const Event& event);

// The digest that stands for salt, intent and effect in the event's hash.
Hash256 payload_digest(const Event& event);

// The event without salt, intent and effect: another record, the same hash.
Event without_payload(Event event);

// Numbers the events of one workspace: gives each its position, stamp, previous hash and salt.
// The workspace owns one, made from the Head that it loaded, and hands the results to
// EventLog::append in the same order. After a failed append it is out of step and must be made anew
// from head().
class EventChain {
 public:
  // `salts` must be unpredictable, and outlive the chain.
  EventChain(Head head, Random& salts) : head_(head), clock_(head.hlc), salts_(&salts) {}

  // Fills position, hlc, previous_hash, salt and hash of `event` and encodes it. On an error (a field
  // over its limit) the chain is unchanged.
  Result<EncodedEvent> seal(Event& event, std::uint64_t unix_ms);

  // Later stamps are greater than `origin`, of an event that is ingested. kInvalid, with nothing
  // changed: it is too far ahead of `unix_ms` (HlcClock::observe).
  Result<void> observe(HlcStamp origin, std::uint64_t unix_ms) {
    return clock_.observe(origin, unix_ms);
  }

  // After the last sealed event, whether or not it is stored yet.
  const Head& head() const { return head_; }

 private:
  Head head_;
  HlcClock clock_;
  Random* salts_;
};

}  // namespace syncline::log
