// The loop and its poller: waits, and whose turn it is.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>

#include "backend/net/event_loop.h"
#include "backend/net/poller.h"
#include "backend/net_support.h"

namespace syncline::backend {
namespace {

// Two connected sockets; the first one is watched.
class NetPoller : public ::testing::Test {
 protected:
  struct Pair {
    Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0); }
    ~Pair() {
      for (const int end : ends)
        if (end >= 0) ::close(end);
    }
    void send() { EXPECT_EQ(::send(ends[1], "x", 1, MSG_NOSIGNAL), 1); }
    void receive() {
      char byte = 0;
      EXPECT_EQ(::recv(ends[0], &byte, 1, 0), 1);
    }
    void hang_up() {
      ::close(ends[1]);
      ends[1] = -1;
    }
    std::array<int, 2> ends{};
  };

  struct Handler final : ReadyHandler {
    explicit Handler(std::function<void()> does) : does(std::move(does)) {}
    void on_ready() override { does(); }
    std::function<void()> does;
  };
  static std::shared_ptr<Handler> handler(std::function<void()> does) {
    return std::make_shared<Handler>(std::move(does));
  }

  // "r" for each wait to read that has ended, "w" for each to write, "-" for what was found and interested nobody.
  std::string look() {
    std::string seen;
    const std::size_t found = poller_.collect(0);
    const Poller::Round round = poller_.dispatch([&](ReadyHandler& ready, bool for_read, Lane) {
      seen += for_read ? 'r' : 'w';
      ready.on_ready();
      return cost_us_;
    });
    return seen + std::string(found - round.calls, '-');
  }

  Lanes lanes_;
  Poller poller_{lanes_};
  std::uint64_t cost_us_ = 0;  // of each call
  std::string order_;
};

TEST_F(NetPoller, AWaitEndsOnceAndMayBeRepeated) {
  Pair pair;
  const auto place = poller_.add(pair.ends[0]);
  ASSERT_TRUE(place);
  EXPECT_EQ(look(), "");
  pair.send();
  poller_.wait(*place, true, handler([] {}));
  EXPECT_EQ(look(), "r");
  poller_.wait(*place, true, handler([] {}));
  EXPECT_EQ(look(), "r") << "it still can be read";
  pair.receive();
  poller_.wait(*place, true, handler([] {}));
  EXPECT_EQ(look(), "");
  poller_.remove(*place);
}

TEST_F(NetPoller, WhatNobodyWaitsForIsFoundOnlyOnce) {
  Pair pair;
  const auto place = poller_.add(pair.ends[0]);
  ASSERT_TRUE(place);
  pair.send();
  EXPECT_EQ(look(), "-");
  EXPECT_EQ(look(), "");
  pair.hang_up();
  EXPECT_EQ(look(), "-");
  EXPECT_EQ(look(), "") << "the loop would spin";
  poller_.wait(*place, true, handler([] {}));
  EXPECT_EQ(look(), "r");
  poller_.remove(*place);
}

TEST_F(NetPoller, AWaitToWriteIsNotRepeated) {
  Pair pair;
  const auto place = poller_.add(pair.ends[0]);
  ASSERT_TRUE(place);
  poller_.wait(*place, false, handler([] {}));
  EXPECT_EQ(look(), "w");
  EXPECT_EQ(look(), "");
  poller_.wait(*place, false, handler([] {}));
  poller_.wait(*place, true, handler([] {}));
  EXPECT_EQ(look(), "w");
  pair.send();
  EXPECT_EQ(look(), "r");
  poller_.remove(*place);
}

TEST_F(NetPoller, AHandlerMayRemoveAnotherThatIsReady) {
  Pair pairs[2];
  std::array<Poller::Place, 2> places{};
  for (const int i : {0, 1}) {
    places[static_cast<std::size_t>(i)] = poller_.add(pairs[i].ends[0]).value();
    pairs[i].send();
  }
  Pair third;
  for (const std::size_t i : {0u, 1u})
    poller_.wait(places[i], true, handler([&, i] {
                   poller_.remove(places[1 - i]);
                   const auto again = poller_.add(third.ends[0]);  // gets the same place
                   poller_.wait(again.value(), true, handler([] { ADD_FAILURE(); }));
                 }));
  EXPECT_EQ(look(), "r-");
}

TEST_F(NetPoller, WhoeverHasTakenLeastGoesFirst) {
  Pair pairs[2];
  std::array<Poller::Place, 2> places{};
  for (const std::size_t i : {0u, 1u}) {
    places[i] = poller_.add(pairs[i].ends[0]).value();
    pairs[i].send();
  }
  std::string order;
  poller_.wait(places[0], true, handler([&] { order += 'a'; }));
  cost_us_ = Poller::kLittleUs;
  EXPECT_EQ(look(), "r-");
  cost_us_ = 1;
  poller_.wait(places[0], true, handler([&] { order += 'a'; }));
  poller_.wait(places[1], true, handler([&] { order += 'b'; }));
  EXPECT_EQ(look(), "rr");
  EXPECT_EQ(order, "aba") << "the kernel would report a first";
  for (const auto place : places) poller_.remove(place);
}

