#include "policy/reach.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/rule_set.h"

namespace syncline::policy {
namespace {

using log::Grantee;
using log::ShareRole;

// "5-9 read by share: …", of one person and right.
std::vector<std::string> told(const std::vector<ReachSpan>& spans, std::string_view who,
                              std::string_view right) {
  std::vector<std::string> lines;
  for (const ReachSpan& span : spans) {
    if (to_string(span.who) != who || span.right != right) continue;
    std::string line = std::to_string(span.from) + "-" + std::to_string(span.to);
    if (span.in_part) line += " in part";
    for (const std::string& by : span.by) line += " " + by;
    lines.push_back(line);
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Reach, FollowsTheRulesFromPositionToPosition) {
  log::HeldRules shared;
  shared.shares[{"notes/", {Grantee::Kind::kPrincipal, "ann"}}] = {ShareRole::kEditor, "ada", 1};
  log::HeldRules commented = shared;
  commented.shares[{"notes/plan", {Grantee::Kind::kGroup, "team"}}] = {ShareRole::kAnnotator, "ada",
                                                                       2};
  Mentioned mentioned;
  add_mentioned(commented, mentioned);
  Reach reach("w", "notes/plan", "doc");
  reach.add(mentioned);
  reach.add_principal("bob");
  EXPECT_EQ(reach.people(), 5u);
  reach.rules({}, {}, 0, 1);
  reach.rules(shared, {}, 4, 2);
  reach.rules(commented, {}, 7, 3);
  reach.rules(commented, {}, 8, 4);
  const auto spans = reach.finish(12);
  const std::string free = " there were no policies and no shares";
  EXPECT_EQ(told(spans, "principal:ann", "write"),
            (Lines{"0-4" + free, "4-12 share: ada gave role editor on notes/ to principal:ann"}));
  EXPECT_EQ(
      told(spans, "group:team", "read"),
      (Lines{"0-4" + free, "7-12 share: ada gave role annotator on notes/plan to group:team"}));
  EXPECT_EQ(told(spans, "group:team", "write"), (Lines{"0-4" + free, "7-12 in part"}));
  EXPECT_EQ(told(spans, "principal:bob", "read"), (Lines{"0-4" + free}));
  EXPECT_EQ(told(spans, "everyone", "export"), (Lines{"0-4" + free}));
  EXPECT_EQ(told(spans, "principal:ann", "export"), (Lines{"0-4" + free}))
      << "a share of a folder exports nothing";
  EXPECT_EQ(told(spans, "administrators", "share"),
            (Lines{"0-4" + free, "4-12 whoever administers always may"}));
  EXPECT_EQ(told(spans, "everyone", "share"), Lines{});
}

TEST(Reach, PoliciesOfTheTenantCount) {
  log::HeldRules shared;
  shared.shares[{"plan", {}}] = {ShareRole::kViewer, "ada", 1};
  log::HeldPolicies all;
  all["boss"] = {
      "permit (principal in Group::\"bosses\", action, resource);\n"
      "forbid (principal == Principal::\"eve\", action, resource);",
      "ada", 1};
  Mentioned mentioned;
  add_mentioned({.policies = all}, mentioned);
  Reach reach("/acme/w", "plan", "doc");
  reach.add(mentioned);
  reach.rules(shared, {}, 0, 1);
  reach.rules(shared, {RuleSet::make("/acme/.system", all, {}), 3}, 5, 2);
  const auto spans = reach.finish(9);
  EXPECT_EQ(told(spans, "group:bosses", "write"), (Lines{"5-9 policy of the tenant boss, 1"}));
  EXPECT_EQ(told(spans, "principal:eve", "read"),
            (Lines{"0-5 share: ada gave role viewer on plan to everyone"}));
  EXPECT_EQ(told(spans, "everyone", "read"),
            (Lines{"0-9 share: ada gave role viewer on plan to everyone"}));
}

TEST(Reach, PoliciesMentionPeopleInScopesAndConditions) {
  log::HeldRules held;
  held.policies["p"] = {
      "permit (principal == Principal::\"ann\", action, resource);\n"
      "permit (principal, action == Action::\"read\", resource) when { principal in "
      "[Group::\"a\", Group::\"b\"] || principal == Principal::\"eve\" };",
      "ada", 1};
  held.policies["broken"] = {"permit (", "ada", 1};
  Mentioned mentioned;
  add_mentioned(held, mentioned);
  EXPECT_TRUE(std::ranges::equal(mentioned.principals, Lines{"ann", "eve"}));
  EXPECT_TRUE(std::ranges::equal(mentioned.groups, Lines{"a", "b"}));
}

}  // namespace
}  // namespace syncline::policy
