// Event: one event of a workspace's log, and its encoding.
//
// An event is a change that the log has accepted. It records who requested what (the intent) and
// what the change touched (the effect). It contains the hash of the event before it, so nobody can
// alter, drop or swap an earlier event without changing every later hash.
//
// An event's record has two parts: the header, which is kept for ever, and the payload (a salt, the
// intent and the effect), which retention may drop. hash(event) covers the header and a digest of
// the payload, so an event without its payload still proves its place in the log. The hash is also
// the event's leaf in the workspace's Merkle tree (log/merkle_tree.h). The salt consists of 16
// random bytes. Without it, somebody who has the digest of a dropped short payload could find the
// payload by guessing.
//
// A header contains no personal data, because it cannot be dropped: a principal is an opaque id,
// and data about the person is in payloads. `session_at` and `policy_at` are positions in the log
// that contains the event. An event that is ingested from another log gets positions of the
// ingesting log.
//
// docs/formats/log.md specifies the record format byte by byte. In short: a version, the place in
// the log, a bit for each field that is present, the fields, tagged extensions for future fields,
// the payload or its digest, and a CRC-32C. Records of version 1, which Syncline 0.1 wrote, can be
// read, and can be encoded again byte by byte. New events get version 2. One log may contain both.
//
// The log and the stores treat the type as a name only. The code that makes objects from events
// decides whether this build knows the type.
//
// Errors: encoding refuses values over a limit (kTooLarge) and values that a field does not allow
// (kInvalid). Decoding trusts nothing: kCorrupt for a failed CRC, kMalformed for bytes that are not
// a record, kUnsupported for a record of a newer version.
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

// The index of an event in its workspace's log: 1 is the first event, 0 means "before everything".
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

// The kind of an event. It is stored as a number: values are never reused, and a reader keeps
// events of unknown kinds.
enum class EventKind : std::uint16_t {
  kChange = 1,  // a client's change to an object
  kSession =
      2,  // what was known of somebody when rules judged him (log/session_record.h); changes no object
  kRenamed = 3,  // the object goes on under this name (log/rules.h); changes nothing of it
};

// A field that this version does not know. Newer writers add fields; older readers keep them.
struct Extension {
  std::uint64_t tag = 0;
  Bytes value;

  bool operator==(const Extension&) const = default;
};

// The place of an event in its group. A transaction is a group of consecutive events, each about
// one object. A log accepts a group completely or not at all. The position of the group's first
// event, position - index, identifies the group. A reader has the whole group once it has the event
// at position - index + size - 1.
struct Group {
  std::uint32_t index = 0;  // counted from 0
  std::uint32_t size = 0;   // 0: not in a group; otherwise 2 to kMaxGroupEvents

  bool operator==(const Group&) const = default;
};

// The place of an event in the log that accepted it first.
struct Origin {
  std::string region;     // the owner of that log
  Position position = 0;  // in that log

  bool operator==(const Origin&) const = default;
};

// A time in the log that does not follow from the stamps.
//
// Stamps never go back. So after a clock that was ahead, they stay ahead until the real time has
// caught up, perhaps for years. An era begins with the first event that the log accepts after its
// clock went back by more than HlcClock::kMaxAheadMs. From then on, every event states the era and
// the time of the clock. The log's first era states nothing; there, the time is that of the stamp.
struct Era {
  Position since = 0;         // its first event; 0: the log's first era
  std::uint64_t unix_ms = 0;  // when the event was accepted; does not go back within an era

  bool operator==(const Era&) const = default;
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
  std::string actor;               // the session or device whose changes actor_seq orders
  std::uint64_t actor_seq = 0;     // 0: the actor does not number its changes
  std::uint64_t further_seqs = 0;  // how many further numbers of the actor this event contains
  // True: the actor has a name of its own and continues its numbers when it connects again
  // (log/actor_numbers.h). False: the actor is one connection, and its numbers end with it.
  bool actor_named = false;
  std::string object;  // id within the workspace, such as "notes/plan"
  // The generation of the object with this name: the first is 1, and deletion ends a generation.
  // Events of version 1 have 0, which counts as 1.
  std::uint64_t generation = 1;
  std::string type;          // the name of the object's type: "doc", "table" …
  std::uint64_t schema = 0;  // version of the object's schema; 0: none is declared
  Group group;
  std::uint64_t epoch = 0;  // of the owner that accepted the event (log/event_log.h)
  Position policy_at = 0;   // the event with the rules that judged this one; 0: no rules did
  // The same in the log of the tenant's system workspace (log/audit.h): the rules of the tenant that judged it.
  Position tenant_policy_at = 0;
  Bytes idempotency_key;         // identifies a repeated request of a client; may be empty
  std::string region;            // where it was accepted; may be empty
  std::string node;              // by which node; may be empty
  std::string trace;             // W3C traceparent of the request; may be empty
  std::optional<Origin> origin;  // set if another log accepted it first
  Era era;
  std::vector<Extension> extensions;  // ascending tags
  Hash256 previous_hash{};            // of the event before; all zero at position 1

