// Objects that cannot be served, because an event of theirs is damaged or cannot be applied, while
// the rest of their workspace works.
//
// Who finds such an object tells it here (ObjectCache does), and nobody replays it again: the next
// ones are told why at once. An entry ends when it is lifted, which means that the object is tried
// again, and with the process. It is no more than a memory of what the log itself says: losing one
// costs a replay.
//
// Bounded: past `limit` entries the oldest is forgotten. Thread-safety: none; one per loop, of the
// workspaces that live there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "log/event.h"
#include "syncline/error.h"

namespace syncline::state {

struct Quarantined {
  std::string workspace;
  std::string object;
  log::Position position = 0;  // of the event at fault: moments before it can be had
  std::uint64_t since_ms = 0;  // milliseconds since 1970 UTC
  Error reason;                // what reading or applying that event said
};

// What whoever asks for the object is told, kCorrupt: what is wrong, and what can be done.
Error quarantine_error(const Quarantined& quarantined);

class Quarantine {
 public:
  static constexpr std::size_t kLimit = 1024;

  // `clock` outlives it. `on_added` is called for each that is added, in the same turn.
  explicit Quarantine(const Scheduler& clock, std::function<void(const Quarantined&)> on_added = {},
                      std::size_t limit = kLimit)
      : clock_(clock), on_added_(std::move(on_added)), limit_(limit) {}

  // nullptr: not in quarantine. Valid until the next add() or lift().
  const Quarantined* find(const std::string& workspace, const std::string& object) const;

  // One that holds the workspace's rules (log/rules.h), if any is in quarantine.
  const Quarantined* find_system_object(const std::string& workspace) const;

  const Quarantined& add(const std::string& workspace, const std::string& object,
                         log::Position position, Error reason);

  // False: it was not in quarantine.
  bool lift(const std::string& workspace, const std::string& object);

  // Those of a workspace in order of their ids, greater than `after`.
  std::vector<Quarantined> list(const std::string& workspace, const std::string& after,
                                std::size_t limit) const;

  std::size_t size() const { return entries_.size(); }
  std::uint64_t added() const { return added_; }  // ever

 private:
  using Key = std::pair<std::string, std::string>;

  const Scheduler& clock_;
  const std::function<void(const Quarantined&)> on_added_;
  const std::size_t limit_;
  std::map<Key, Quarantined> entries_;
  std::uint64_t added_ = 0;
};

}  // namespace syncline::state
