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

// What a link may do is bounded by its ticket: the object, the role, the end, and the share that names it.
TEST(Reach, ALinkIsJudgedWithItsTicketAndItsShare) {
  const std::string viewer = "link:2-abcdefghijklmnop";
  const std::string editor = "link:4-abcdefghijklmnop";
  log::HeldRules held;
  held.shares[{"", {}}] = {ShareRole::kEditor, "ada", 1};
  held.shares[{"plan", {Grantee::Kind::kPrincipal, viewer}}] = {ShareRole::kViewer, "ada", 1};
  log::HeldRules both = held;
  both.shares[{"plan", {Grantee::Kind::kPrincipal, editor}}] = {ShareRole::kEditor, "ada", 1};
  const auto spans_of = [&](const std::string& object) {
    Mentioned mentioned;
    add_mentioned(both, mentioned);
    Reach reach("/acme/w", object, "doc");
    reach.add(mentioned);
    reach.rules(held, {}, 3, 1'000);
    reach.rules(both, {}, 5, 1'500);
    reach.rules(both, {}, 6, 2'000);  // the first one ends
    reach.rules(held, {}, 8, 3'000);  // the share of the second one is taken back
    return reach.finish(9);
  };
  const auto spans = spans_of("plan");
  const std::string everyone = " share: ada gave role editor on the workspace to everyone";
  EXPECT_EQ(
      told(spans, "principal:" + viewer, "read"),
      (Lines{"3-6" + everyone + " share: ada gave role viewer on plan to principal:" + viewer}));
  EXPECT_EQ(told(spans, "principal:" + viewer, "write"), Lines{}) << "its ticket only reads";
  EXPECT_EQ(
      told(spans, "principal:" + editor, "write"),
      (Lines{"5-8" + everyone + " share: ada gave role editor on plan to principal:" + editor}));
  EXPECT_EQ(told(spans, "principal:" + editor, "export"), Lines{}) << "it is for one object";
  const auto found = std::ranges::find(spans, "principal:" + editor,
                                       [](const ReachSpan& span) { return to_string(span.who); });
  ASSERT_NE(found, spans.end());
  EXPECT_EQ(found->end_ms, 4'000u);
  EXPECT_EQ(told(spans_of("other"), "principal:" + editor, "read"), Lines{});
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