  Salt salt{};   // random; zero in version 1, and without the payload
  Bytes intent;  // what the client sent
  Bytes effect;  // what the change touched; may be empty
  // Set if salt, intent and effect were dropped: their digest. Then they are empty.
  std::optional<Hash256> dropped_payload;

  // The hash of this event. Encoding and decoding compute it; it is not part of the record.
  Hash256 hash{};

  std::uint64_t last_actor_seq() const { return actor_seq + further_seqs; }

  // When the log accepted the event, by the clock of the server. Within an era, it does not go back.
  std::uint64_t accepted_ms() const { return era.since > 0 ? era.unix_ms : hlc.unix_ms(); }

  bool operator==(const Event&) const = default;
};

// A named actor. The same name under another principal is another actor.
struct ActorId {
  std::string tenant;
  std::string principal;
  std::string actor;

  auto operator<=>(const ActorId&) const = default;
};

// The numbers of an event whose actor is a named actor.
struct Numbered {
  ActorId by;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// A record ready to be stored, and the facts that a store needs without decoding it.
struct EncodedEvent {
  Position position = 0;
  HlcStamp hlc;
  Era era;
  std::string object;
  Hash256 previous_hash{};
  Hash256 hash{};
  Group group;
  std::optional<Origin> origin;
  std::optional<Numbered> numbered;  // nullopt: the actor is not a named actor
  std::uint64_t generation = 1;
  std::optional<Hash256> file = {};  // the file that the event names (log/file_version.h)
  Bytes record;
};

// Collects those facts for an event whose record already exists.
EncodedEvent with_record(const Event& event, Bytes record);

// The links of a record.
struct EventLink {
  Position position = 0;
  Hash256 previous_hash{};
};

// The end of a log, which the next event must continue. Default: a log without events.
struct Head {
  Position last_position = 0;
  Hash256 last_hash{};
  HlcStamp hlc;
  Era era;

  // As Event::accepted_ms().
  std::uint64_t accepted_ms() const { return era.since > 0 ? era.unix_ms : hlc.unix_ms(); }

  bool operator==(const Head&) const = default;
};

// Names are 1 to `max` bytes of UTF-8 without NUL. Anything else is kInvalid or kTooLarge.
Result<void> check_workspace_name(std::string_view name);
Result<void> check_object_id(std::string_view id);

// Checks whether an event may have this named actor: kInvalid, kTooLarge.
Result<void> check_actor(const ActorId& actor);

Result<EncodedEvent> encode_event(const Event& event);

// `record` must consist of exactly one record.
Result<Event> decode_event(ByteView record);

// Reads only the links of a record. Verifies its checksum, and does not check, hash or copy the
// rest.
Result<EventLink> decode_link(ByteView record);

// The payload of an event that has no place in the log yet, encoded and hashed. What remains for the loop that
// seals it takes as long as its header, and not as long as its payload.
struct EncodedPayload {
  Salt salt{};
  Bytes record = {};  // `room` bytes for the header, the payload, and bytes for the checksum
  std::size_t room = 0;
  Hash256 digest{};       // as payload_digest()
  std::uint32_t crc = 0;  // of the payload
};

// `room`: the expected size of the header, from header_bytes(). If the header then has another size, the payload
// is moved.
EncodedPayload encode_payload(const Event& event, std::size_t room);
std::size_t header_bytes(const Event& event);
// The same record as that of encode_event(event). The payload must be that of the event.
Result<EncodedEvent> encode_event(const Event& event, EncodedPayload payload);

// The size of the event's record, without encoding it.
std::size_t record_bytes(const Event& event);

// The digest of salt, intent and effect that goes into the event's hash.
Hash256 payload_digest(const Event& event);

// The event without salt, intent and effect. Its record changes, its hash does not.
Event without_payload(Event event);

// Numbers the events of one workspace: gives each its position, stamp, previous hash and salt. The
// workspace owns one chain, which it makes from the Head that it loaded, and passes the results to
// EventLog::append in the same order. After a failed append the chain is out of step and must be
// made again from head().
class EventChain {
 public:
  // `salts` must be unpredictable and must outlive the chain.
  EventChain(Head head, Random& salts) : head_(head), clock_(head.hlc), salts_(&salts) {}

  // Sets position, hlc, era, previous_hash, salt and hash of `event` and encodes it. After an error
  // (a field over its limit) the chain is unchanged.
  Result<EncodedEvent> seal(Event& event, std::uint64_t unix_ms);
  // The same for an event whose payload is encoded already, with a salt from draw_salt().
  Result<EncodedEvent> seal(Event& event, std::uint64_t unix_ms, EncodedPayload payload);
  Salt draw_salt();

  // Makes later stamps greater than `origin`, the stamp of an ingested event. kInvalid, without a
  // change, if it is too far ahead of `unix_ms` (HlcClock::observe).
  Result<void> observe(HlcStamp origin, std::uint64_t unix_ms) {
    return clock_.observe(origin, unix_ms);
  }

  // The end of the log after the last sealed event, which may not be stored yet.
  const Head& head() const { return head_; }

 private:
  template <typename Encode>
  Result<EncodedEvent> seal_with(Event& event, std::uint64_t unix_ms, Encode encode);

  Head head_;
  HlcClock clock_;
  Random* salts_;
};

}  // namespace syncline::log
