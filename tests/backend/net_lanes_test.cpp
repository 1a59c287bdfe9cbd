// Whose task is next, and what follows a task from turn to turn.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <string>

#include "backend/net/event_loop.h"
#include "backend/net/lanes.h"
#include "backend/net/task_queue.h"
#include "backend/net_support.h"

namespace syncline::backend {
namespace {

class NetTaskQueue : public ::testing::Test {
 protected:
  void push(Lane lane, char what) {
    queue_.push({[this, what] { order_ += what; }, "", lane});
  }
  // Each task takes so long.
  void run(std::size_t tasks, std::uint64_t us = 0) {
    for (; tasks > 0; --tasks) {
      TaskQueue::Posted posted = queue_.take();
      posted.task();
      lanes_.charge(posted.lane, us);
    }
  }
  std::string run_all(std::uint64_t us = 0) {
    while (!queue_.empty()) run(1, us);
    return std::exchange(order_, {});
  }

  Lanes lanes_;
  TaskQueue queue_{lanes_};
  std::string order_;
};

TEST_F(NetTaskQueue, WhoTakesLittleRunsInTheOrderOfPosting) {
  for (int i = 0; i < 100; ++i) push(static_cast<Lane>(i % 7), static_cast<char>('a' + i % 26));
  std::string posted;
  for (int i = 0; i < 100; ++i) posted += static_cast<char>('a' + i % 26);
  EXPECT_EQ(run_all(), posted);
}

TEST_F(NetTaskQueue, WhoTakesMuchWaitsForAllOthersAndKeepsItsOrder) {
  lanes_.charge(1, 10'000);
  for (const char what : std::string("ABCDE")) push(1, what);
  run(1);
  for (const char what : std::string("xyz")) push(2, what);
  push(1, 'F');
  push(3, 'q');
  EXPECT_EQ(run_all(), "AxyzqBCDEF");
}

TEST_F(NetTaskQueue, OfThoseWhoTakeMuchTheOneThatTookLeastIsNext) {
  lanes_.charge(1, 10'000);
  lanes_.charge(2, 9'000);
  for (int i = 0; i < 8; ++i) push(1, '1');
  for (int i = 0; i < 8; ++i) push(2, '2');
  EXPECT_EQ(run_all(600), "2212121212121211") << "both have as much in the end";
}

TEST_F(NetTaskQueue, NobodyWaitsForEver) {
  lanes_.charge(1, 1'000'000);
  push(1, 'A');
  push(1, 'B');
  for (std::size_t i = 0; i < 3 * TaskQueue::kPatience; ++i) push(2, '.');
  const std::string order = run_all();
  EXPECT_EQ(order.find('A'), TaskQueue::kPatience);
  EXPECT_EQ(order.find('B'), 2 * TaskQueue::kPatience + 1);
}

TEST(NetLanes, AWorkspaceHasOneLaneAndFewShareIt) {
  const Lanes lanes(0x1234'5678'9abc'def0);
  std::set<Lane> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "workspace-" + std::to_string(i);
    EXPECT_EQ(lanes.of(name), lanes.of(name));
    EXPECT_GT(lanes.of(name), 0u);
    EXPECT_LT(lanes.of(name), Lanes::kCount);
    seen.insert(lanes.of(name));
  }
  EXPECT_GT(seen.size(), 85u);
}

TEST(NetLanes, WhichNamesShareALaneDependsOnTheKey) {
  const Lanes one(1), other(2);
  int both = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string a = "a" + std::to_string(i), b = "b" + std::to_string(i);
    both += one.of(a) == one.of(b) && other.of(a) == other.of(b) ? 1 : 0;
  }
  EXPECT_EQ(both, 0);
}

// These two have one std::hash in libstdc++. Such names are found in a second, and would share a lane under every key.
TEST(NetLanes, NobodyCanChooseANameThatSharesALane) {
  int both = 0;
  for (std::uint64_t key = 1; key <= 20; ++key) {
    const Lanes lanes(key);
    both += lanes.of("team-one-victim.") == lanes.of("vwxksfjbKI,-47.Y") ? 1 : 0;
  }
  EXPECT_LE(both, 1);
}

TEST(NetLanes, WhatATurnPostsIsInItsLane) {
  LoopGroup loops(1);
  loops.start();
  Scheduler& loop = loops[0];
  std::atomic<int> seen = 0;
  loop.post_in(5, [&] {
    EXPECT_EQ(loop.lane(), 5u);
    loop.post([&] {
      EXPECT_EQ(loop.lane(), 5u);
      ++seen;
    });
    {
      const InLane within(loop, 9);
      loop.post([&] {
        EXPECT_EQ(loop.lane(), 9u);
        ++seen;
      });
    }
    EXPECT_EQ(loop.lane(), 5u);
  });
  loop.post([&] {
    EXPECT_EQ(loop.lane(), 0u) << "of another thread, for nobody in particular";
    ++seen;
  });
  EXPECT_TRUE(comes_true([&] { return seen == 3; }));
  EXPECT_EQ(loop.lane(), 0u) << "not on the loop";
  loops.stop();
}

// One workspace has posted very much; a task of another one waits for one turn only.
TEST(NetLanes, ATaskDoesNotQueueBehindThoseOfAnotherWorkspace) {
  LoopGroup loops(1);
  Scheduler& loop = loops[0];
  std::atomic<int> ran = 0;
  std::atomic<int> before_quiet = -1;
  for (int i = 0; i < 100; ++i)
    loop.post_in(1, [&] {
      sleep_ms(1);
      ++ran;
    });
  loop.post_in(2, [&] { before_quiet = ran.load(); });
  loops.start();
  EXPECT_TRUE(comes_true([&] { return ran == 100; }));
  EXPECT_LE(before_quiet, 2);
  loops.stop();
}

// Knows its workspace from the first message on.
class WorkingHandler final : public session::ConnectionHandler {
 public:
  WorkingHandler(Scheduler& loop, Journal& journal) : loop_(loop), journal_(journal) {}
  void on_open(session::Connection& connection) override { connection_ = &connection; }
  void on_message(ByteView message) override {
    const bool mine = loop_.lane() == loop_.lane_of("team");
    journal_.note(std::string(as_text(message)) + (mine ? " of the workspace" : " of a stranger"));
    connection_->works_on("team");
  }
  void on_drained() override {}
  void on_closed(std::uint16_t) override {}

 private:
  Scheduler& loop_;
  Journal& journal_;
  session::Connection* connection_ = nullptr;
};

TEST(NetLanes, AConnectionIsInTheLaneOfItsWorkspaceOnceThatIsKnown) {
  Journal journal;
  TestServer test({}, 1, {}, accept_with([&](Scheduler& loop) {
                    return std::make_unique<WorkingHandler>(loop, journal);
                  }));
  WsClient client(test.port);
  ASSERT_TRUE(client.open());
  client.send_binary("first");
  ASSERT_TRUE(journal.wait_for("first of a stranger"));
  client.send_binary("second");
  EXPECT_TRUE(journal.wait_for("second of the workspace"));
}

}  // namespace
}  // namespace syncline::backend
