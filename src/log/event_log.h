// The log as the rest of the server sees it: append, read, and the snapshots that shorten reading.
//
// A workspace is one ordered durable log; all else is a view of it. Where the log is kept (an
// embedded store, a cluster, the memory of a simulation) is the business of an implementation;
// every one of them passes the same suite, tests/log/event_log_conformance.h.
//
// Threads and ownership. An EventLog belongs to one loop: it is called on that loop only, and every
// callback runs on it, in a later turn, exactly once. Several loops share one store through one
// EventLog each. Destroying it drops the callbacks that are still to come; what was handed to
// append() may be stored all the same. The store outlives its EventLogs, the loop outlives both.
//
// One writer. A workspace is written by one owner at a time, which numbers its events itself
// (EventChain in log/event.h). Its appends and snapshots take effect, and are answered, in the
// order in which they were made, so an owner may send the next append before the last one is
// answered: if one fails, those behind it fail with kConflict and nothing is stored twice or with a
// gap. A read sees at least what had been answered when it was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "log/merkle_tree.h"
#include "log/retention.h"
#include "log/statement.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

// What an acknowledgement promises. Ordered: each level includes those before it.
enum class Durability : std::uint8_t {
  kMemory,  // survives nothing: in memory, or in the page cache
  kDisk,    // synced to this machine's disk
  kQuorum,  // synced by a majority of replicas
};

// "memory", "disk", "quorum".
std::string_view to_string(Durability durability);

struct Appended {
  Position last_position = 0;  // everything up to here is durable
  Durability durability = Durability::kMemory;
};

struct Snapshot {
  Position position = 0;  // the state after this event
  Bytes bytes;            // the state; with `base`, what changed since that (merge::Object::extend)
  // Of the object's records since its last milestone. 0: this one is a milestone, and stays when
  // newer ones come; others make room for the next. state/object_replay.h says which are which.
  std::uint64_t bytes_since_milestone = 0;
  // From load_snapshot only: the newest damaged one that was passed over; 0: none was.
  Position damaged = 0;
  // Of a delta: the milestone that it extends, the newest at or before it. 0: this is a whole state.
  Position base = 0;
  Bytes base_bytes = {};  // from load_snapshot only: that milestone's
  // Of which type the state is, by name, and of which generation of the object. Empty and 0 where
  // that was not recorded (before version 0.2).
  std::string type = {};
  std::uint64_t generation = 0;
};

inline constexpr Position kNow = std::numeric_limits<Position>::max();

// A name for a moment of a workspace, kept until it is removed. Names are 1 to 128 bytes, begin
// with a letter, and go on with letters, digits, '.', '_' and '-'; "now" is none.
struct Pin {
  std::string name;
  Position position = 0;
  std::uint64_t unix_ms = 0;  // when it was set
  std::string principal;      // by whom

  bool operator==(const Pin&) const = default;
};

inline constexpr std::size_t kMaxPinNameBytes = 128;
bool is_pin_name(std::string_view name);

// How much one read may return. At least one event is returned where there is one, however large.
struct ReadLimits {
  Position to = std::numeric_limits<Position>::max();  // last position wanted
  std::size_t max_events = 4096;
  std::size_t max_bytes = std::size_t{4} << 20;  // of records
};

template <typename T>
using Done = std::move_only_function<void(Result<T>)>;

inline constexpr std::size_t kMaxSnapshotBytes = std::size_t{256} << 20;

class EventLog {
 public:
  virtual ~EventLog() = default;

  // Stores `events`, in order and all or none, after `expected_last_position`. Answered once they
  // are durable at the level that the answer names. The first append creates the workspace.
  //   kConflict     the log ends elsewhere, or with another hash: nothing is stored
  //   kInvalid      no events, or positions that do not follow one another; a bad workspace name
  //   kUnavailable  the store is full or shutting down: nothing is stored; a later append may
  //                 succeed
  //   kIo           the disk failed. Whether the events are stored is unknown until the next
  //                 start, and every later append fails as well: a failed sync cannot be repeated
  //   kCorrupt      the end of the stored log fails its checks
  virtual void append(std::string workspace, std::vector<EncodedEvent> events,
                      Position expected_last_position, Done<Appended> done) = 0;

  // What an answered append promises; what is read was promised as much.
  virtual Durability durability() const = 0;

  // Where the log ends. A workspace that does not exist has the default Head.
  virtual void head(std::string workspace, Done<Head> done) = 0;

  // Events after `after` in order. Empty: there are none (yet). To read on, pass the last position
  // that was returned. Every record's CRC is checked, and that each follows the hash of the one
  // before.
  virtual void read(std::string workspace, Position after, ReadLimits limits,
                    Done<std::vector<Event>> done) = 0;

  // The same for the events of one object; costs what those events cost, not what the log does.
  virtual void read_object(std::string workspace, std::string object, Position after,
                           ReadLimits limits, Done<std::vector<Event>> done) = 0;

