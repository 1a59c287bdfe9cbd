#include "backend/faults/fault_link.h"

#include <future>

#include "backend/net_support.h"

namespace syncline::backend {
namespace {

using Clock = std::chrono::steady_clock;

// A link to a WebSocket server that echoes, driven from a loop of its own.
class FaultLinkTest : public ::testing::Test {
 protected:
  FaultLinkTest() : loops_(1) {
    loops_.start();
    on_loop([this] {
      auto opened = FaultLink::open(loops_[0], server_.port);
      ASSERT_TRUE(opened) << opened.error().message;
      link_ = std::move(*opened);
    });
  }
  ~FaultLinkTest() override {
    on_loop([this] { link_.reset(); });
  }

  void on_loop(std::function<void()> body) {
    std::promise<void> done;
    loops_[0].post([&] {
      body();
      done.set_value();
    });
    done.get_future().wait();
  }
  void set(Way way, LinkWay how) {
    on_loop([=, this] { link_->set(way, how); });
  }
  std::uint16_t port() {
    std::uint16_t port = 0;
    on_loop([&] { port = link_->port(); });
    return port;
  }
  static std::int64_t ms_since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
  }

  TestServer server_;
  LoopGroup loops_;
  std::unique_ptr<FaultLink> link_;
};

TEST_F(FaultLinkTest, PassesBytesOnBothWays) {
  WsClient client(port());
  ASSERT_TRUE(client.open()) << client.response;
  const std::string payload(500'000, 'p');
  client.send_binary(payload);
  EXPECT_EQ(client.take_frame().payload, payload);
  on_loop([&] {
    EXPECT_EQ(link_->counters().connections, 1U);
    EXPECT_GT(link_->counters().bytes_up, payload.size());
    EXPECT_GT(link_->counters().bytes_down, payload.size());
    EXPECT_EQ(link_->open_connections(), 1U);
  });
  client.send(masked_frame(0x88, close_payload(1000)));
  EXPECT_EQ(client.take_close_code(), 1000);
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(server_.journal.wait_for("closed 1000"));
}

TEST_F(FaultLinkTest, KeepsBytesWhileItIsBlocked) {
  WsClient client(port());
  set(Way::kDown, {.blocked = true});
  client.send_binary("are you there?");
  client.send_binary("close 4000");
  sleep_ms(50);
  EXPECT_EQ(client.buffer, "");
  set(Way::kDown, {});
  EXPECT_EQ(client.take_frame().payload, "are you there?");
  EXPECT_EQ(client.take_close_code(), 4000);
}

TEST_F(FaultLinkTest, HoldsBackNoMoreThanItsWindow) {
  WsClient client(port());
  set(Way::kDown, {.blocked = true});
  client.send_binary("burst 100 100000");
  sleep_ms(200);
  on_loop([&] {
    EXPECT_GT(link_->counters().bytes_down, 0U);
    EXPECT_LE(link_->counters().bytes_down, 3 * FaultLink::kWindowBytes);
  });
  set(Way::kDown, {});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.take_frame().payload.size(), 100'000U);
}

TEST_F(FaultLinkTest, DelaysAndSlowsDown) {
  WsClient client(port());
  set(Way::kUp, {.latency_us = 150'000});
  auto start = Clock::now();
  client.send_binary("late");
  EXPECT_EQ(client.take_frame().payload, "late");
  EXPECT_GE(ms_since(start), 150);

  set(Way::kUp, {.bytes_per_second = 100'000});
  start = Clock::now();
  client.send_binary(std::string(30'000, 's'));
  EXPECT_EQ(client.take_frame().payload.size(), 30'000U);
  EXPECT_GE(ms_since(start), 250);
}

TEST_F(FaultLinkTest, WhatWasHeldBackIsFreedWithTheFault) {
  WsClient client(port());
  set(Way::kUp, {.bytes_per_second = 10});
  client.send_binary(std::string(5'000, 's'));  // eight minutes
  sleep_ms(50);
  EXPECT_EQ(client.buffer, "");
  set(Way::kUp, {});
  EXPECT_EQ(client.take_frame().payload.size(), 5'000U);
}

TEST_F(FaultLinkTest, ResetsBothEnds) {
  WsClient client(port());
  on_loop([this] { link_->reset(); });
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(server_.journal.wait_for("closed 1006"));
  WsClient again(port());
  EXPECT_TRUE(again.open());
}

TEST_F(FaultLinkTest, ResetsOneEndAlone) {
  WsClient client(port());
  on_loop([this] { link_->reset_half(Way::kUp); });  // the client does not hear of it
  EXPECT_TRUE(server_.journal.wait_for("closed 1006"));
  client.send_binary("into the void");
  EXPECT_FALSE(client.ended());  // silent for as long as the client waits

  WsClient other(port());
  ASSERT_TRUE(other.open());
  on_loop([this] { link_->reset_half(Way::kDown); });
  EXPECT_TRUE(other.ended());
}

TEST_F(FaultLinkTest, RefusesUntilItHeals) {
  on_loop([this] { link_->set_refusing(true); });
  WsClient refused(port());
  EXPECT_FALSE(refused.open());
  on_loop([this] { link_->heal(); });
  WsClient client(port());
  EXPECT_TRUE(client.open());
}

}  // namespace
}  // namespace syncline::backend
