#include "cedar/authorizer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "cedar/parser.h"
#include "cedar/value_json.h"

namespace syncline::cedar {
namespace {

constexpr std::string_view kFewEntities = R"([
  {"uid": {"type": "U", "id": "a"}, "attrs": {}, "parents": [{"type": "G", "id": "g"}]},
  {"uid": {"type": "D", "id": "d"}, "attrs": {}, "parents": [{"type": "F", "id": "f"}]},
  {"uid": {"type": "Action", "id": "write"}, "attrs": {},
   "parents": [{"type": "Action", "id": "any"}, {"type": "Action", "id": "all"}]}])";

// "allow policy0; errors policy1"
std::string decided(PolicySet policies) {
  const Authorizer authorizer(std::make_shared<PolicySet>(std::move(policies)));
  const auto entities = entities_from_json(kFewEntities, nullptr);
  const auto request = request_from_json(
      R"({"principal": {"type": "U", "id": "a"}, "action": {"type": "Action", "id": "write"},
          "resource": {"type": "D", "id": "d"}, "context": {"n": 1}})",
      nullptr);
  Arena scratch;
  Answer answer;
  // What an answer held before does not matter.
  for (int i = 0; i < 2; ++i) authorizer.decide(request->request, *entities, scratch, answer);
  std::string out = answer.allowed ? "allow" : "deny";
  for (const Text* each : answer.reasons) out += " " + std::string(each->view());
  if (!answer.errors.empty()) out += "; errors";
  for (const PolicyFailure& each : answer.errors) out += " " + std::string(each.policy->view());
  return out;
}

std::string decided(const std::string& source) {
  auto policies = parse_policies(source);
  return policies ? decided(std::move(*policies)) : policies.error().message;
}

TEST(CedarAuthorizer, DenyWinsAndNothingIsNoRight) {
  EXPECT_EQ(decided(""), "deny");
  EXPECT_EQ(decided("permit(principal, action, resource);"), "allow policy0");
  EXPECT_EQ(decided("permit(principal, action, resource); forbid(principal, action, resource);"),
            "deny policy1");
  EXPECT_EQ(decided("forbid(principal, action, resource) unless { context.n == 1 };"), "deny");
}

TEST(CedarAuthorizer, SkipsAndReportsPoliciesThatFail) {
  EXPECT_EQ(
      decided("permit(principal, action, resource) when { context.m == 1 };"
              "permit(principal, action, resource) when { 1 };"
              "forbid(principal, action, resource) when { true } when { context.n + \"\" > 1 };"
              "permit(principal, action, resource);"
              "forbid(principal, action, resource) when { false } when { 1 };"),
      "allow policy3; errors policy0 policy1 policy2");
}

TEST(CedarAuthorizer, FindsPoliciesByEveryKindOfScope) {
  for (const char* scope :
       {"principal, action, resource", "principal == U::\"a\", action, resource",
        "principal in U::\"a\", action, resource", "principal in G::\"g\", action, resource",
        "principal is U, action, resource", "principal is U in G::\"g\", action, resource",
        "principal, action == Action::\"write\", resource",
        "principal, action in Action::\"write\", resource",
        "principal, action in Action::\"all\", resource",
        "principal, action in [Action::\"x\", Action::\"any\", Action::\"write\", "
        "Action::\"any\"], resource",
        "principal, action, resource == D::\"d\"", "principal, action, resource in F::\"f\"",
        "principal, action, resource is D", "principal, action, resource is D in F::\"f\"",
        "principal in G::\"g\", action in Action::\"any\", resource in F::\"f\""}) {
    EXPECT_EQ(decided("permit(" + std::string(scope) + ");"), "allow policy0") << scope;
  }
  for (const char* scope :
       {"principal == G::\"g\", action, resource", "principal in G::\"x\", action, resource",
        "principal is G, action, resource", "principal is G in G::\"g\", action, resource",
        "principal, action == Action::\"all\", resource", "principal, action in [], resource",
        "principal, action, resource == F::\"f\"", "principal, action, resource is F",
        "principal in G::\"g\", action in Action::\"any\", resource in F::\"x\""}) {
    EXPECT_EQ(decided("permit(" + std::string(scope) + ");"), "deny") << scope;
  }
}

TEST(CedarAuthorizer, DecidesWithLinks) {
  auto policies = parse_policies("permit(principal in ?principal, action, resource == ?resource);");
  ASSERT_TRUE(policies);
  Arena arena;
  ASSERT_TRUE(
      policies->link("policy0", "right", make_uid(arena, "G", "g"), make_uid(arena, "D", "d")));
  ASSERT_TRUE(
      policies->link("policy0", "wrong", make_uid(arena, "G", "x"), make_uid(arena, "D", "d")));
  EXPECT_EQ(decided(std::move(*policies)), "allow right");
}

TEST(CedarAuthorizer, KeepsTheOrderOfManyReasons) {
  std::string source;
  std::string expected = "allow";
  for (int i = 0; i < 50; ++i) {
    source += i % 3 == 0   ? "permit(principal in G::\"g\", action, resource);"
              : i % 3 == 1 ? "permit(principal, action, resource is D);"
                           : "permit(principal, action in Action::\"all\", resource in F::\"f\");";
    expected += " policy" + std::to_string(i);
  }
  EXPECT_EQ(decided(source), expected);
}

}  // namespace
}  // namespace syncline::cedar
