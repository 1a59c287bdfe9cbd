// The parts without sockets, and the loops.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>

#include "backend/net/event_loop.h"
#include "backend/net/out_queue.h"
#include "backend/net/system_random.h"
#include "backend/net/timer_queue.h"
#include "backend/net/utf8_check.h"
#include "backend/net/ws_frame.h"
#include "backend/net_support.h"

namespace syncline::backend {
namespace {

TEST(NetTimerQueue, RunsInOrderAndForgetsTheCancelled) {
  TimerQueue timers;
  std::string order;
  const auto add = [&](std::uint64_t due, char name) {
    return timers.add(due, [&order, name] { order += name; });
  };
  add(30, 'c');
  add(10, 'a');
  const auto cancelled = add(20, 'x');
  add(20, 'b');
  add(20, 'B');
  timers.cancel(cancelled);
  timers.cancel(cancelled);
  timers.cancel(0);
  EXPECT_EQ(timers.next_due_ms(), 10u);
  EXPECT_FALSE(timers.take_due(9).has_value());
  while (auto task = timers.take_due(25)) (*task)();
  EXPECT_EQ(order, "abB");
  while (auto task = timers.take_due(30)) (*task)();
  EXPECT_EQ(order, "abBc");
  EXPECT_EQ(timers.next_due_ms(), std::nullopt);
}

TEST(NetTimerQueue, AgreesWithASortedListUnderManyCancels) {
  std::mt19937 random(7);
  TimerQueue timers;
  std::set<std::pair<std::uint64_t, TimerQueue::TimerId>> model;
  std::vector<std::pair<std::uint64_t, TimerQueue::TimerId>> all;
  TimerQueue::TimerId ran = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t due = random() % 1000;
    auto id = std::make_shared<TimerQueue::TimerId>();
    *id = timers.add(due, [&ran, id] { ran = *id; });
    model.emplace(due, *id);
    all.emplace_back(due, *id);
    if (random() % 10 < 9) {
      const auto victim = all[random() % all.size()];
      timers.cancel(victim.second);
      model.erase(victim);
    }
    ASSERT_EQ(timers.size(), model.size());
  }
  while (auto task = timers.take_due(2000)) {
    (*task)();
    ASSERT_EQ(ran, model.begin()->second);
    model.erase(model.begin());
  }
  EXPECT_TRUE(model.empty());
}

// A connection that was behind once is as small as any other when it is idle.
TEST(NetOutQueue, ALongQueueLeavesNoMemoryBehind) {
  OutQueue queue;
  for (int i = 0; i < 1000; ++i) queue.push({}, as_bytes("message"), nullptr, true);
  EXPECT_GT(queue.memory_bytes(), 10'000u);
  queue.consume(queue.bytes());
  EXPECT_TRUE(queue.empty());
  EXPECT_LT(queue.memory_bytes(), 2'000u);
}

TEST(NetOutQueue, GivesOutEveryByteOnceHoweverItIsWritten) {
  std::mt19937 random(11);
  OutQueue queue;
  std::string expected;
  std::string written;
  std::size_t counted = 0;
  for (int round = 0; round < 3000; ++round) {
    for (std::size_t n = random() % 3; n-- > 0;) {
      const std::string header(random() % (OutQueue::kHeaderMax + 1), static_cast<char>(round));
      const auto payload =
          std::make_shared<const std::string>(random() % 50, static_cast<char>(round + 1));
      queue.push(as_bytes(header), as_bytes(*payload), payload, true);
      expected += header + *payload;
      counted += header.size() + payload->size();
    }
    iovec parts[8];
    const std::size_t count = queue.gather(parts);
    std::string offered;
    for (std::size_t i = 0; i < count; ++i)
      offered.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    const std::size_t take = random() % (offered.size() + 1);
    written += offered.substr(0, take);
    queue.consume(take);
    counted -= take;
    ASSERT_EQ(queue.counted_bytes(), counted);
    ASSERT_EQ(queue.bytes(), counted);
    ASSERT_EQ(queue.empty(), counted == 0);
  }
  EXPECT_EQ(written, expected.substr(0, written.size()));
  EXPECT_EQ(expected.size(), written.size() + counted);
}

TEST(NetUtf8, KnowsTheEdges) {
  for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(as_bytes(good))) << good;
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
                          "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5", "\xff"})
    EXPECT_FALSE(is_utf8(as_bytes(bad)));
}

