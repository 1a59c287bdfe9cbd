// The watch over the turns of an event loop: a slow one is counted, named and reported.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backend/net/event_loop.h"
#include "backend/net/loop_watch.h"
#include "backend/net/turn_clock.h"
#include "log/reply_gate.h"
#include "support/recording_sink.h"

namespace syncline::backend {
namespace {

using testing::RecordingSink;

// Keeps the processor for longer than the budget of a turn.
void work_for_ms(int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (std::chrono::steady_clock::now() < end) continue;
}

class SlowTurn : public ::testing::Test {
 protected:
  SlowTurn() : loops_(1, &sink_) { loops_.start(); }
  ~SlowTurn() override { loops_.stop(); }

  // Runs it as a task, and waits until the turn has ended.
  void run(std::function<void(EventLoop&)> body) {
    loops_[0].post([this, body = std::move(body)] { body(loops_[0]); });
    sync();
  }
  void sync() {
    std::promise<void> done;
    loops_[0].post([&] { done.set_value(); });
    done.get_future().wait();
  }
  std::vector<observe::TurnMeter::Slow> slow() {
    std::vector<observe::TurnMeter::Slow> found;
    run([&](EventLoop& loop) { found = loop.measures().turns.slow(); });
    return found;
  }
  std::uint64_t slow_turns(std::string_view what) {
    for (const auto& each : slow())
      if (each.what == what) return each.turns;
    return 0;
  }

  RecordingSink sink_;
  LoopGroup loops_;
};

TEST_F(SlowTurn, IsCountedNamedAndReported) {
  run([](EventLoop& loop) {
    const Doing naming(loop, "a slow piece of the test");
    work_for_ms(5);
  });
  EXPECT_EQ(slow_turns("a slow piece of the test"), 1u);
  const std::string line = sink_.line_with("slow turn");
  EXPECT_TRUE(line.starts_with("warn slow turn  loop=0 what=\"a slow piece of the test\" what_ms="))
      << line;
}

TEST_F(SlowTurn, OfATimerIsOne) {
  std::promise<void> done;
  run([&](EventLoop& loop) {
    loop.after(1, [&] {
      work_for_ms(5);
      done.set_value();
    });
  });
  done.get_future().wait();
  sync();
  EXPECT_GE(slow_turns("timer"), 1u);
}

// What a piece of work posts, and what it asks a store, is the same work.
TEST_F(SlowTurn, WorkKeepsItsNameInLaterTurns) {
  std::promise<void> posted;
  std::promise<void> answered;
  std::unique_ptr<log::ReplyGate> gate;
  std::thread store;
  run([&](EventLoop& loop) {
    gate = std::make_unique<log::ReplyGate>(loop);
    const Doing naming(loop, "a request");
    loop.post([&] {
      work_for_ms(5);
      posted.set_value();
    });
    auto done = gate->bind<int>([&](Result<int>) {
      work_for_ms(5);
      answered.set_value();
    });
    store = std::thread([done = std::move(done)]() mutable { done(1); });
  });
  posted.get_future().wait();
  answered.get_future().wait();
  store.join();
  run([&](EventLoop&) { gate.reset(); });
  // On a busy machine, starting the thread may make the first turn slow, too.
  EXPECT_GE(slow_turns("a request"), 2u);
}

// Another thread's work has no name on this loop.
TEST_F(SlowTurn, NamesBelongToTheLoopsThread) {
  const Doing naming(loops_[0], "not on the loop");
  EXPECT_STREQ(loops_[0].doing(), "task");
  run([](EventLoop&) { work_for_ms(5); });
  EXPECT_EQ(slow_turns("not on the loop"), 0u);
  EXPECT_GE(slow_turns("task"), 1u);
}

TEST_F(SlowTurn, TheTimeOfATurnIsThatOfItsBeginning) {
  std::uint64_t first = 0;
  run([&](EventLoop& loop) {
    first = loop.turn_began_us();
    work_for_ms(3);
    EXPECT_EQ(loop.turn_began_us(), first);
  });
  run([&](EventLoop& loop) { EXPECT_GE(loop.turn_began_us(), first + 2900); });
}

// It is reported while it lasts: the test's task ends only when the report is there.
TEST_F(SlowTurn, AStuckLoopIsReportedWhileItIsStuck) {
  const LoopWatch watch(loops_, &sink_, {.interval_ms = 5, .stuck_ms = 50, .again_ms = 50});
  const auto reports = [this] {
    const auto lines = sink_.lines();
    return std::ranges::count_if(
        lines, [](const std::string& line) { return line.starts_with("error a loop is stuck"); });
  };
  work_for_ms(100);
  EXPECT_EQ(reports(), 0) << "a loop that waits is not stuck";
  run([&](EventLoop& loop) {
    const Doing naming(loop, "an endless piece");
    for (int ms = 0; ms < 20'000 && reports() < 2; ++ms) work_for_ms(1);
    EXPECT_GE(reports(), 2);
  });
  EXPECT_TRUE(sink_.line_with("error a loop is stuck")
                  .starts_with("error a loop is stuck  loop=0 what=\"an endless piece\" ms="));
}

TEST(TurnClock, AgreesWithTheMonotonicClock) {
  const observe::TurnMeter::Clock clock = turn_clock();
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t ticks = clock.read();
  work_for_ms(50);
  const double ns = static_cast<double>(clock.read() - ticks) * clock.ns_per_tick;
  const double real =
      std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_NEAR(ns / real, 1.0, 0.05);
}

}  // namespace
}  // namespace syncline::backend
