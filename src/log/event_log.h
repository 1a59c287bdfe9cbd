// The log as the rest of the server sees it: events are appended, and read.
//
// A workspace is one ordered durable log; all else is a view of it. Where the log is kept (an
// embedded store, a cluster, the memory of a simulation) is the business of an implementation;
// every one of them passes the same suite, tests/log/event_log_conformance.h. What a store keeps
// beside events has interfaces of its own: names (log/catalog.h), snapshots (log/snapshot_store.h),
// what was signed (log/attestations.h), pins (log/pin_store.h), retention (log/retention_store.h) and
// changes that wait (log/waiting_store.h) and actors that name themselves (log/actor_store.h).
// log/log_backend.h opens them all.
//
// Threads and ownership. These interfaces belong to one loop: they are called on that loop only, and
// every callback runs on it, in a later turn, exactly once. Several loops share one store, each with
// its own. Destroying a loop's LoopStore drops the callbacks that are still to come; what was handed
// to append() may be stored all the same. The store outlives its LoopStores, the loop outlives both.
//
// One writer. A workspace is written by one owner at a time, which numbers its events itself
// (EventChain in log/event.h). Its appends, and whatever else it puts into the store, take effect and
// are answered in the order in which they were made, so an owner may send the next append before the
// last one is answered: if one fails, those behind it fail with kConflict and nothing is stored twice
// or with a gap. A read sees at least what had been answered when it was made.
//
// Epochs. Whoever owns a workspace has an epoch, which grows with every change of ownership
// (log/placement.h); where nothing ever moves it is 0. An append carries it. The store keeps the
// highest that it has seen for the workspace, durably with the append, and refuses lower ones: an
// owner that was replaced and does not know it yet can change nothing any more. The epoch in an
// event's header is only a record of who accepted it; it stays when a log is copied elsewhere, and no
// store judges by it.
//
// Events of other logs. In a second region a workspace has a log of its own, and takes over
// (ingests) what the other region's log accepted. The log's half of that: an event with an `origin`
// is appended like any other, and the store keeps, with the append, how far the origin's log was
// taken over. The workspace's half: it takes the events of one region in the order of that region's
// log, asks ingested() where it stands and leaves out what is not behind that; judges and applies the
// rest as changes of their author, in their groups; seals each anew (EventChain) with position,
// epoch, region, node, policy_at and session_at of this log and the origin's region and position; and
// lets the clock observe the origin's stamp first, so that the new stamp is greater.
// So an event is taken over once, whatever is sent again or was under way in a crash.
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

// What an acknowledgement promises. Ordered: each level includes those before it.
enum class Durability : std::uint8_t {
  kMemory,  // survives nothing: in memory, or in the page cache
  kDisk,    // synced to this machine's disk
  kQuorum,  // synced by a majority of replicas
};

// "memory", "disk", "quorum".
std::string_view to_string(Durability durability);

// A change that waited (log/waiting_store.h) and waits no longer.
struct Settled {
  std::string object;
  std::uint64_t number = 0;
};

struct Append {
  std::vector<EncodedEvent> events;
  Position after = 0;       // where the log must end
  std::uint64_t epoch = 0;  // of the workspace's owner
  std::vector<Settled> settled =
      {};  // removed with the append; those that are not there are ignored
};

struct Appended {
  Position last_position = 0;  // everything up to here is durable
  Durability durability = Durability::kMemory;
};

inline constexpr Position kNow = std::numeric_limits<Position>::max();

// How much one read may return. At least one event is returned where there is one, however large.
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
  //   kUnavailable  the store is full or shutting down: nothing is stored; a later append may
  //                 succeed
  //   kIo           the disk failed. Whether the events are stored is unknown until the next
  //                 start, and every later append fails as well: a failed sync cannot be repeated
  //   kCorrupt      the end of the stored log fails its checks
  virtual void append(std::string workspace, Append append, Done<Appended> done) = 0;

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

  // The highest position in the log of `region` of which an event was appended here; 0: none was.
  virtual void ingested(std::string workspace, std::string region, Done<Position> done) = 0;
};

}  // namespace syncline::log
