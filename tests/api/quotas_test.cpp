// What requests over HTTP take of the quotas of a tenant, and what retention gives back.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "limits/tenants.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using limits::Quota;
using testing::TestApi;
using testing::Typist;

class ApiQuotas : public ::testing::Test {
 protected:
  ApiQuotas()
      : door_(node_.context.access, node_.tenants),
        context_{.shards = node_.context.shards,
                 .access = door_,
                 .tenants = &node_.tenants,
                 .keys = node_.context.keys,
                 .ready = node_.context.ready} {
    node_.handler = make_handler(context_);
    for (const char* name : {"acme", "beta"}) node_.tenants.put({.name = name});
    Typist typist(1);
    for (int i = 0; i < 4; ++i) changes_.push_back(typist.type("0123456789"));
    for (const Bytes& change : changes_) node_.change("/acme/w", "x", change);
  }

  std::shared_ptr<testing::FakeAnswer> ask(const std::string& method, const std::string& path,
                                           const std::string& tenant = "acme") {
    return node_.ask(method, "/t/" + tenant + "/v1/workspaces/w" + path,
                     "Authorization: Bearer root\r\n");
  }
  std::uint64_t used(Quota quota) const { return node_.tenants.find("acme")->used(quota); }

  std::vector<Bytes> changes_;
  TestApi node_{identity::Access({{"root", {.id = "root"}}})};
  limits::TenantDoor door_;
  Context context_;
};

TEST_F(ApiQuotas, WhatRetentionDropsIsGivenBack) {
  std::uint64_t stored = 0;
  for (const Bytes& change : changes_) stored += change.size();
  ASSERT_EQ(used(Quota::kStoredBytes), stored);
  ASSERT_EQ(ask("PUT", "/retention?keep_last=3")->head->status, 200);
  const std::uint64_t with_rule = used(Quota::kStoredBytes);
  const auto applied = ask("POST", "/retention");
  ASSERT_EQ(applied->head->status, 200) << applied->body;
  // The rule is an event, too, and the newest.
  EXPECT_EQ(used(Quota::kStoredBytes), with_rule - changes_[0].size() - changes_[1].size())
      << applied->body;
  EXPECT_EQ(used(Quota::kObjects), 2U) << "objects stay: one, and that of the rule";
  ask("POST", "/retention");
  EXPECT_EQ(used(Quota::kStoredBytes), with_rule - changes_[0].size() - changes_[1].size())
      << "nothing is given back twice";
}

TEST_F(ApiQuotas, TheKeeperGivesItBackToo) {
  ASSERT_EQ(ask("PUT", "/retention?keep_last=3")->head->status, 200);
  const std::uint64_t with_rule = used(Quota::kStoredBytes);
  node_.loops[0]->advance(120'000);
  node_.run();
  EXPECT_EQ(used(Quota::kStoredBytes), with_rule - changes_[0].size() - changes_[1].size());
}

TEST_F(ApiQuotas, ChangesOverHttpCountForTheRates) {
  limits::TenantRecord record{.name = "acme"};
  record.quotas.set(Quota::kEvents, 2);
  node_.tenants.put(record);
  int taken = 0;
  std::shared_ptr<testing::FakeAnswer> refused;
  for (int i = 0; i < 20 && refused == nullptr; ++i) {
    const auto answer = ask("PUT", "/pins/p" + std::to_string(i));
    if (answer->head->status == 200)
      ++taken;
    else
      refused = answer;
  }
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->head->status, 429);
  EXPECT_NE(refused->header("Retry-After"), "");
  EXPECT_NE(refused->body.find("over the quota"), std::string::npos) << refused->body;
  EXPECT_GE(taken, 3) << "two seconds' worth may come at once";
  // Reading goes on, and others notice nothing.
  EXPECT_EQ(ask("GET", "/pins")->head->status, 200);
  EXPECT_NE(ask("PUT", "/pins/p", "beta")->head->status, 429);
  node_.loops[0]->advance(30'000);
  EXPECT_EQ(ask("PUT", "/pins/later")->head->status, 200);
}

TEST_F(ApiQuotas, BodiesCountForTheBytes) {
  limits::TenantRecord record{.name = "acme"};
  record.workspace_quotas.set(Quota::kBytes, 1000);
  node_.tenants.put(record);
  node_.body = std::string(4000, 'x');
  EXPECT_NE(ask("POST", "/import")->head->status, 429);
  EXPECT_EQ(ask("POST", "/import")->head->status, 429);
  node_.body.clear();
  EXPECT_EQ(ask("PUT", "/pins/p")->head->status, 429) << "of the same workspace";
}

}  // namespace
}  // namespace syncline::api