TEST_F(NetPoller, ARoundEndsAfterItsTimeAndTheOthersAreNext) {
  Pair pairs[5];
  std::array<int, 5> turns{};
  std::array<Poller::Place, 5> places{};
  for (std::size_t i = 0; i < 5; ++i) {
    places[i] = poller_.add(pairs[i].ends[0]).value();
    pairs[i].send();
  }
  cost_us_ = Poller::kRoundUs;
  for (int round = 0; round < 30; ++round) {
    for (std::size_t i = 0; i < 5; ++i)
      poller_.wait(places[i], true, handler([&turns, i] { ++turns[i]; }));
    const std::string seen = look();
    if (round > 5) {
      EXPECT_EQ(seen, "r----") << round;
    }
  }
  const auto [least, most] = std::ranges::minmax(turns);
  EXPECT_LE(most - least, 1);
  for (const auto place : places) poller_.remove(place);
}

TEST_F(NetPoller, OneOfThoseWhoHaveTakenMuchHasATurnInEachRound) {
  Pair pairs[3];
  std::array<Poller::Place, 3> places{};
  int turns = 0;
  for (std::size_t i = 0; i < 3; ++i) places[i] = poller_.add(pairs[i].ends[0]).value();
  pairs[0].send();
  poller_.wait(places[0], true, handler([] {}));
  cost_us_ = 100 * Poller::kRoundUs;
  EXPECT_EQ(look(), "r");
  cost_us_ = Poller::kRoundUs;
  for (const std::size_t i : {1u, 2u}) pairs[i].send();
  poller_.wait(places[0], true, handler([&] { ++turns; }));
  poller_.wait(places[1], true, handler([] {}));
  EXPECT_EQ(look(), "rr-") << "the little one, the one that took much; one has nothing to do";
  EXPECT_EQ(turns, 1);
  for (const auto place : places) poller_.remove(place);
}

// Many connections of one workspace, each of which has taken little, have taken much together.
TEST_F(NetPoller, AWorkspaceDoesNotWaitForTheManyConnectionsOfAnother) {
  constexpr std::size_t kCrowd = 40;
  std::array<Pair, kCrowd + 1> pairs;
  std::array<Poller::Place, kCrowd + 1> places{};
  const auto wait = [&](std::size_t i) {
    poller_.wait(places[i], true, handler([&, i] { order_ += i == kCrowd ? 'q' : '.'; }));
  };
  for (std::size_t i = 0; i <= kCrowd; ++i) {
    places[i] = poller_.add(pairs[i].ends[0]).value();
    poller_.set_lane(places[i], i == kCrowd ? 2 : 1);
    pairs[i].send();
  }
  cost_us_ = Poller::kLittleUs - 1;
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = 0; i < kCrowd; ++i) wait(i);
    look();
  }
  EXPECT_GT(lanes_.lately(1), Poller::kRoundUs);
  order_.clear();
  wait(kCrowd);
  look();
  EXPECT_TRUE(order_.starts_with('q')) << order_ << ": the kernel would report it last";
  for (const auto place : places) poller_.remove(place);
}

TEST_F(NetPoller, APlaceThatIsUsedAgainIsInNoLane) {
  Pair pairs[2];
  const auto place = poller_.add(pairs[0].ends[0]).value();
  poller_.set_lane(place, 7);
  poller_.remove(place);
  ASSERT_EQ(poller_.add(pairs[1].ends[0]), place);
  pairs[1].send();
  poller_.wait(place, true, handler([] {}));
  cost_us_ = 10;
  EXPECT_EQ(look(), "r");
  EXPECT_EQ(lanes_.lately(0), 10u);
  EXPECT_EQ(lanes_.lately(7), 0u);
  poller_.remove(place);
}

TEST_F(NetPoller, WhatIsPutOffIsCalledInTheNextRound) {
  Pair pair;
  const auto place = poller_.add(pair.ends[0]).value();
  int calls = 0;
  const auto each = handler([&] {
    ++calls;
    if (calls < 3) poller_.again(place, handler([&] { ++calls; }));
  });
  poller_.again(place, each);
  poller_.again(place, each);
  EXPECT_TRUE(poller_.anything_again());
  EXPECT_EQ(poller_.collect(-1), 1u) << "it does not block, and asking twice is asking once";
  EXPECT_EQ(look(), "w") << "collected once more";
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(look(), "w");
  EXPECT_EQ(calls, 2);
  EXPECT_FALSE(poller_.anything_again());
  EXPECT_EQ(look(), "");
  poller_.again(place, each);
  poller_.remove(place);
  EXPECT_EQ(look(), "-");
  EXPECT_EQ(calls, 2) << "the descriptor is gone";
}

