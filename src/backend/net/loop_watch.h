// LoopWatch: reports a loop that is stuck now.
//
// A loop itself reports a slow turn when the turn has ended (event_loop.h). A turn that takes
// minutes, or never ends, would be silent until then, and so would /metrics, which loops answer. So
// a thread looks at all loops a few times a second, and says which work a loop is busy with for too
// long: once after `stuck_ms`, and again after each `again_ms`.
//
// Thread-safety: built and destroyed by one thread. The loops must outlive it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "observe/report.h"

namespace syncline::backend {

class LoopGroup;

struct LoopWatchPace {
  std::uint64_t interval_ms = 250;
  std::uint64_t stuck_ms = 1000;
  std::uint64_t again_ms = 10'000;
};

class LoopWatch {
 public:
  LoopWatch(const LoopGroup& loops, observe::Sink* sink, LoopWatchPace pace = {});
  ~LoopWatch();
  LoopWatch(const LoopWatch&) = delete;
  LoopWatch& operator=(const LoopWatch&) = delete;

 private:
  void run();
  void look(std::size_t index);

  const LoopGroup& loops_;
  const observe::Reporter reporter_;
  const LoopWatchPace pace_;
  struct Reported {
    std::uint64_t turn = 0;  // the last one
    std::uint64_t ms = 0;    // what it had taken by then
  };
  std::vector<Reported> reported_;  // by loop

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // last, because it uses the members above
};

}  // namespace syncline::backend
