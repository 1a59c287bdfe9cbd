#include "limits/tenants.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "identity/names.h"
#include "limits/usage.h"

namespace syncline::limits {
namespace {

// Somebody with a token of a tenant; "": with one that names none.
identity::Principal somebody(std::string tenant,
                             identity::Identity::Source source = identity::Identity::Source::kJwt) {
  return {.id = "ann",
          .rights = identity::Rights::all(),
          .identity = std::make_shared<const identity::Identity>(
              identity::Identity{.source = source, .tenant = std::move(tenant)})};
}

class TenantDoorTest : public ::testing::Test {
 protected:
  TenantDoorTest() {
    tenants_.put({.name = "acme"});
    tenants_.put({.name = "beta"});
    tenants_.put({.name = "closed", .state = TenantState::kSuspended});
  }

  // The tenant into which he comes, or the reason why not.
  std::string enter(identity::Principal principal, std::string_view named) const {
    const auto entered = TenantDoor::enter(std::move(principal), named, tenants_);
    if (!entered) return entered.error().message;
    return entered->tenant().empty() ? "(default)" : std::string(entered->tenant());
  }

  TenantTable tenants_;
};

TEST_F(TenantDoorTest, ATokenSaysTheTenant) {
  EXPECT_EQ(enter(somebody("acme"), ""), "acme");
  EXPECT_EQ(enter(somebody(""), ""), "(default)");
  EXPECT_EQ(enter(somebody("default"), ""), "(default)");
  EXPECT_EQ(enter({.id = "anonymous"}, ""), "(default)");
}

TEST_F(TenantDoorTest, TheAddressMustAgreeWithTheToken) {
  EXPECT_EQ(enter(somebody("acme"), "acme"), "acme");
  const std::string refused = "this token is not for the tenant of this address";
  EXPECT_EQ(enter(somebody("acme"), "beta"), refused);
  EXPECT_EQ(enter(somebody("acme"), "default"), refused);
  EXPECT_EQ(enter(somebody(""), "acme"), refused);
  // Nobody learns whether another tenant exists.
  EXPECT_EQ(enter(somebody("acme"), "nobody"), refused);
  EXPECT_EQ(enter(somebody("acme"), "closed"), refused);
}

TEST_F(TenantDoorTest, TheOperatorComesInByTheAddress) {
  EXPECT_EQ(enter(somebody("", identity::Identity::Source::kShared), "acme"), "acme");
  EXPECT_EQ(enter({.id = "admin"}, "acme"), "acme");
  EXPECT_EQ(enter({.id = "admin"}, "default"), "(default)");
  EXPECT_EQ(enter({.id = "admin"}, "nobody"), "there is no such tenant");
  // A shared token without the right is not the operator's.
  EXPECT_EQ(enter({.id = "reader", .rights = identity::Rights::writing()}, "acme"),
            "this token is not for the tenant of this address");
}

TEST_F(TenantDoorTest, ATenantMustExistAndBeOpen) {
  const std::string shut = "the tenant of this token is not open";
  EXPECT_EQ(enter(somebody("nobody"), ""), shut);
  EXPECT_EQ(enter(somebody("closed"), ""), shut);
  EXPECT_EQ(enter(somebody("closed"), "closed"), shut);
}

TEST_F(TenantDoorTest, NobodyInATenantHasRightsOfTheServer) {
  const auto entered = TenantDoor::enter(somebody("acme"), "", tenants_);
  ASSERT_TRUE(entered);
  EXPECT_TRUE(entered->rights.has(identity::Right::kWrite));
  for (const identity::Right right : {identity::Right::kMetrics, identity::Right::kBackup,
                                      identity::Right::kAdminister, identity::Right::kTenants})
    EXPECT_FALSE(entered->rights.has(right));
  const auto at_home = TenantDoor::enter(somebody(""), "", tenants_);
  ASSERT_TRUE(at_home);
  EXPECT_TRUE(at_home->rights.has(identity::Right::kTenants));
}

TEST(Tenants, OnesOfTheSameNameAreOneAndTheDefaultOneStays) {
  TenantTable tenants;
  const SharedTenant acme = tenants.put({.name = "acme"});
  EXPECT_EQ(tenants.find("acme"), acme);
  TenantRecord record{.name = "acme"};
  record.quotas.set(Quota::kConnections, 2);
  EXPECT_EQ(tenants.put(record), acme);
  EXPECT_EQ(acme->limit(Quota::kConnections), 2u);
  tenants.remove("");
  EXPECT_NE(tenants.find(""), nullptr);
  tenants.remove("acme");
  EXPECT_EQ(tenants.find("acme"), nullptr);
}

TEST(Tenants, AQuotaOfOneIsNotThatOfAnother) {
  TenantTable tenants;
  TenantRecord record{.name = "acme"};
  record.quotas.set(Quota::kObjects, 10);
  const SharedTenant acme = tenants.put(record);
  record.name = "beta";
  const SharedTenant beta = tenants.put(record);
  acme->add(Quota::kObjects, 10);
  const auto full = acme->check(Quota::kObjects, 1);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(full.error().message, "over the quota: this tenant may have 10 objects");
  EXPECT_TRUE(beta->check(Quota::kObjects, 10));
  EXPECT_FALSE(beta->check(Quota::kObjects, 11));
  acme->add(Quota::kObjects, -1);
  EXPECT_TRUE(acme->check(Quota::kObjects, 1));
}

TEST(Tenants, RatesHoldForAllThreadsTogether) {
  TenantTable tenants;
  TenantRecord record{.name = "acme"};
  record.quotas.set(Quota::kEvents, 1000);
  const SharedTenant acme = tenants.put(record);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) acme->take(Quota::kEvents, 1, 5000);
    });
  for (std::thread& thread : threads) thread.join();
  // 2 seconds' worth are a burst; the other 2000 take 2 seconds.
  EXPECT_EQ(acme->wait_ms(5000), 2000u);
  EXPECT_EQ(acme->wait_ms(7000), 0u);
  EXPECT_EQ(tenants.put({.name = "beta"})->wait_ms(5000), 0u);
}

