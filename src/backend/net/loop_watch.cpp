#include "backend/net/loop_watch.h"

#include <chrono>

#include "backend/net/event_loop.h"

namespace syncline::backend {

LoopWatch::LoopWatch(const LoopGroup& loops, observe::Sink* sink, LoopWatchPace pace)
    : loops_(loops),
      reporter_(sink, observe::Area::kServer),
      pace_(pace),
      reported_(loops.size()),
      thread_([this] { run(); }) {}

LoopWatch::~LoopWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LoopWatch::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(pace_.interval_ms),
                         [this] { return stopping_; })) {
    for (std::size_t i = 0; i < loops_.size(); ++i) look(i);
  }
}

void LoopWatch::look(std::size_t index) {
  const EventLoop::Busy busy = loops_[index].busy();
  Reported& last = reported_[index];
  const bool again = busy.turn == last.turn;
  if (busy.turn == 0 || busy.ms < (again ? last.ms + pace_.again_ms : pace_.stuck_ms)) return;
  last = {busy.turn, busy.ms};
  reporter_.error("a loop is stuck", {{"loop", index}, {"what", busy.what}, {"ms", busy.ms}});
}

}  // namespace syncline::backend
