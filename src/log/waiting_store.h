// WaitingStore: changes that wait for others, stored next to the log.
//
// A change may depend on another change that has not arrived yet. Then nobody knows what it would
// touch, so it cannot be judged and is not an event. The store keeps it whole and durably until the
// changes that it needs arrive. Then the owner of the workspace submits it again as its author's
// change, and it is judged by the rules of that moment. Until then nobody sees it, and its author
// is not told that it is saved.
//
// Waiting changes are not part of the log: no hash covers them, no proof contains them, and no
// bundle exports them. They are in the data directory and in its backups. A workspace may have
// waiting changes before it has an event.
//
// The caller is responsible for budget and expiry: each put states how much may wait, and the
// caller removes changes that are too old (it finds them with list_waiting_workspaces and
// list_waiting_objects).
//
// Threads, ownership, order and answers: see log/event_log.h, which applies to the whole store. A
// change that is submitted again is removed together with the append of its events
// (Append::settled), in one step. So after a crash, exactly one of the two exists.
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
  std::uint64_t number = 0;   // set by the store: the order of arrival in the workspace, from 1
  std::uint64_t unix_ms = 0;  // when it arrived
  std::string tenant;         // of its author, as in events
  std::string principal;
  std::string actor;
  std::uint64_t actor_seq = 0;     // as in events
  std::uint64_t further_seqs = 0;  // as in events
  bool actor_named = false;        // as in events
  std::string type;                // of the object
  std::uint64_t generation = 1;    // of the object
  Bytes intent;                    // complete, as its author sent it
  Bytes waits_for;                 // what it needs first, in an encoding that only the type reads

  bool operator==(const WaitingChange&) const = default;
};

struct WaitingUsage {
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;  // as stored, with their keys

  bool operator==(const WaitingUsage&) const = default;
};

// The limits of what may wait, including the new change.
struct WaitingBudget {
  std::uint64_t object_bytes = std::uint64_t{8} << 20;
  std::uint64_t object_changes = 1024;
  std::uint64_t workspace_bytes = std::uint64_t{64} << 20;
};

struct WaitingKept {
  std::uint64_t number = 0;
  WaitingUsage object;     // including the new change
  WaitingUsage workspace;  // including the new change
};

struct WaitingPage {
  std::vector<WaitingChange> changes;  // by number
  // Numbers of changes with a wrong checksum, which must be removed.
  std::vector<std::uint64_t> damaged;
  std::uint64_t next = 0;  // continue after this number; 0: this was the last page
};

struct WaitingObject {
  std::string object;
  WaitingUsage usage;
  std::uint64_t oldest_unix_ms = 0;  // arrival of the oldest of them; 0: it is damaged
};

class WaitingStore {
 public:
  virtual ~WaitingStore() = default;

  // Stores a change after everything that was appended or put before. It is durable when the answer
  // comes. `number` of the change is ignored.
  //   kTooLarge     over the budget, or a field over its limit
  //   kInvalid      a bad name
  //   kUnavailable, kIo  as in EventLog::append
  virtual void put_waiting(std::string workspace, std::string object, WaitingChange change,
                           WaitingBudget budget, Done<WaitingKept> done) = 0;

  // The waiting changes of an object after number `after`, up to `limit` and 4 MiB; at least one if
  // there is one.
  virtual void list_waiting(std::string workspace, std::string object, std::uint64_t after,
                            std::size_t limit, Done<WaitingPage> done) = 0;

  // Removes changes of an object. Ignores numbers that do not exist.
  virtual void remove_waiting(std::string workspace, std::string object,
                              std::vector<std::uint64_t> numbers, Done<void> done) = 0;

  // The total of what waits in the workspace.
  virtual void waiting_usage(std::string workspace, Done<WaitingUsage> done) = 0;

  // Objects with waiting changes, by id, greater than `after`, up to `limit`.
  virtual void list_waiting_objects(std::string workspace, std::string after, std::size_t limit,
                                    Done<std::vector<WaitingObject>> done) = 0;

  // Workspaces with waiting changes, in byte order, greater than `after`, up to `limit`.
  virtual void list_waiting_workspaces(std::string after, std::size_t limit,
                                       Done<std::vector<std::string>> done) = 0;
};

// Checks the limits of names and fields: kInvalid or kTooLarge.
Result<void> check_waiting(std::string_view workspace, std::string_view object,
                           const WaitingChange& change);

}  // namespace syncline::log
