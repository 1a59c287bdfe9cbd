#include "backend/net/fair_turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <map>

#include "backend/net_support.h"

namespace syncline::backend {
namespace {

TEST(NetFairTurns, WhatSomebodyHasTakenCountsHalfAfterEachPeriod) {
  FairTurns turns(100);
  FairTurns::Taken one, two;
  turns.charge(one, 40);
  EXPECT_EQ(turns.lately(one), 40u);
  turns.charge(two, 60);  // ends the period
  EXPECT_EQ(turns.lately(one), 20u);
  EXPECT_EQ(turns.lately(two), 30u);
  turns.charge(two, 70);
  EXPECT_EQ(turns.lately(two), 100u);
  turns.charge(two, 30);
  EXPECT_EQ(turns.lately(one), 10u);
}

TEST(NetFairTurns, ALongTurnIsCountedAndForgotten) {
  FairTurns turns(100);
  FairTurns::Taken one, other;
  turns.charge(one, std::uint64_t{1} << 40);
  EXPECT_EQ(turns.lately(one), std::numeric_limits<std::uint32_t>::max() >> 1);
  for (int i = 0; i < 40; ++i) turns.charge(other, 100);
  EXPECT_EQ(turns.lately(one), 0u);
}

TEST(NetFairTurns, WhoeverHasTakenNothingHasTakenNothing) {
  FairTurns turns(10);
  FairTurns::Taken other;
  for (int i = 0; i < 1000; ++i) {
    turns.charge(other, 10);
    EXPECT_EQ(turns.lately({}), 0u);
  }
}

// Some always have work, of different cost. Whoever has taken least goes first, so all get as much of the loop.
TEST(NetFairTurns, CostlyTurnsGetNoMoreOfTheLoopThanOthers) {
  FairTurns turns(1000);
  constexpr std::array<std::uint64_t, 4> kCost{200, 10, 15, 40};
  std::array<FairTurns::Taken, 4> taken{};
  std::array<std::uint64_t, 4> sum{};
  for (int turn = 0; turn < 100'000; ++turn) {
    const auto least = std::ranges::min_element(
        taken, {}, [&](const FairTurns::Taken& each) { return turns.lately(each); });
    const auto who = static_cast<std::size_t>(least - taken.begin());
    turns.charge(taken[who], kCost[who]);
    sum[who] += kCost[who];
  }
  const auto [least, most] = std::ranges::minmax(sum);
  EXPECT_LT(most - least, most / 4);
}

// The rest of those who come in at once waits in the backlog.
TEST(NetFairTurns, ComingInTakesSlicesLikeEverything) {
  std::map<std::uint64_t, int> served;  // by turn; on the loop
  TestServer* running = nullptr;
  TestServer test({}, 1, [&](http::Request, http::Responder responder) {
    ++served[running->loops[0].turn_began_us()];
    sleep_ms(1);  // longer than a slice
    responder.respond(http::text_response(200, "done"));
  });
  running = &test;
  std::atomic<bool> crowd_is_here = false;
  test.loops[0].post([&] {
    while (!crowd_is_here) sleep_ms(1);
  });
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 16; ++i) {
    crowd.push_back(std::make_unique<RawClient>(test.port));
    crowd.back()->send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  }
  crowd_is_here = true;
  for (auto& client : crowd) EXPECT_TRUE(client->take_response().ends_with("done"));
  test.server.stop();
  EXPECT_EQ(served.size(), crowd.size()) << "one in a turn";
}

// Sends nothing. At "toggle", it stops and resumes reading many times; every other message takes
// longer than a slice.
class TogglingHandler final : public session::ConnectionHandler {
 public:
  TogglingHandler(Scheduler& loop, Journal& journal) : loop_(loop), journal_(journal) {}

  void on_open(session::Connection& connection) override { connection_ = &connection; }
  void on_message(ByteView message) override {
    if (as_text(message) != "toggle") {
      sleep_ms(1);
      ++taken_;
      return;
    }
    for (int i = 0; i < 10; ++i) {
      connection_->set_reading(false);
      connection_->set_reading(true);
    }
    // Two: one in this turn, and one in the turn that was put off.
    loop_.post([this] { journal_.note(taken_ <= 2 ? "others in time" : "others late"); });
  }
  void on_drained() override {}
  void on_closed(std::uint16_t) override {}

 private:
  Scheduler& loop_;
  Journal& journal_;
  session::Connection* connection_ = nullptr;
  int taken_ = 0;
};

TEST(NetFairTurns, WhoseReadingStopsAndResumesOftenHasOneSliceInARound) {
  Journal journal;
  TestServer test({}, 1, {}, accept_with([&](Scheduler& loop) {
                    return std::make_unique<TogglingHandler>(loop, journal);
                  }));
  WsClient client(test.port);
  std::string input = masked_frame(0x82, "toggle");
  for (int i = 0; i < 20; ++i) input += masked_frame(0x82, "x");
  client.send(input);
  EXPECT_TRUE(comes_true([&] { return !journal.lines().empty(); }));
  EXPECT_EQ(journal.lines(), std::vector<std::string>{"others in time"});
}

// At "go", the first connection is sent much, and then every other one a little.
class SendingHandler final : public session::ConnectionHandler {
 public:
  SendingHandler(std::vector<SendingHandler*>& all, Journal& journal)
      : all_(all), journal_(journal) {}

  void on_open(session::Connection& connection) override {
    connection_ = &connection;
    all_.push_back(this);
    journal_.note("open");
  }
  void on_message(ByteView) override {
    for (SendingHandler* each : all_)
      each->connection_->send(
          std::make_shared<const Bytes>(each == all_.front() ? 100'000 : 10, std::uint8_t{7}));
  }
  void on_drained() override { journal_.note(this == all_.front() ? "much" : "little"); }
  void on_closed(std::uint16_t) override {}

 private:
  std::vector<SendingHandler*>& all_;
  Journal& journal_;
  session::Connection* connection_ = nullptr;
};

TEST(NetFairTurns, WhatIsLittleIsWrittenFirst) {
  Journal journal;
  std::vector<SendingHandler*> all;
  TestServer test({}, 1, {}, accept_with([&](Scheduler&) {
                    return std::make_unique<SendingHandler>(all, journal);
                  }));
  WsClient much(test.port);
  ASSERT_TRUE(much.open());
  ASSERT_TRUE(journal.wait_for("open", 1));
  WsClient little(test.port);
  ASSERT_TRUE(little.open());
  ASSERT_TRUE(journal.wait_for("open", 2));
  little.send_binary("go");
  ASSERT_TRUE(journal.wait_for("much"));
  EXPECT_EQ(journal.lines(), (std::vector<std::string>{"open", "open", "little", "much"}));
}

}  // namespace
}  // namespace syncline::backend
