// TaskQueue: the tasks that were posted to a loop, and which one runs next.
//
// They run in the order in which they were posted, as long as their lanes have taken little lately
// (lanes.h). Those of a lane that has taken much wait until nothing else is there; of several such
// lanes, the one that has taken least goes first. So an answer for somebody who does little does not
// queue behind the work of those who do much. Tasks of one lane always keep their order.
//
// Nobody waits for ever: after kPatience tasks that went first, one of those that wait runs.
//
// Pure. Thread-safety: none; it belongs to a loop.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/net/fifo.h"
#include "backend/net/lanes.h"
#include "base/scheduler.h"

namespace syncline::backend {

class TaskQueue {
 public:
  static constexpr std::size_t kPatience = 64;

  struct Posted {
    Task task;
    const char* what = "";  // the name of its turn
    Lane lane = 0;
    std::uint64_t called_at = 0;  // by the clock of the loop's turns; 0: not by another thread
  };

  explicit TaskQueue(const Lanes& lanes) : lanes_(lanes) {}

  void push(Posted posted) { fresh_.push(std::move(posted)); }
  bool empty() const { return fresh_.empty() && waiting_.empty(); }

  // The next task; there must be one.
  Posted take();

 private:
  struct Waiting {
    Lane lane = 0;
    Fifo<Posted> tasks;
  };

  bool goes_first(Lane lane) const;
  void hold(Posted posted);
  Posted take_waiting();

  const Lanes& lanes_;
  Fifo<Posted, 1024> fresh_;
  std::vector<Waiting> waiting_;  // few: a lane must have taken much to be there
  std::bitset<Lanes::kCount> waits_;
  std::size_t passed_ = 0;  // tasks since one of those that wait has run
};

}  // namespace syncline::backend
