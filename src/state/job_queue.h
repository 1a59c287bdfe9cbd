// JobQueue: which job of a worker begins next.
//
// Askers take turns: each gets one job begun before any gets a second. Urgent jobs come before
// answers. The number of jobs that run at once is limited, and so are the memory of the answers that run
// and the number of answers that an asker has waiting or running.
//
// Pure. Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "state/jobs.h"

namespace syncline::state {

struct JobLimits {
  std::size_t running = 2;  // of each kind; those that run at once take turns where they read
  std::size_t answers_by_asker = 16;  // waiting and running
  std::size_t answers = 1024;         // of all askers
};

class JobQueue {
 public:
  struct Entry {
    JobOrder order;
    Jobs::Work work;
  };

  explicit JobQueue(JobLimits limits) : limits_(limits) {}

  // kUnavailable if the asker, or all together, have too many answers waiting. `entry` is unchanged
  // then.
  Result<void> push(Entry&& entry);

  // The next job to begin, which counts as running from now on; nullopt if none may begin now. `room`:
  // how many bytes (JobOrder::bytes) another answer may need. If no answer runs, one begins whatever it
  // needs.
  std::optional<Entry> take(std::uint64_t room = ~std::uint64_t{0});

  // A running job begins to wait for memory, or goes on. Meanwhile it counts only for its asker.
  void rest(JobOrder::Kind kind) { --lanes_[kind].running; }
  void go_on(JobOrder::Kind kind) { ++lanes_[kind].running; }

  // A job of that kind and asker is over.
  void over(JobOrder::Kind kind, const std::string& asker);

  std::size_t waiting() const { return lanes_[0].waiting + lanes_[1].waiting; }
  std::size_t running() const { return lanes_[0].running + lanes_[1].running; }
  std::uint64_t abandoned() const { return abandoned_; }  // did not begin: nobody waited any more

 private:
  struct Asker {
    std::deque<Entry> waiting;
    std::size_t running = 0;
    std::list<std::string>::iterator turn;  // its place among those whose turn comes; if any waits
  };
  struct Lane {
    std::map<std::string, Asker> askers;  // those with jobs that wait or run
    std::list<std::string> turns;         // askers with waiting jobs, in the order of their turns
    std::size_t waiting = 0;
    std::size_t running = 0;
  };

  std::optional<Entry> take(Lane& lane, std::uint64_t room);

  const JobLimits limits_;
  Lane lanes_[2];  // by JobOrder::Kind
  std::uint64_t abandoned_ = 0;
};

}  // namespace syncline::state
