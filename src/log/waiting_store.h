// Changes that wait for others, kept beside the log.
//
// A change may need another one that nobody has seen yet: what it would touch is not known, so it
// cannot be judged, and is no event. It is kept here, whole and durably, until its causes arrive; then
// its owner submits it again as its author's change, and it is judged by the rules of that moment.
// Until then nobody is shown it, and its author is not told that it is saved.
//
// What waits is no part of the log: no hash covers it, no proof knows it, no bundle exports it. It is
// in the data directory and in its backups. A workspace may have changes that wait before it has an
// event.
//
// Budget and expiry are the caller's: each put states how much may wait, and what is too old the
// caller removes (list_waiting_workspaces and list_waiting_objects are for whoever goes round).
//
// Threads, ownership, order and answers: as log/event_log.h says for all of a store. A change that is
// taken up is removed with the append of its events (Append::settled), in one step: a crash leaves
// either the one or the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/done.h"
#include "log/event.h"
#include "syncline/bytes.h"

namespace syncline::log {

inline constexpr std::size_t kMaxWaitsForBytes = std::size_t{64} << 10;

struct WaitingChange {
  std::uint64_t number = 0;   // given by the store: the order of arrival in the workspace, from 1
  std::uint64_t unix_ms = 0;  // when it arrived
  std::string tenant;         // of its author, as in events
  std::string principal;
  std::string actor;
  std::uint64_t actor_seq = 0;     // as in events
  std::uint64_t further_seqs = 0;  // as in events
  bool actor_named = false;        // as in events
  std::string type;                // of the object
  std::uint64_t generation = 1;    // of the object
  Bytes intent;                    // whole, as its author sent it
  Bytes waits_for;                 // what must come first, as the type says it; opaque here

  bool operator==(const WaitingChange&) const = default;
};

struct WaitingUsage {
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;  // as stored, keys included

  bool operator==(const WaitingUsage&) const = default;
};

// How much may wait, the new change included.
struct WaitingBudget {
  std::uint64_t object_bytes = std::uint64_t{8} << 20;
  std::uint64_t object_changes = 1024;
  std::uint64_t workspace_bytes = std::uint64_t{64} << 20;
};

struct WaitingKept {
  std::uint64_t number = 0;
  WaitingUsage object;     // with it
  WaitingUsage workspace;  // with it
};

struct WaitingPage {
  std::vector<WaitingChange> changes;  // by number
  std::vector<std::uint64_t> damaged;  // numbers of those that fail their checksum: to be removed
  std::uint64_t next = 0;              // go on after this number; 0: this was the last page
};

struct WaitingObject {
  std::string object;
  WaitingUsage usage;
  std::uint64_t oldest_unix_ms = 0;  // arrival of the first of them; 0: it is damaged
};

class WaitingStore {
 public:
  virtual ~WaitingStore() = default;

  // Keeps a change, durably once answered, behind all that was appended or put before. `number` of the
  // change is ignored.
  //   kTooLarge     over the budget, or a field over its limit
  //   kInvalid      a bad name
  //   kUnavailable, kIo  as for EventLog::append
  virtual void put_waiting(std::string workspace, std::string object, WaitingChange change,
                           WaitingBudget budget, Done<WaitingKept> done) = 0;

  // Those of an object behind number `after`, up to `limit` and 4 MiB, at least one if there is one.
  virtual void list_waiting(std::string workspace, std::string object, std::uint64_t after,
                            std::size_t limit, Done<WaitingPage> done) = 0;

  // Removes some of an object's. Numbers that are not there are ignored.
  virtual void remove_waiting(std::string workspace, std::string object,
                              std::vector<std::uint64_t> numbers, Done<void> done) = 0;

  // What waits in the whole workspace.
  virtual void waiting_usage(std::string workspace, Done<WaitingUsage> done) = 0;

  // Objects with changes that wait, by id, greater than `after`, up to `limit`.
  virtual void list_waiting_objects(std::string workspace, std::string after, std::size_t limit,
                                    Done<std::vector<WaitingObject>> done) = 0;

  // Workspaces with changes that wait, in byte order, greater than `after`, up to `limit`.
  virtual void list_waiting_workspaces(std::string after, std::size_t limit,
                                       Done<std::vector<std::string>> done) = 0;
};

// Names and fields within their limits: kInvalid or kTooLarge otherwise.
Result<void> check_waiting(std::string_view workspace, std::string_view object,
                           const WaitingChange& change);

}  // namespace syncline::log
