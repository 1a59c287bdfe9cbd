// What is queued for peers is bounded, whoever does not read it; and far above the limit of memory,
// nobody comes in.
#include <fmt/format.h>

#include "backend/net_support.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// Room for 16 MiB.
ServerOptions small_queues() {
  ServerOptions options;
  options.queue_bytes = 0;
  return options;
}

// Clients that are sent 8 MiB each, in 8 messages, and read hardly anything.
struct SlowReaders {
  void add() {
    clients.push_back(std::make_unique<WsClient>(test.port, "/echo", false, 4096));
    clients.back()->send_binary("burst 8 1048576");
  }
  bool are_served() const {
    return comes_true([&] { return test.server.counters().messages_out == 8 * clients.size(); });
  }

  TestServer& test;
  std::vector<std::unique_ptr<WsClient>> clients = {};
};

TEST(NetMemory, WhoHasHadMuchQueuedForLongestIsCut) {
  TestServer test(small_queues());
  SlowReaders slow{test};
  for (int i = 0; i < 20; ++i) {
    slow.add();
    ASSERT_TRUE(slow.are_served());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_LE(test.server.counters().queued_bytes, 24 * kMiB) << "the share and what came last";
  }
  EXPECT_TRUE(comes_true([&] { return test.server.counters().queued_bytes <= 16 * kMiB; }));
  EXPECT_GE(test.server.counters().queues_shed, 15u);
  WsClient quick(test.port);
  quick.send_binary("still here");
  EXPECT_EQ(quick.take_frame().payload, "still here");
  WsClient& first = *slow.clients.front();
  while (first.fill()) continue;
  EXPECT_TRUE(first.ended()) << "the first one was cut";
  slow.clients.clear();
  EXPECT_TRUE(comes_true([&] { return test.server.counters().queued_bytes == 0; }));
}

TEST(NetMemory, OneAnswerMayBeLargerThanTheShare) {
  TestServer test(small_queues());
  WsClient large(test.port);
  large.send_binary("burst 1 50331648");
  EXPECT_EQ(large.take_frame().payload.size(), 48 * kMiB);
  EXPECT_EQ(test.server.counters().queues_shed, 0u);
}

TEST(NetMemory, FarAboveTheLimitNobodyComesInAndWhoIsInGoesOn) {
  MemoryBudget memory(1000, 1);
  ServerOptions options;
  options.memory = &memory;
  TestServer test(options);
  WsClient before(test.port);
  memory.set_resident(1101);
  RawClient refused(test.port);
  const std::string answer = refused.take_response();
  EXPECT_NE(answer.find(" 503 "), answer.npos);
  EXPECT_NE(answer.find("Retry-After: "), answer.npos);
  before.send_binary("still here");
  EXPECT_EQ(before.take_frame().payload, "still here");
  EXPECT_EQ(test.server.counters().refused_memory, 1u);
  memory.set_resident(1099);
  WsClient after(test.port);
  EXPECT_TRUE(after.open()) << "the monitoring comes in; others are refused by what they ask for";
}

TEST(NetMemory, WhileThereIsRoomSlowReadersAreNotCut) {
  MemoryBudget memory(1000 * kMiB, 1);
  ServerOptions options = small_queues();
  options.memory = &memory;
  TestServer test(options);
  SlowReaders slow{test};
  for (int i = 0; i < 5; ++i) slow.add();
  ASSERT_TRUE(slow.are_served());
  EXPECT_GT(test.server.counters().queued_bytes, 16 * kMiB);
  EXPECT_EQ(test.server.counters().queues_shed, 0u);
  memory.set_resident(860 * kMiB);
  slow.add();
  EXPECT_TRUE(comes_true([&] { return test.server.counters().queued_bytes <= 16 * kMiB; }));
  EXPECT_GT(test.server.counters().queues_shed, 0u);
}

TEST(NetMemory, WhileMemoryIsShortASlowReaderIsCut) {
  MemoryBudget memory(1000, 1);
  ServerOptions options;
  options.memory = &memory;
  options.head_timeout_ms = 200;  // so that the tick is fine
  TestServer test(options);
  WsClient slow(test.port, "/echo", false, 4096);
  slow.send_binary("burst 8 1048576");
  ASSERT_TRUE(comes_true([&] { return test.server.counters().messages_out == 8; }));
  memory.set_resident(900);
  EXPECT_TRUE(comes_true([&] { return test.server.counters().queues_shed == 1; }));
  EXPECT_TRUE(comes_true([&] { return memory.used(MemoryUse::kQueues) == 0; }));
}

// A message that many get is counted for each of them, and is in memory once.
TEST(NetMemory, WhatIsCountedIsNoReasonToCutAsLongAsTheMemoryIsThere) {
  MemoryBudget memory(30 * kMiB, 1);
  ServerOptions options = small_queues();
  options.memory = &memory;
  TestServer test(options);
  memory.set_resident(9 * kMiB);
  SlowReaders slow{test};
  for (int i = 0; i < 10; ++i) slow.add();
  ASSERT_TRUE(slow.are_served());
  WsClient quick(test.port);
  quick.send_binary("still here");
  EXPECT_EQ(quick.take_frame().payload, "still here");
  EXPECT_GT(test.server.counters().queued_bytes, memory.limit());
  EXPECT_EQ(test.server.counters().queues_shed, 0u);
  memory.set_resident(26 * kMiB);  // over 85 %
  slow.add();
  EXPECT_TRUE(comes_true([&] { return test.server.counters().queued_bytes <= 16 * kMiB; }));
}

TEST(NetMemory, WhileMemoryIsShortManySmallQueuesAreCut) {
  MemoryBudget memory(1000, 1);
  ServerOptions options;
  options.memory = &memory;
  options.head_timeout_ms = 200;  // so that the tick is fine
  TestServer test(options);
  std::vector<std::unique_ptr<WsClient>> slow;
  std::uint64_t sent = 0;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(std::make_unique<WsClient>(test.port, "/echo", false, 4096));
    // First the buffers of the system are filled.
    const std::size_t enough = test.server.counters().queued_bytes + 50'000;
    for (int tries = 0; tries < 200 && test.server.counters().queued_bytes < enough; ++tries) {
      slow.back()->send_binary("burst 1 100000");
      ++sent;
      ASSERT_TRUE(comes_true([&] { return test.server.counters().messages_out == sent; }));
      sleep_ms(1);
    }
  }
  ASSERT_GT(test.server.counters().queued_bytes, 8 * 40'000u);
  ASSERT_LT(test.server.counters().queued_bytes, 8 * 250'000u) << "none is large";
  memory.set_resident(900);
  EXPECT_TRUE(comes_true([&] { return test.server.counters().queued_bytes == 0; }));
  // The system may have made its buffers larger and taken a queue meanwhile: who is not cut then is still connected.
  EXPECT_TRUE(comes_true([&] {
    const auto counters = test.server.counters();
    return counters.queues_shed + counters.open == 8;
  }));
  EXPECT_GT(test.server.counters().queues_shed, 4u);
}

}  // namespace
}  // namespace syncline::backend