TEST(Tenants, ALimitThatIsTakenAwayHoldsNobodyBack) {
  TenantTable tenants;
  TenantRecord record{.name = "acme"};
  record.quotas.set(Quota::kBytes, 10);
  const SharedTenant acme = tenants.put(record);
  acme->take(Quota::kBytes, 1000, 0);
  EXPECT_GT(acme->wait_ms(0), 0u);
  tenants.put({.name = "acme"});
  EXPECT_EQ(acme->wait_ms(0), 0u);
}

TEST(Usage, AWorkspaceHasAQuotaOfItsOwn) {
  TenantTable tenants;
  TenantRecord record{.name = "acme"};
  record.quotas.set(Quota::kConnections, 3);
  record.workspace_quotas.set(Quota::kConnections, 2);
  const SharedTenant acme = tenants.put(record);
  UseTable uses(&tenants);
  const SharedUse notes = uses.of("/acme/notes");
  const SharedUse plans = uses.of("/acme/plans");
  ASSERT_NE(notes, nullptr);
  EXPECT_EQ(uses.of("notes"), nullptr);
  EXPECT_EQ(uses.of("/nobody/notes"), nullptr);

  Place first(notes);
  Place second(notes);
  EXPECT_EQ(notes->check(Quota::kConnections, 1).error().message,
            "over the quota: this workspace may have 2 connections");
  Place third(plans);
  EXPECT_EQ(plans->check(Quota::kConnections, 1).error().message,
            "over the quota: this tenant may have 3 connections");
  EXPECT_EQ(plans->check(Quota::kConnections, 1).error().code, ErrorCode::kUnavailable);
  { const Place gone = std::move(first); }
  EXPECT_EQ(acme->used(Quota::kConnections), 2u);
  EXPECT_TRUE(plans->check(Quota::kConnections, 1));
}

TEST(Usage, WhatIsStoredIsWrittenDownAndFoundAgain) {
  TenantTable tenants;
  tenants.put({.name = "acme"});
  UseTable uses(&tenants);
  uses.of("/acme/notes")->store(100, true, true);
  uses.of("/acme/notes")->store(50, false, false);
  EXPECT_TRUE(uses.take_changed(10).empty());  // nothing of it is durable
  uses.of("/acme/notes")->settle(100, true);
  uses.of("/acme/notes")->settle(50, false);
  uses.of("/acme/empty");
  const auto changed = uses.take_changed(10);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].first, "/acme/notes");
  EXPECT_EQ(changed[0].second, (StoredUse{.objects = 1, .bytes = 150}));
  EXPECT_TRUE(uses.take_changed(10).empty());
  EXPECT_EQ(tenants.find("acme")->used(Quota::kStoredBytes), 150u);
  EXPECT_EQ(tenants.find("acme")->used(Quota::kWorkspaces), 1u);

  // It is what it was when nobody has used it for a while.
  EXPECT_EQ(uses.of("/acme/notes")->stored().bytes, 150u);
  const auto bytes = encode_use(changed[0].second);
  EXPECT_EQ(decode_use(bytes).value(), changed[0].second);
  EXPECT_FALSE(decode_use(Bytes{1}));
}

