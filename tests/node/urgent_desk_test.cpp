#include "node/urgent_desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/known_types.h"
#include "node/workers.h"
#include "store/memory_store.h"
#include "support/virtual_loop.h"

namespace syncline::node {
namespace {

using state::JobOrder;
using Given = std::vector<std::pair<std::size_t, std::string>>;  // worker, name of the job

constexpr std::size_t kLarge = 1000;

// A desk, and what it has given to its workers.
struct Desk {
  explicit Desk(DeskLimits limits)
      : desk(limits, [this](std::size_t worker, const state::JobQueue::Entry& job) {
          given.emplace_back(worker, job.order.name);
          running.push_back({worker,
                             {.kind = job.order.kind,
                              .asker = job.order.asker,
                              .name = job.order.name,
                              .bytes = job.order.bytes}});
        }) {}

  void come(const char* name, std::string asker = "w", std::size_t bytes = 1) {
    desk.take({{.kind = JobOrder::kUrgent, .asker = std::move(asker), .name = name, .bytes = bytes},
               [](auto&&...) {}});
  }
  void end(std::string_view name) {
    for (auto each = running.begin(); each != running.end(); ++each) {
      if (each->second.name != name) continue;
      const auto [worker, order] = *each;
      running.erase(each);
      return desk.over(worker, order);
    }
    ADD_FAILURE() << name << " does not run";
  }

  UrgentDesk desk;
  Given given;
  std::vector<std::pair<std::size_t, JobOrder>> running;
};

TEST(UrgentDesk, JobsRunBesideEachOtherAndTheNextGoesToWhoIsFreeFirst) {
  Desk desk({.workers = 2, .large_bytes = kLarge});
  for (const char* name : {"long", "short", "next", "last"}) desk.come(name);
  EXPECT_EQ(desk.given, (Given{{0, "long"}, {1, "short"}}));
  EXPECT_EQ(desk.desk.waiting(), 2u);
  desk.end("short");
  desk.end("next");
  EXPECT_EQ(desk.given, (Given{{0, "long"}, {1, "short"}, {1, "next"}, {1, "last"}}));
  EXPECT_EQ(desk.desk.waiting(), 0u);
}

TEST(UrgentDesk, AskersTakeTurnsOverAllWorkers) {
  Desk desk({.workers = 2, .large_bytes = kLarge});
  for (const char* name : {"a1", "a2", "a3", "a4"}) desk.come(name, "a");
  desk.come("b1", "b");
  desk.end("a1");
  EXPECT_EQ(desk.given.back().second, "a3") << "a came first";
  desk.end("a2");
  EXPECT_EQ(desk.given.back().second, "b1");
}

TEST(UrgentDesk, LargeJobsWaitForEachOtherAndNobodyWaitsForThem) {
  Desk desk({.workers = 3, .large_bytes = kLarge, .large = 1});
  desk.come("large 1", "a", kLarge + 1);
  desk.come("large 2", "b", kLarge + 1);
  desk.come("small 1", "a", kLarge);
  desk.come("small 2", "a");
  EXPECT_EQ(desk.given, (Given{{0, "large 1"}, {1, "small 1"}, {2, "small 2"}}));
  desk.end("small 1");
  EXPECT_EQ(desk.given.size(), 3u);
  desk.end("large 1");
  EXPECT_EQ(desk.given.back().second, "large 2");
}

TEST(UrgentDesk, SmallJobsDoNotKeepLargeOnesWaiting) {
  Desk desk({.workers = 1, .large_bytes = kLarge, .large = 1});
  desk.come("first");
  for (const char* name : {"small 1", "small 2"}) desk.come(name);
  for (const char* name : {"large 1", "large 2"}) desk.come(name, "w", 2 * kLarge);
  for (const char* name : {"first", "large 1", "small 1", "large 2"}) desk.end(name);
  EXPECT_EQ(desk.given.back().second, "small 2");
}

// What waits for the store may be destroyed when the process has ended.
TEST(Workers, AJobThatOutlivesThemTellsNobody) {
  state::JobSlot kept;
  {
    testing::VirtualLoop desk, first, second;
    store::MemoryStore store;
    Workers workers({&first, &second}, &desk);
    workers.set(0, store.open_loop(first), known_types());
    workers.set(1, store.open_loop(second), known_types());
    workers.start({.kind = JobOrder::kUrgent, .asker = "w", .name = "test"},
                  [&](Result<state::Workplace*> place, state::JobSlot slot) {
                    EXPECT_TRUE(place);
                    kept = std::move(slot);
                  });
    desk.run();
    first.run();
    EXPECT_EQ(workers.counts().running, 1u);
    workers.set(0, nullptr, known_types());
    workers.set(1, nullptr, known_types());
  }
  kept = state::JobSlot();
}

TEST(Workers, AsManyDoUrgentJobsAsThereAreProcessors) {
  EXPECT_EQ(Workers::urgent_of(1), 1u) << "it does answers, too";
  EXPECT_EQ(Workers::urgent_of(2), 1u);
  for (const std::size_t cores : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 31u, 32u}) {
    const std::size_t all = Workers::count_for(cores);
    EXPECT_GE(Workers::urgent_of(all), std::max<std::size_t>(cores, 4)) << cores;
    EXPECT_GE(all - Workers::urgent_of(all), std::max<std::size_t>(cores / 3, 1)) << cores;
    EXPECT_LE(all, 2 * cores + 4) << cores;
  }
}

}  // namespace
}  // namespace syncline::node
