// EventLog: the log as the rest of the server sees it: it appends and reads events.
//
// A workspace is one ordered durable log; everything else is a view of it. An implementation
// decides where the log is stored (an embedded store, a cluster, the memory of a simulation). Every
// implementation passes the same suite, tests/log/event_log_conformance.h. A store has more
// interfaces: names (log/catalog.h), snapshots (log/snapshot_store.h), signed statements
// (log/attestations.h), pins (log/pin_store.h), retention (log/retention_store.h), waiting changes
// (log/waiting_store.h) and named actors (log/actor_store.h). log/log_backend.h opens them all.
//
// Threads and ownership. These interfaces belong to one loop: they must be called on that loop, and
// every callback runs on it, in a later turn, exactly once. Several loops share one store; each has
// its own LoopStore. Destroying a LoopStore drops its pending callbacks; events that were passed to
// append() may be stored all the same. The store must outlive its LoopStores, and the loop must
// outlive both.
//
// One writer. One owner at a time writes a workspace and numbers its events (EventChain in
// log/event.h). Its appends, and everything else that it puts into the store, take effect and are
// answered in the order of the calls. So an owner may send the next append before the last one is
// answered: if one fails, the later ones fail with kConflict, and nothing is stored twice or with a
// gap. A read sees at least everything that was answered before the read was requested.
//
// Epochs. The owner of a workspace has an epoch, which grows with every change of ownership
// (log/placement.h). If ownership never changes, the epoch is 0. An append carries the epoch. The
// store keeps the highest epoch that it has seen for the workspace, durably with the append, and
// refuses lower ones. So an owner that was replaced without knowing it can no longer change
// anything. The epoch in an event's header only records who accepted the event. It stays when a log
// is copied, and no store uses it for decisions.
//
// Events of other logs. In a second region, a workspace has a log of its own and takes over
// (ingests) what the other region's log accepted. Two parts work together:
// - The log: an event with an `origin` is appended like any other. With the append, the store
//   records the position up to which the origin's log was taken over.
// - The workspace: it reads the events of one region in the order of that region's log, asks
//   ingested() for the position, and skips events up to it. It judges and applies the others as
//   changes of their author, in their groups. It seals each again (EventChain), with the position,
//   epoch, region, node, policy_at and session_at of this log and with the origin's region and
//   position. Before that, its clock observes the origin's stamp, so that the new stamp is greater.
//   So each event is taken over exactly once, even if it is sent again or a crash interrupts the
//   transfer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "log/done.h"
#include "log/event.h"

namespace syncline::log {

// The durability that an acknowledgement promises. Each level includes those before it.
enum class Durability : std::uint8_t {
  kMemory,  // survives nothing: it is in memory or in the page cache
  kDisk,    // synced to this machine's disk
  kQuorum,  // synced by a majority of replicas
};

// "memory", "disk", "quorum".
std::string_view to_string(Durability durability);

// A change that waited (log/waiting_store.h) and no longer waits.
struct Settled {
  std::string object;
  std::uint64_t number = 0;
};

struct Append {
  std::vector<EncodedEvent> events;
  Position after = 0;       // the position at which the log must end
  std::uint64_t epoch = 0;  // of the workspace's owner
  std::vector<Settled> settled =
      {};  // removed with the append; those that are not there are ignored
};

struct Appended {
  Position last_position = 0;  // everything up to here is durable
  Durability durability = Durability::kMemory;
};

inline constexpr Position kNow = std::numeric_limits<Position>::max();

// Limits of one read. If there is an event, at least one is returned, however large.
struct ReadLimits {
  Position to = std::numeric_limits<Position>::max();  // last position wanted
  std::size_t max_events = 4096;
  std::size_t max_bytes = std::size_t{4} << 20;  // of records
};

class EventLog {
 public:
  virtual ~EventLog() = default;

  // Stores events, in order and all or none, after `append.after`. Answered once they are durable
  // at the level that the answer names. The first append creates the workspace.
  //   kUnsupported  an event of rules that this build does not know
  //   kFenced       an append of a higher epoch was seen: another owner has taken over
  //   kConflict     the log ends elsewhere, or with another hash; or an event's origin is not behind
  //                 what was taken over from there; or an event of rules puts a second hold, or releases
  //                 none: nothing is stored
  //   kInvalid      no events, positions that do not follow one another, a group that is not whole,
  //                 a bad workspace name; an event of rules (log/rules.h) that no log may hold, or a pin
  //                 past the end of the log
  //   kNotFound     an event of rules removes a pin that is not there, or pins what retention has dropped
  //   kTooLarge     a group of more than kMaxGroupBytes
  //   kUnavailable  the store is full or shutting down. Nothing is stored; a later append may
  //                 succeed
  //   kIo           the disk failed. Whether the events are stored is unknown until the next start.
  //                 Every later append fails as well, because a failed sync cannot be repeated
  //   kCorrupt      the end of the stored log fails its checks
  virtual void append(std::string workspace, Append append, Done<Appended> done) = 0;

  // The durability that an answered append promises. It holds for everything that can be read, too.
  virtual Durability durability() const = 0;

  // The end of the log. For a workspace that does not exist, the default Head.
  virtual void head(std::string workspace, Done<Head> done) = 0;

  // The events after position `after`, in order; empty if there are none (yet). For the next page,
  // pass the last position that was returned. Checks the CRC of every record, and that each event
  // contains the hash of the event before it.
  virtual void read(std::string workspace, Position after, ReadLimits limits,
                    Done<std::vector<Event>> done) = 0;

  // The same for the events of one object. The cost depends on these events, not on the length of
  // the log.
  virtual void read_object(std::string workspace, std::string object, Position after,
                           ReadLimits limits, Done<std::vector<Event>> done) = 0;

  // The bytes of the first record that read() would return, or read_object() if `object` is not empty; 0:
  // there is none. Costs as much as reading that record, and does not decode it.
  virtual void measure_next(std::string workspace, std::string object, Position after,
                            Done<std::uint64_t> done) = 0;

  // The highest position in the log of `region` from which an event was appended here; 0 if there
  // is none.
  virtual void ingested(std::string workspace, std::string region, Done<Position> done) = 0;
};

}  // namespace syncline::log