TEST(Usage, WhatTheLogLosesIsGivenBack) {
  TenantTable tenants;
  const SharedTenant acme = tenants.put({.name = "acme"});
  UseTable uses(&tenants);
  const SharedUse use = uses.of("/acme/notes");
  use->store(100, true, true);
  use->store(100, true, true, -1);
  EXPECT_EQ(use->stored(), StoredUse{});
  for (const Quota quota : {Quota::kStoredBytes, Quota::kObjects, Quota::kWorkspaces})
    EXPECT_EQ(acme->used(quota), 0u);
  use->store(100, false, false);
  use->settle(100, false);
  use->drop(1000);
  EXPECT_EQ(use->stored().bytes, 0u);
  EXPECT_EQ(acme->used(Quota::kStoredBytes), 0u);
}

TEST(Usage, AnImportCountsWhenItIsDurable) {
  TenantTable tenants;
  const SharedTenant acme = tenants.put({.name = "acme"});
  UseTable uses(&tenants);
  uses.of("/acme/notes")->take_over(100, 3, true);
  uses.of("/acme/notes")->take_over(50, 1, false);
  EXPECT_EQ(acme->used(Quota::kStoredBytes), 150U);
  EXPECT_EQ(acme->used(Quota::kObjects), 4U);
  EXPECT_EQ(acme->used(Quota::kWorkspaces), 1U);
  const auto changed = uses.take_changed(10);
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].second, (StoredUse{.objects = 4, .bytes = 150}));
}

TEST(TenantRecord, IsReadAsItWasWritten) {
  TenantRecord record{.name = "acme",
                      .display_name = "Acme & S\xc3\xb6hne",
                      .created_ms = 1'800'000'000'000,
                      .state = TenantState::kSuspended};
  record.quotas.set(Quota::kStoredBytes, 1'000'000'000);
  record.workspace_quotas.set(Quota::kObjects, 7);
  const Bytes bytes = encode_tenant(record);
  EXPECT_EQ(decode_tenant("acme", bytes).value(), record);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_EQ(decode_tenant("acme", ByteView(bytes).first(cut)).error().code, ErrorCode::kCorrupt);
  Bytes later = bytes;
  later[0] = 2;
  EXPECT_EQ(decode_tenant("acme", later).error().code, ErrorCode::kUnsupported);
}

TEST(TenantNames, AreShortAndPlain) {
  for (const char* good : {"a", "acme", "7", "a-b_c", "default"})
    EXPECT_TRUE(identity::check_tenant_name(good)) << good;
  for (const char* bad : {"", "-a", "_", "Acme", "a.b", "a/b", "a b", "\xc3\xa9"})
    EXPECT_FALSE(identity::check_tenant_name(bad)) << bad;
  EXPECT_TRUE(identity::check_tenant_name(std::string(identity::kMaxTenantNameBytes, 'a')));
  EXPECT_FALSE(identity::check_tenant_name(std::string(identity::kMaxTenantNameBytes + 1, 'a')));
}

TEST(Quotas, HaveNames) {
  for (std::size_t i = 0; i < kQuotas; ++i) {
    const auto quota = static_cast<Quota>(i);
    EXPECT_EQ(quota_named(name_of(quota)), quota);
  }
  EXPECT_EQ(quota_named("seats"), std::nullopt);
}

TEST(Quotas, AreNeverOverflown) {
  EXPECT_TRUE(check_quota(Quota::kObjects, QuotaOf::kTenant, 0, ~0ull, ~0ull));
  EXPECT_FALSE(check_quota(Quota::kObjects, QuotaOf::kTenant, 10, 5, ~0ull));
  EXPECT_FALSE(check_quota(Quota::kObjects, QuotaOf::kTenant, 10, ~0ull, 0));
  EXPECT_TRUE(check_quota(Quota::kObjects, QuotaOf::kTenant, 10, 9, 1));
}

}  // namespace
}  // namespace syncline::limits
