// Quarantine: the objects that cannot be served because one of their events is damaged or cannot be
// applied. The rest of their workspace works.
//
// The code that finds such an object (ObjectCache) adds it here, and nobody replays it again: later
// requests get the reason at once. An entry ends when it is lifted, which means that the object is
// tried again, and with the process. The quarantine only remembers what the log itself shows, so
// losing an entry costs only a replay.
//
// Bounded: above `limit` entries, the oldest is forgotten. Thread-safety: none; one per loop, for
// the workspaces of that loop.
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
  log::Position position = 0;  // of the event at fault; earlier moments can be read
  std::uint64_t since_ms = 0;  // milliseconds since 1970 UTC
  Error reason;                // the error of reading or applying that event
};

// The error for requests for the object, kCorrupt: what is wrong and what the operator can do.
Error quarantine_error(const Quarantined& quarantined);

class Quarantine {
 public:
  static constexpr std::size_t kLimit = 1024;

  // `clock` must outlive it. `on_added` is called for each new entry, in the same turn.
  explicit Quarantine(const Scheduler& clock, std::function<void(const Quarantined&)> on_added = {},
                      std::size_t limit = kLimit)
      : clock_(clock), on_added_(std::move(on_added)), limit_(limit) {}

  // nullptr if the object is not in quarantine. Valid until the next add() or lift().
  const Quarantined* find(const std::string& workspace, const std::string& object) const;

  // One that holds the workspace's rules (log/rules.h), if any is in quarantine.
  const Quarantined* find_system_object(const std::string& workspace) const;

  const Quarantined& add(const std::string& workspace, const std::string& object,
                         log::Position position, Error reason);

  // False if it was not in quarantine.
  bool lift(const std::string& workspace, const std::string& object);

  // The entries of a workspace, by object id, greater than `after`.
  std::vector<Quarantined> list(const std::string& workspace, const std::string& after,
                                std::size_t limit) const;

  std::size_t size() const { return entries_.size(); }
  std::uint64_t added() const { return added_; }  // the total so far

 private:
  using Key = std::pair<std::string, std::string>;

  const Scheduler& clock_;
  const std::function<void(const Quarantined&)> on_added_;
  const std::size_t limit_;
  std::map<Key, Quarantined> entries_;
  std::uint64_t added_ = 0;
};

}  // namespace syncline::state