TEST_F(NetPoller, WhatIsPutOffStaysDueWhenTheRoundIsOver) {
  Pair pairs[2];
  std::array<Poller::Place, 2> places{};
  std::array<int, 2> calls{};
  for (const std::size_t i : {0u, 1u}) {
    places[i] = poller_.add(pairs[i].ends[0]).value();
    poller_.again(places[i], handler([&calls, i] { ++calls[i]; }));
  }
  cost_us_ = Poller::kRoundUs;
  EXPECT_EQ(look(), "ww") << "in its first round, everybody counts as having taken nothing";
  for (const std::size_t i : {0u, 1u})
    poller_.again(places[i], handler([&calls, i] { ++calls[i]; }));
  EXPECT_EQ(look(), "w-");
  EXPECT_EQ(look(), "w");
  EXPECT_EQ(calls, (std::array<int, 2>{2, 2}));
  EXPECT_EQ(look(), "");
  for (const auto place : places) poller_.remove(place);
}

TEST_F(NetPoller, AHandlerLivesAsLongAsItsWait) {
  Pair pair;
  const auto place = poller_.add(pair.ends[0]);
  ASSERT_TRUE(place);
  const auto waiting = handler([] {});
  poller_.wait(*place, true, waiting);
  EXPECT_EQ(waiting.use_count(), 2);
  poller_.remove(*place);
  EXPECT_EQ(waiting.use_count(), 1);
}

// Everybody who posts holds the loop for a tenth of a slice.
TEST(NetLoopTurns, AChainOfTasksKeepsNeitherTimersNorDescriptorsWaiting) {
  TestServer test({}, 1);
  EventLoop& loop = test.loops[0];
  Journal journal;
  std::atomic<bool> over = false;
  std::function<void()> again = [&] {
    work_for_us(100);
    if (!over) loop.post([&] { again(); });
  };
  loop.post([&] { again(); });
  loop.post([&] { loop.after(5, [&] { journal.note("timer"); }); });
  EXPECT_TRUE(journal.wait_for("timer"));
  WsClient client(test.port, "/");
  EXPECT_TRUE(client.open());
  client.send_binary("hello");
  EXPECT_EQ(client.take_frame().payload, "hello");
  over = true;
  test.server.stop();
}

// Takes a third of a slice for each message.
struct SlowHandler : session::ConnectionHandler {
  explicit SlowHandler(Journal& journal) : journal(journal) {}
  void on_open(session::Connection& c) override { connection = &c; }
  void on_message(ByteView message) override {
    work_for_us(330);
    journal.note(std::string(as_text(message)));
    together += connection->more_follows();
  }
  void on_input_end() override { journal.note("end"); }
  void on_drained() override {}
  void on_closed(std::uint16_t) override {}
  Journal& journal;
  session::Connection* connection = nullptr;
  int together = 0;
};

TEST(NetLoopTurns, AConnectionWithMuchToReadDoesNotKeepOthersWaiting) {
  Journal journal;
  TestServer test({}, 1, {},
                  accept_with([&](Scheduler&) { return std::make_unique<SlowHandler>(journal); }));
  WsClient busy(test.port);
  WsClient quiet(test.port);
  ASSERT_TRUE(busy.open() && quiet.open());
  std::string much;
  for (int i = 0; i < 600; ++i) much += masked_frame(0x82, "busy");
  busy.send(much);
  ASSERT_TRUE(journal.wait_for("busy"));
  quiet.send_binary("quiet");
  ASSERT_TRUE(journal.wait_for("busy", 600));
  const auto lines = journal.lines();
  const auto quiet_at = std::ranges::find(lines, "quiet") - lines.begin();
  EXPECT_LT(quiet_at, 400) << "of about 800";
  EXPECT_GT(journal.count("end"), 100) << "every slice ends what was put together";
}

// Many connections always have something to read. Tasks of other threads, such as answers of the store, get half of
// the loop all the same.
TEST(NetLoopTurns, ManyBusyConnectionsDoNotKeepTasksWaiting) {
  Journal journal;
  TestServer test({}, 1, {},
                  accept_with([&](Scheduler&) { return std::make_unique<SlowHandler>(journal); }));
  constexpr int kConnections = 20;
  std::string much;
  for (int i = 0; i < 100; ++i) much += masked_frame(0x82, "busy");
  std::vector<std::unique_ptr<WsClient>> busy;
  for (int i = 0; i < kConnections; ++i) {
    busy.push_back(std::make_unique<WsClient>(test.port));
    ASSERT_TRUE(busy.back()->open());
  }
  for (const auto& client : busy) client->send(much);
  ASSERT_TRUE(journal.wait_for("busy", kConnections));
  constexpr int kTasks = 50;
  for (int i = 0; i < kTasks; ++i)
    test.loops[0].post([&] {
      work_for_us(600);
      journal.note("task");
    });
  ASSERT_TRUE(journal.wait_for("task", kTasks));
  EXPECT_LT(journal.count("busy"), kConnections + 5 * kTasks / 2) << "of 2000";
}

}  // namespace
}  // namespace syncline::backend
