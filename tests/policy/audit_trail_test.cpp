#include "policy/audit_trail.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline::policy {
namespace {

log::AuditEntry refusal(std::string principal, std::uint64_t unix_ms) {
  return {.kind = log::AuditEntry::Kind::kRefusal,
          .unix_ms = unix_ms,
          .principal = std::move(principal),
          .reason = "no"};
}

TEST(AuditTrail, CountsWhatIsAlike) {
  AuditTrail trail;
  EXPECT_TRUE(trail.empty());
  for (int i = 0; i < 1000; ++i) trail.add("", refusal("ann", 5 + i));
  trail.add("", refusal("bob", 2));
  EXPECT_FALSE(trail.empty());
  const auto taken = trail.take();
  ASSERT_EQ(taken.size(), 1u);
  ASSERT_EQ(taken[0].second.size(), 2u);
  EXPECT_EQ(taken[0].second[0].principal, "bob") << "by time";
  EXPECT_EQ(taken[0].second[1].count, 1000u);
  EXPECT_EQ(taken[0].second[1].unix_ms, 5u) << "of the first";
  EXPECT_TRUE(trail.empty());
  EXPECT_TRUE(trail.take().empty());
}

TEST(AuditTrail, TenantsAreApart) {
  AuditTrail trail;
  trail.add("acme", refusal("ann", 1));
  trail.add("", refusal("ann", 1));
  const auto taken = trail.take();
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].first, "");
  EXPECT_EQ(taken[1].first, "acme");
  EXPECT_EQ(taken[1].second[0].count, 1u);
}

TEST(AuditTrail, WhatATenantHoldsIsBoundedAndNothingIsUncounted) {
  AuditTrail trail;
  for (int i = 0; i < 10'000; ++i) trail.add("acme", refusal(std::to_string(i), 1));
  const auto taken = trail.take();
  ASSERT_EQ(taken[0].second.size(), AuditTrail::kMostOfTenant + 1);
  std::uint64_t count = 0;
  bool further = false;
  for (const auto& entry : taken[0].second) {
    count += entry.count;
    further = further || entry.reason == AuditTrail::kFurther;
  }
  EXPECT_EQ(count, 10'000u);
  EXPECT_TRUE(further);
  EXPECT_TRUE(log::decode_audit(log::encode_audit(taken[0].second))) << "fits an event";
}

TEST(AuditTrail, ReadsLeaveRoomForRefusals) {
  AuditTrail trail;
  for (int i = 0; i < 1000; ++i) {
    log::AuditEntry read = refusal(std::to_string(i), 1);
    read.kind = log::AuditEntry::Kind::kRead;
    read.reason = "";
    trail.add("", read);
  }
  trail.add("", refusal("ann", 2));
  const auto entries = trail.take()[0].second;
  EXPECT_EQ(entries.size(), AuditTrail::kMostReadsOfTenant + 2);
  std::uint64_t reads = 0;
  bool further = false;
  for (const auto& entry : entries) {
    reads += entry.kind == log::AuditEntry::Kind::kRead ? entry.count : 0;
    further = further || entry.reason == AuditTrail::kFurtherReads;
  }
  EXPECT_EQ(reads, 1000u);
  EXPECT_TRUE(further);
  EXPECT_EQ(entries.back().principal, "ann");
}

TEST(AuditTrail, WhatIsHeldIsChargedAndBounded) {
  MemoryCell memory(4096);
  AuditTrail trail(lasting(&memory));
  for (int i = 0; i < 100; ++i)
    trail.add("", refusal(std::string(1000, 'x') + std::to_string(i), 1));
  EXPECT_GT(memory.used(), 0u);
  EXPECT_LE(memory.used(), 4096u + 1024) << "one that only counts is always taken";
  std::uint64_t count = 0;
  const auto taken = trail.take();
  for (const auto& entry : taken[0].second) count += entry.count;
  EXPECT_EQ(count, 100u);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(AuditTrail, WhatAllTenantsHoldIsBounded) {
  AuditTrail trail;
  for (int tenant = 0; tenant < 20; ++tenant)
    for (int i = 0; i < 200; ++i)
      trail.add("t" + std::to_string(tenant), refusal(std::to_string(i), 1));
  std::size_t entries = 0;
  for (const auto& [tenant, of_tenant] : trail.take()) entries += of_tenant.size();
  EXPECT_LE(entries, AuditTrail::kMost + 20) << "each tenant may have one that only counts";
}

}  // namespace
}  // namespace syncline::policy