  // Keeps the state of an object: a milestone beside those that are kept, any other in place of the
  // last that is no milestone. One that is no milestone is ignored, successfully, when a newer one or
  // a milestone at its position is kept. Above the floor of retention snapshots are a cache of the log:
  // they may vanish. Below it only drop_payloads() removes any, intact or not. A delta counts only
  // while its base is there and intact.
  //   kInvalid   the position is past the end of the log; a milestone that is a delta, or a delta of
  //              what is not before it
  //   kConflict  the newest intact milestone at or before a delta is not its base
  virtual void put_snapshot(std::string workspace, std::string object, Snapshot snapshot,
                            Done<void> done) = 0;

  // The newest snapshot at or before `at` that passes its checksum, a delta with its base, or
  // nothing. A delta whose base is damaged or gone is as good as damaged. kCorrupt: all that are kept
  // there are damaged; rebuild from the log, and what is put next replaces them.
  virtual void load_snapshot(std::string workspace, std::string object, Position at,
                             Done<std::optional<Snapshot>> done) = 0;

  // Sets a pin, durably, in place of one of that name; position 0 removes it.
  //   kInvalid   a bad name, or a position past the end of the log
  //   kNotFound  there is no such pin to remove, or the position is before what retention keeps
  virtual void put_pin(std::string workspace, Pin pin, Done<void> done) = 0;

  virtual void load_pin(std::string workspace, std::string name, Done<std::optional<Pin>> done) = 0;

  // All pins whose names come after `after`, by name, up to `limit`.
  virtual void list_pins(std::string workspace, std::string after, std::size_t limit,
                         Done<std::vector<Pin>> done) = 0;

  // Rules, holds and the floor (log/retention.h). A workspace that is not there: kNotFound to change,
  // the default to load.
  virtual void change_retention(std::string workspace, RetentionChange change,
                                Done<Retention> done) = 0;
  virtual void load_retention(std::string workspace, Done<Retention> done) = 0;

  // What was asked of it, from the record after number `after` on, up to `limit`.
  virtual void list_retention(std::string workspace, std::uint64_t after, std::size_t limit,
                              Done<std::vector<RetentionRecord>> done) = 0;

  // Names of workspaces with a rule or something left to drop, in byte order, greater than `after`.
  virtual void list_retained(std::string after, std::size_t limit,
                             Done<std::vector<std::string>> done) = 0;

  // Drops the payloads of the events behind swept_to up to `to`, all or none, and the snapshots
  // below the floor that nothing needs any more. Those of objects in `skip` (in order) stay.
  //   kForbidden  a legal hold
  //   kInvalid    `to` is past the floor
  //   kConflict   an object lacks a milestone where one must be; or a pin was set at this moment
  virtual void drop_payloads(std::string workspace, Position to, std::vector<std::string> skip,
                             Done<DroppedPayloads> done) = 0;

  // The hashes of whole blocks of the workspace's Merkle tree (log/merkle_tree.h), in the order of
  // `nodes`: what roots and proofs are folded from. kNotFound: the log does not reach that far.
  virtual void tree_nodes(std::string workspace, std::vector<merkle::Node> nodes,
                          Done<std::vector<Hash256>> done) = 0;

  // Keeps a signed checkpoint of the first `size` events (log/checkpoint.h), in place of the one
  // before. Unlike snapshots these are no cache: what was signed once binds for ever.
  //   kConflict  one of more events is kept
  //   kInvalid   the log has fewer events
  virtual void put_checkpoint(std::string workspace, std::uint64_t size, std::string note,
                              Done<void> done) = 0;

  // The checkpoint that is kept, or nothing.
  virtual void load_checkpoint(std::string workspace, Done<std::optional<std::string>> done) = 0;

  // How many events a repair kept of the log, at the least; 0: it was never cut. What comes behind them
  // is not what was signed before.
  virtual void load_cut(std::string workspace, Done<Position> done) = 0;

  // Keeps what a former keeper of an imported log signed of it, for good; the same again is ignored.
  //   kInvalid   the log has fewer events than it says, or it says nothing
  //   kTooLarge  kMaxStatements are kept
  virtual void put_origin(std::string workspace, Statement origin, Done<void> done) = 0;

  // All that are kept, by size; whether they are true is for verification to say.
  virtual void load_origins(std::string workspace, Done<std::vector<Statement>> done) = 0;

  // Up to `limit` names in byte order, greater than `after` ("" for the first).
  virtual void list_workspaces(std::string after, std::size_t limit,
                               Done<std::vector<std::string>> done) = 0;

  // Ids of objects that have events and begin with `prefix`; otherwise the same.
  virtual void list_objects(std::string workspace, std::string prefix, std::string after,
                            std::size_t limit, Done<std::vector<std::string>> done) = 0;
};

}  // namespace syncline::log
