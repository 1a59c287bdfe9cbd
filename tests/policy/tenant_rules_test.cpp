// Rules of a workspace and of its tenant, together.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <memory>
#include <string>

#include "policy/access_schema.h"
#include "policy/workspace_policy.h"

namespace syncline::policy {
namespace {

using merge::Extent;
using merge::Operation;

constexpr const char* kPermitAll = "permit (principal, action, resource);";

std::shared_ptr<const RuleSet> rules_of(std::string_view workspace,
                                        const std::vector<std::string>& texts) {
  log::HeldPolicies held;
  for (const std::string& text : texts) held[fmt::format("p{}", held.size())] = {text, "ann", 1};
  return RuleSet::make(workspace, held, {});
}

std::shared_ptr<const WorkspacePolicy> rules_of_both(const std::vector<std::string>& own,
                                                     const std::vector<std::string>& tenant) {
  return WorkspacePolicy::of({rules_of("/acme/w", own), 7}, {rules_of("/acme/.system", tenant), 3});
}

identity::Caller somebody(std::string id) {
  return {.principal = {.id = std::move(id)}, .rights = identity::Rights::writing()};
}

std::string reading(const WorkspacePolicy& policy, const std::string& who) {
  const identity::Caller asking = somebody(who);
  const Verdict verdict = policy.decide(
      {.caller = asking, .right = identity::Right::kRead, .workspace = "/acme/w", .object = "o"});
  return verdict.allowed ? "" : verdict.allowed.error().message;
}

merge::Effect replacing(const std::vector<std::string>& keys) {
  merge::Effect effect;
  for (const std::string& key : keys) {
    merge::Touch touch;
    touch.operation = Operation::kSetKey;
    touch.extent = Extent::kBelow;
    touch.container = {"doc", {}};
    touch.key = key;
    effect.touches.push_back(std::move(touch));
  }
  return effect;
}

std::string writing(const WorkspacePolicy& policy, const merge::Effect& effect) {
  const identity::Caller asking = somebody("ann");
  const Verdict verdict = policy.decide({.caller = asking,
                                         .right = identity::Right::kWrite,
                                         .workspace = "/acme/w",
                                         .object = "o",
                                         .type = "doc",
                                         .effect = &effect});
  return verdict.allowed ? "" : verdict.allowed.error().message;
}

TEST(TenantRules, AreOneSetWithThoseOfTheWorkspace) {
  EXPECT_EQ(rules_of_both({}, {}), nullptr);
  const auto tenant_alone = rules_of_both({}, {kPermitAll});
  EXPECT_EQ(reading(*tenant_alone, "ann"), "");
  EXPECT_EQ(tenant_alone->tenant_at(), 3u);
  EXPECT_EQ(
      tenant_alone
          ->decide({.caller = somebody("ann"), .right = identity::Right::kRead, .workspace = "w"})
          .rules,
      0u);
  const std::string not_bob = R"(forbid (principal == Principal::"bob", action, resource);)";
  const auto own_deny = rules_of_both({not_bob}, {kPermitAll});
  EXPECT_EQ(reading(*own_deny, "ann"), "");
  EXPECT_EQ(reading(*own_deny, "bob"), "the policy of this workspace does not allow: read o");
  const auto tenant_deny = rules_of_both({kPermitAll}, {not_bob});
  EXPECT_EQ(reading(*tenant_deny, "ann"), "");
  EXPECT_EQ(reading(*tenant_deny, "bob"), "the policy of this tenant does not allow: read o");
  const auto none = rules_of_both({not_bob}, {not_bob});
  EXPECT_EQ(reading(*none, "ann"), "the policy of this workspace does not allow: read o");
}

TEST(TenantRules, JudgeWhatIsBelowAPlace) {
  const std::string not_there =
      R"(forbid (principal, action in Action::"write", resource in Path::"/doc/a/b");)";
  const auto policy = rules_of_both({kPermitAll}, {not_there});
  EXPECT_EQ(writing(*policy, replacing({"c"})), "");
  EXPECT_EQ(writing(*policy, replacing({"a"})),
            "the policy of this tenant may not allow: insert at or below /doc/a");
  EXPECT_EQ(writing(*rules_of_both({}, {kPermitAll}), replacing({"a"})), "");
}

TEST(TenantRules, AreNamedWhenADecisionIsExplained) {
  const auto policy =
      rules_of_both({kPermitAll}, {R"(forbid (principal == Principal::"bob", action, resource);)"});
  const identity::Caller bob = somebody("bob");
  const Question question{.caller = bob, .right = identity::Right::kRead, .workspace = "/acme/w"};
  const auto explained =
      policy->explain(question, "read", {ResourceName::Kind::kObject, "o", {}}).value();
  EXPECT_FALSE(explained.allowed);
  EXPECT_EQ(explained.reasons, std::vector<std::string>{"policy of the tenant p0"});
}

TEST(TenantRules, WithoutThoseThatCannotBeReadNothingIsAllowed) {
  const auto policy =
      WorkspacePolicy::of({rules_of("/acme/w", {kPermitAll}), 7},
                          {RuleSet::unreadable({ErrorCode::kCorrupt, "damaged"}), 3});
  EXPECT_EQ(reading(*policy, "ann"),
            "the policies of this workspace cannot be read; ask an administrator");
}

// ---- audit rules

TEST(AuditRules, DecideNothing) {
  const std::string hr =
      R"(@audit permit (principal, action in [Action::"read", Action::"history"], resource in Folder::"hr/");)";
  const auto is_audited = [](const WorkspacePolicy& policy, std::string_view object,
                             identity::Right right = identity::Right::kRead) {
    const identity::Caller ann = somebody("ann");
    return policy.is_audited(
        {.caller = ann, .right = right, .workspace = "/acme/w", .object = object});
  };
  const auto alone = rules_of_both({}, {hr});
  EXPECT_EQ(reading(*alone, "ann"), "") << "as without policies";
  EXPECT_EQ(writing(*alone, replacing({"a"})), "");
  EXPECT_TRUE(is_audited(*alone, "hr/ann"));
  EXPECT_TRUE(is_audited(*alone, "hr/ann", identity::Right::kHistory));
  EXPECT_FALSE(is_audited(*alone, "hr/ann", identity::Right::kPresence));
  EXPECT_FALSE(is_audited(*alone, "o"));
  const identity::Caller bob = somebody("bob");
  EXPECT_FALSE(
      alone->decide({.caller = bob, .right = identity::Right::kSeePolicy, .workspace = "/acme/w"})
          .allowed)
      << "only an administrator";
  const auto with_policies =
      rules_of_both({hr}, {R"(permit (principal == Principal::"eve", action, resource);)"});
  EXPECT_EQ(reading(*with_policies, "ann"), "the policy of this workspace does not allow: read o");
  EXPECT_TRUE(is_audited(*with_policies, "hr/ann"));
  EXPECT_FALSE(is_audited(*rules_of_both({kPermitAll}, {}), "hr/ann"));
  EXPECT_EQ(check_policy_text("p", "@audit forbid (principal, action, resource);").error().code,
            ErrorCode::kInvalid);
  EXPECT_TRUE(check_policy_text("p", hr));
}

// ---- what a list shows

TEST(MayShow, IsASoundGuess) {
  const auto shows = [](const WorkspacePolicy& policy, std::string who) {
    const identity::Caller asking = somebody(std::move(who));
    return policy.may_show(
        {.caller = asking, .right = identity::Right::kRead, .workspace = "/acme/w"});
  };
  const auto ann = rules_of_both(
      {R"(permit (principal == Principal::"ann", action, resource in Folder::"a/");)"}, {});
  EXPECT_TRUE(shows(*ann, "ann"));
  EXPECT_FALSE(shows(*ann, "bob"));
  const auto closed = rules_of_both(
      {kPermitAll},
      {R"(forbid (principal == Principal::"bob", action, resource in Workspace::"w");)"});
  EXPECT_TRUE(shows(*closed, "ann"));
  EXPECT_FALSE(shows(*closed, "bob"));
  const auto partly = rules_of_both(
      {kPermitAll},
      {R"(forbid (principal == Principal::"bob", action, resource in Folder::"a/");)"});
  EXPECT_TRUE(shows(*partly, "bob"));
  EXPECT_FALSE(shows(
      *rules_of_both({R"(permit (principal, action == Action::"export", resource);)"}, {}), "ann"));
}

// ---- what a decision may cost

std::vector<std::string> many_keys(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(fmt::format("key{}", i));
  return all;
}

TEST(CostOfDecisions, RulesForOthersAreNotLookedAt) {
  std::vector<std::string> texts = {kPermitAll};
  for (int i = 0; i < 999; ++i)
    texts.push_back(fmt::format(
        R"(forbid (principal == Principal::"p{}", action, resource in Path::"/doc/key0");)", i));
  const auto policy = rules_of_both(texts, {});
  EXPECT_EQ(writing(*policy, replacing(many_keys(200))), "");
  EXPECT_LT(policy->steps(), 10'000u);
}

// 256 places, each with a thousand rules that fit whoever asks and whatever he does.
TEST(CostOfDecisions, AChangeThatTakesTooLongToJudgeIsRefused) {
  std::vector<std::string> texts = {kPermitAll};
  for (int i = 0; i < 999; ++i)
    texts.push_back(fmt::format(
        R"(forbid (principal, action in Action::"write", resource in Path::"/doc")
           when {{ context.size > {} && principal.name like "*a*b*c" }};)",
        1000000 + i));
  const auto policy = rules_of_both(texts, {});
  EXPECT_EQ(writing(*policy, replacing(many_keys(20))), "");
  const std::uint64_t before = policy->steps();
  EXPECT_EQ(writing(*policy, replacing(many_keys(WorkspacePolicy::kMostPlaces))),
            "this change touches too much for the policies that judge it; make it in parts");
  EXPECT_LT(policy->steps() - before, WorkspacePolicy::kMostSteps + 50'000);
}

}  // namespace
}  // namespace syncline::policy
