#include "node/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_account.h"
#include "base/memory_budget.h"

namespace syncline::node {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(MemoryPlan, ThePartsLeaveRoomForTheProgram) {
  for (std::size_t total = MemoryPlan::kLeastBytes; total <= 65'536 * kMiB; total *= 2) {
    const MemoryPlan plan = plan_memory(total);
    const std::size_t parts = plan.objects + plan.receiving + plan.queues + plan.disk_queue +
                              plan.store_cache + plan.store_writes + plan.snapshots +
                              plan.presence + plan.waiting + plan.answers;
    EXPECT_LE(parts, total / 100 * 97) << total;
    EXPECT_GE(plan.objects, total / 3) << total;
    for (const std::size_t part :
         {plan.receiving, plan.queues, plan.disk_queue, plan.store_cache, plan.store_writes})
      EXPECT_GE(part, 7 * kMiB) << total;
    EXPECT_EQ(plan.total, total);
  }
}

TEST(MemoryPlan, MoreMemoryMakesNoPartSmaller) {
  MemoryPlan before = plan_memory(MemoryPlan::kLeastBytes);
  for (std::size_t total = MemoryPlan::kLeastBytes; total <= 4096 * kMiB; total += 64 * kMiB) {
    const MemoryPlan plan = plan_memory(total);
    EXPECT_GE(plan.objects, before.objects);
    EXPECT_GE(plan.queues, before.queues);
    EXPECT_GE(plan.receiving, before.receiving);
    before = plan;
  }
}

TEST(MemoryBudget, ALevelIsLeftBelowTheLimitAtWhichItWasEntered) {
  MemoryBudget budget(1000, 2);
  EXPECT_EQ(budget.level(), MemoryLevel::kEasy);
  const auto level_at = [&](std::uint64_t bytes) {
    budget.set_resident(bytes);
    return budget.level();
  };
  EXPECT_EQ(level_at(899), MemoryLevel::kEasy);
  EXPECT_EQ(level_at(900), MemoryLevel::kTight);
  EXPECT_EQ(level_at(860), MemoryLevel::kTight);
  EXPECT_EQ(level_at(1000), MemoryLevel::kFull);
  EXPECT_EQ(level_at(960), MemoryLevel::kFull);
  EXPECT_EQ(level_at(940), MemoryLevel::kTight);
  EXPECT_EQ(level_at(849), MemoryLevel::kEasy);
  EXPECT_EQ(level_at(5000), MemoryLevel::kFull);
  EXPECT_EQ(level_at(10), MemoryLevel::kEasy);
}

// Two measurements are a while apart, and answers come faster.
TEST(MemoryBudget, RoomCountsWhatCameSinceTheLastMeasurement) {
  MemoryBudget budget(1000, 2);
  budget.share(0).set(MemoryUse::kQueues, 100);
  budget.set_resident(500);
  EXPECT_TRUE(budget.has_room(349));
  EXPECT_FALSE(budget.has_room(350));
  budget.share(1).set(MemoryUse::kQueues, 200);
  EXPECT_TRUE(budget.has_room(149));
  EXPECT_FALSE(budget.has_room(150));
  budget.set_resident(700);
  EXPECT_TRUE(budget.has_room(149));
  budget.share(0).set(MemoryUse::kQueues, 0);
  EXPECT_FALSE(budget.has_room(150)) << "freed memory may not have been returned yet";
}

// A measurement does not show an answer that has only begun.
TEST(MemoryBudget, WhatIsChargedAndNotUsedYetLeavesNoRoom) {
  MemoryBudget budget(1000, 1, {0, 0, 0, 0, 0, 0, 0});
  budget.set_resident(100);
  MemoryCell& answers = budget.cell(MemoryUse::kAnswers);
  answers.change(0, 600);
  budget.set_resident(110);
  EXPECT_TRUE(budget.has_room(140));
  EXPECT_FALSE(budget.has_room(200));
  budget.set_resident(650);
  EXPECT_FALSE(budget.has_room(200));
  answers.change(600, 0);
  budget.set_resident(120);
  EXPECT_TRUE(budget.has_room(700));
}

TEST(MemoryBudget, AMessageInManyQueuesIsNoPromise) {
  MemoryBudget budget(1000, 1);
  budget.set_resident(100);
  budget.share(0).set(MemoryUse::kQueues, 5000);
  budget.set_resident(150);
  EXPECT_TRUE(budget.has_room(600));
}

TEST(MemoryCell, CountsInThoseAbove) {
  MemoryCell process(100);
  MemoryCell tenant(80, &process);
  MemoryCell principal(50, &tenant);
  {
    MemoryCharge charge(lasting(&principal), 30);
    EXPECT_EQ(process.used(), 30u);
    EXPECT_EQ(tenant.used(), 30u);
    EXPECT_TRUE(charge.has_room(20));
    EXPECT_FALSE(charge.has_room(21)) << "its own limit";
    MemoryCharge other(lasting(&tenant), 45);
    EXPECT_FALSE(charge.has_room(6)) << "that of the one above";
    EXPECT_TRUE(charge.has_room(5));
    MemoryCharge moved = std::move(charge);
    moved.set(10);
    EXPECT_EQ(process.used(), 55u);
    EXPECT_EQ(principal.used(), 10u);
    EXPECT_FALSE(principal.is_full());
  }
  EXPECT_EQ(process.used(), 0u);
  EXPECT_EQ(principal.used(), 0u);
}

TEST(MemoryPlan, APrincipalMayHaveAPartOfEachPart) {
  for (std::size_t total = MemoryPlan::kLeastBytes; total <= 65'536 * kMiB; total *= 2) {
    const MemoryPlan plan = plan_memory(total);
    const AccountTable::Limits limits = limits_of_accounts(plan, 4 * kMiB);
    for (const auto& [use, part] : {std::pair{MemoryUse::kReceiving, plan.receiving},
                                    {MemoryUse::kQueues, plan.queues},
                                    {MemoryUse::kPresence, plan.presence},
                                    {MemoryUse::kWaiting, plan.waiting},
                                    {MemoryUse::kAnswers, plan.answers},
                                    {MemoryUse::kChanges, plan.disk_queue}}) {
      const std::size_t index = static_cast<std::size_t>(use);
      EXPECT_GE(limits.principal[index], part / 4);
      EXPECT_LE(limits.principal[index], std::max(part / 4, 16 * kMiB));
      EXPECT_GE(limits.tenant[index], limits.principal[index]);
    }
    EXPECT_GE(limits.principal[static_cast<std::size_t>(MemoryUse::kReceiving)], 8 * kMiB)
        << "two buffers of the largest message";
  }
}

TEST(AccountTable, APrincipalHasOneAccountBelowItsTenant) {
  MemoryBudget budget(1000, 1, {0, 0, 0, 1000, 1000, 0});
  AccountTable table({.principal = {0, 50, 0, 100, 0, 0}, .tenant = {0, 70, 0, 150, 0, 0}},
                     &budget);
  const SharedAccount ann = table.account_of({.tenant = "t", .principal = "ann"});
  const SharedAccount bob = table.account_of({.tenant = "t", .principal = "bob"});
  EXPECT_EQ(table.account_of({.tenant = "t", .principal = "ann"}), ann);
  EXPECT_NE(table.account_of({.principal = "ann"}), ann);
  const SharedAccount tenant = table.account_of({.tenant = "t"});
  MemoryCharge of_ann(cell_of(ann, MemoryUse::kPresence), 100);
  MemoryCharge of_bob(cell_of(bob, MemoryUse::kPresence), 50);
  EXPECT_FALSE(of_ann.has_room(1)) << "a principal's limit";
  EXPECT_FALSE(of_bob.has_room(1)) << "a tenant's limit";
  EXPECT_EQ(budget.used(MemoryUse::kPresence), 150u);
  MemoryCharge waits(cell_of(ann, MemoryUse::kWaiting), 1000);
  EXPECT_FALSE(waits.has_room(1)) << "that of the process";
  const MemoryCharge held(cell_of(ann, MemoryUse::kReceiving), 60);
  EXPECT_TRUE(ann->cell(MemoryUse::kReceiving).is_over());
  EXPECT_EQ(budget.used(MemoryUse::kReceiving), 0u) << "the loops count it";
}

TEST(AccountTable, ForgetsThoseWhoHoldNothing) {
  AccountTable table({}, nullptr);
  std::vector<SharedAccount> kept;
  for (int i = 0; i < 10'000; ++i) {
    const SharedAccount account = table.account_of({.principal = std::to_string(i)});
    if (i % 100 == 0) kept.push_back(account);
    EXPECT_LE(table.size(), 64 + 2 * kept.size());
  }
  MemoryCharge charge(cell_of(kept.front(), MemoryUse::kPresence), 5);
  const MemoryAccount* const first = kept.front().get();
  kept.clear();
  for (int i = 0; i < 1000; ++i) table.account_of({.principal = "more" + std::to_string(i)});
  EXPECT_EQ(table.account_of({.principal = "0"}).get(), first) << "something is charged there";
  EXPECT_LE(table.size(), 65u);
}

TEST(MemoryBudget, CellsCountAsParts) {
  MemoryBudget budget(1000, 1, {0, 0, 0, 100, 0, 0});
  EXPECT_EQ(budget.limit(MemoryUse::kPresence), 100u);
  const MemoryCharge charge(lasting(&budget.cell(MemoryUse::kPresence)), 60);
  EXPECT_EQ(budget.used(MemoryUse::kPresence), 60u);
  EXPECT_FALSE(charge.has_room(41));
  EXPECT_TRUE(budget.cell(MemoryUse::kWaiting).has_room(1'000'000)) << "no limit";
}

TEST(MemoryBudget, PartsAreAddedUpOverTheLoops) {
  MemoryBudget budget(1000, 2);
  budget.share(0).set(MemoryUse::kQueues, 5);
  budget.share(1).set(MemoryUse::kQueues, 6);
  budget.share(1).set(MemoryUse::kObjects, 7);
  EXPECT_EQ(budget.used(MemoryUse::kQueues), 11u);
  EXPECT_EQ(budget.used(MemoryUse::kObjects), 7u);
  budget.share(1).set(MemoryUse::kQueues, 0);
  EXPECT_EQ(budget.used(MemoryUse::kQueues), 5u);
}

}  // namespace
}  // namespace syncline::node