// A header may claim what it likes: memory follows what has arrived, and ends at what the frame says.
TEST(NetWsParser, HoldsNoMoreThanTwiceWhatHasArrivedNorThanTheFrameSays) {
  constexpr std::size_t kFrame = 10'000'000;
  std::string frame = "\x82\xff";  // binary, final, masked, with a length of 8 bytes
  for (int byte = 7; byte >= 0; --byte) frame += static_cast<char>(kFrame >> (8 * byte) & 0xff);
  frame += std::string(4, '\0');  // a mask that changes nothing
  WsParser parser(std::size_t{32} << 20);
  std::size_t arrived = 0;
  for (std::string piece = frame; arrived < kFrame;
       piece.assign(std::min<std::size_t>(kFrame - arrived, 9'999), 'x')) {
    if (arrived > 0 || piece.size() != frame.size()) arrived += piece.size();
    std::span<std::uint8_t> input(reinterpret_cast<std::uint8_t*>(piece.data()), piece.size());
    const WsEvent event = parser.next(input);
    if (arrived < kFrame) {
      ASSERT_EQ(event.kind, WsEvent::Kind::kNeedMore);
    } else {
      EXPECT_EQ(event.kind, WsEvent::Kind::kBinary);
      EXPECT_EQ(event.payload.size(), kFrame);
    }
    ASSERT_LE(parser.buffered_bytes(), std::min(2 * arrived, kFrame)) << arrived;
  }
}

// A message that arrived in pieces can be given away without a copy.
TEST(NetWsParser, AMessageInAMemoryOfItsOwnCanBeKeptOnce) {
  std::string frame("\x82\x85\0\0\0\0hello", 11);
  WsParser parser(100);
  const auto next = [&](std::size_t from, std::size_t to) {
    std::span<std::uint8_t> input(reinterpret_cast<std::uint8_t*>(frame.data()) + from, to - from);
    return parser.next(input);
  };
  EXPECT_EQ(as_text(next(0, frame.size()).payload), "hello");
  EXPECT_EQ(parser.keep(), nullptr) << "it is a part of the input";
  EXPECT_EQ(next(0, 8).kind, WsEvent::Kind::kNeedMore);
  EXPECT_EQ(parser.keep(), nullptr) << "it has not arrived completely";
  const ByteView kept = next(8, frame.size()).payload;
  const auto owner = parser.keep();
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(parser.keep(), nullptr) << "it was given away";
  EXPECT_EQ(parser.buffered_bytes(), 0u);
  EXPECT_EQ(next(0, 8).kind, WsEvent::Kind::kNeedMore);
  EXPECT_EQ(as_text(next(8, frame.size()).payload), "hello");
  EXPECT_EQ(as_text(kept), "hello");
}

TEST(NetRandom, DoesNotRepeat) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.next());
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(NetEventLoopThreads, PostsFromEverywhereInOrder) {
  LoopGroup loops(2);
  loops.start();
  Journal journal;
  std::vector<int> order;  // touched by loop 0 alone
  for (int i = 0; i < 1000; ++i) loops[0].post([&, i] { order.push_back(i); });
  loops[0].post([&] {
    EXPECT_TRUE(loops[0].is_current());
    EXPECT_FALSE(loops[1].is_current());
    loops[1].post([&] { loops[0].post([&] { journal.note("there and back"); }); });
  });
  ASSERT_TRUE(journal.wait_for("there and back"));
  loops.stop();
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.size(), 1000u);
}

TEST(NetEventLoopThreads, TimersAreNotEarlyAndMayCancelEachOther) {
  LoopGroup loops(1);
  loops.start();
  Journal journal;
  EventLoop& loop = loops[0];
  loop.post([&] {
    const std::uint64_t start = loop.monotonic_ms();
    auto victim = std::make_shared<Scheduler::TimerId>();
    loop.after(20, [&, start, victim] {
      journal.note(loop.monotonic_ms() - start >= 20 ? "in time" : "early");
      loop.cancel(*victim);
    });
    *victim = loop.after(40, [&] { journal.note("cancelled"); });
    loop.after(5, [&] { journal.note("first"); });
    loop.after(80, [&] { journal.note("last"); });
    loop.after(~0ull, [&] { journal.note("never"); });
  });
  ASSERT_TRUE(journal.wait_for("last"));
  EXPECT_EQ(journal.lines(), (std::vector<std::string>{"first", "in time", "last"}));
}

TEST(NetEventLoopThreads, DestroysWhatHasNotRun) {
  auto token = std::make_shared<int>();
  {
    LoopGroup loops(1);
    loops[0].post([token] {});
    loops[0].after(1'000'000, [token, &loops] { loops[0].cancel(1); });
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace syncline::backend
