// The simulator's own evaluator of policies and shares says what docs/policy.md says.
#include "sim/access_model.h"

#include <gtest/gtest.h>

#include "policy/access_schema.h"

namespace syncline::sim {
namespace {

const Person kAnn{"ann", {"team"}};
const Person kBob{"bob", {"finance"}};
const Person kReader{"reader", {}, false};

TEST(AccessModel, WithoutRulesEverythingIsAllowedButToShare) {
  const AccessModel model;
  EXPECT_TRUE(model.allows(kAnn, kMayRead, {"notes/plan"}));
  EXPECT_TRUE(model.allows_below(kAnn, kMaySet, kMayWrite, {"open", "/plan"}));
  EXPECT_FALSE(model.allows(kAnn, kMayShare, {}));
  EXPECT_FALSE(model.allows(kReader, kMayInsert, {"open", "/content/*"}));
}

TEST(AccessModel, ASharePermitsWhatItsRoleMayInWhatIsShared) {
  AccessModel model;
  model.share({"notes/", "principal:ann"}, "annotator");
  EXPECT_TRUE(model.allows(kAnn, kMayHistory, {"notes/plan"}));
  EXPECT_FALSE(model.allows(kAnn, kMayRead, {"open"})) << "no rule is no right";
  EXPECT_FALSE(model.allows(kAnn, kMayRead, {}));
  EXPECT_TRUE(model.allows(kAnn, kMayFormat, {"notes/plan", "/content/*"}));
  EXPECT_FALSE(model.allows(kAnn, kMayInsert, {"notes/plan", "/content/*"}));
  EXPECT_TRUE(model.allows(kAnn, kMayInsert, {"notes/plan", "/comments/*"}));
  EXPECT_FALSE(model.allows(kBob, kMayRead, {"notes/plan"}));
  model.unshare({"notes/", "principal:ann"});
  model.share({"open", "group:team"}, "owner");
  EXPECT_FALSE(model.allows(kAnn, kMayRead, {"notes/plan"}));
  EXPECT_TRUE(model.allows(kAnn, kMayShare, {"open"}));
}

TEST(AccessModel, AForbidWinsAndMayExceptAGroup) {
  AccessModel model;
  model.set_policy("all", {Statement{}});
  model.set_policy(
      "budget",
      {{.forbids = true, .acts = kMayWrite, .path = "/plan/budget", .unless = "finance"}});
  const Spot travel{"o", "/plan/budget/travel"};
  EXPECT_FALSE(model.allows(kAnn, kMaySet, travel));
  EXPECT_TRUE(model.allows(kBob, kMaySet, travel));
  EXPECT_TRUE(model.allows(kAnn, kMaySet, {"o", "/plan/budgets"}));
  // What holds the budget is not replaced either, and what is beside it is.
  EXPECT_FALSE(model.allows_below(kAnn, kMaySet, kMayWrite, {"o", "/plan"}));
  EXPECT_TRUE(model.allows_below(kBob, kMaySet, kMayWrite, {"o", "/plan"}));
  EXPECT_TRUE(model.allows_below(kAnn, kMaySet, kMayWrite, {"o", "/other"}));
  model.remove_policy("budget");
  EXPECT_TRUE(model.allows(kAnn, kMaySet, travel));
}

// A container is replaced by who may replace all of it, not a part.
TEST(AccessModel, APermitBelowAPlaceIsNoneForThePlace) {
  AccessModel model;
  model.set_policy("travel", {{.acts = kMayWrite, .path = "/plan/budget/travel"}});
  EXPECT_TRUE(model.allows(kAnn, kMaySet, {"o", "/plan/budget/travel"}));
  EXPECT_FALSE(model.allows_below(kAnn, kMaySet, kMayWrite, {"o", "/plan/budget"}));
}

// A `permit` may stand in either, and a `forbid` wins wherever it stands.
TEST(AccessModel, TheRulesOfATenantAreOneSetWithThoseOfAWorkspace) {
  AccessModel own("attic");
  AccessModel tenant;
  EXPECT_TRUE(own.with(tenant).allows(kAnn, kMayRead, {"open"}));
  tenant.set_policy("p0", {{.to = "group:finance"}, {.forbids = true, .acts = kMayDelete}});
  EXPECT_FALSE(own.with(tenant).allows(kAnn, kMayRead, {"open"})) << "no rule is no right";
  own.set_policy("p0", {Statement{}});
  EXPECT_TRUE(own.with(tenant).allows(kAnn, kMayRead, {"open"})) << "of one name, both hold";
  EXPECT_FALSE(own.with(tenant).allows(kAnn, kMayDelete, {"open", "/content/*"}));
  EXPECT_TRUE(own.allows(kAnn, kMayDelete, {"open", "/content/*"}));
}

TEST(AccessModel, APolicyOfATenantMayBeAboutOneWorkspace) {
  AccessModel tenant;
  tenant.set_policy("here", {{.workspace = "attic"}});
  EXPECT_TRUE(AccessModel("attic").with(tenant).allows(kAnn, kMayRead, {"open"}));
  EXPECT_FALSE(AccessModel("annex").with(tenant).allows(kAnn, kMayRead, {"open"}));
}

TEST(AccessModel, ALinkMayNothingWithoutItsShare) {
  const Person link{"link:1-a", {}, true, "open"};
  AccessModel model;
  EXPECT_FALSE(model.allows(link, kMayRead, {"open"})) << "nobody shares it yet";
  model.set_policy("all", {Statement{}});
  EXPECT_FALSE(model.allows(link, kMayRead, {"open"})) << "a policy for everybody is not enough";
  model.share({"open", "principal:link:1-a"}, "viewer");
  EXPECT_TRUE(model.allows(link, kMayRead, {"open"}));
  EXPECT_TRUE(model.allows_below(link, kMaySet, kMayWrite, {"open", "/plan"})) << "as everybody";
  EXPECT_FALSE(model.allows(link, kMayRead, {"notes/plan"}));
  EXPECT_FALSE(model.allows(link, kMayHistory, {})) << "it opens one object";
}

TEST(AccessModel, AnAuditRuleDecidesNothing) {
  AccessModel model;
  model.set_policy("a0", {{.acts = kMayRead, .of = "notes/", .audits = true}});
  EXPECT_FALSE(model.empty());
  EXPECT_TRUE(model.allows(kAnn, kMayRead, {"open"}));
  EXPECT_TRUE(model.audits(kAnn, kMayRead, {"notes/plan"}));
  EXPECT_FALSE(model.audits(kAnn, kMayHistory, {"notes/plan"}));
  EXPECT_FALSE(model.audits(kAnn, kMayRead, {"open"}));
}

TEST(AccessModel, WritesRulesOfATenantInCedar) {
  const std::string text =
      cedar_text({{.workspace = "attic"},
                  {.forbids = true, .acts = kMayRead, .of = "notes/", .workspace = "attic"},
                  {.acts = kMayRead | kMayHistory, .audits = true}});
  EXPECT_EQ(text, R"(permit (principal, action, resource in Workspace::"attic");
forbid (principal, action in [Action::"read"], resource in Folder::"notes/") when { resource in Workspace::"attic" };
@audit permit (principal, action in [Action::"read", Action::"history"], resource);
)");
  EXPECT_TRUE(policy::check_policy_text("p", text));
}

TEST(AccessModel, WritesItsRulesInCedar) {
  const std::string text = cedar_text({{.forbids = true,
                                        .to = "group:team",
                                        .acts = kMaySet | kMayDelete,
                                        .of = "notes/",
                                        .path = "/plan",
                                        .unless = "finance",
                                        .looks_around = true}});
  EXPECT_EQ(text,
            R"(forbid (principal in Group::"team", action in [Action::"delete", Action::"set"], )"
            R"(resource in Path::"/plan") when { resource in Folder::"notes/" } )"
            R"(when { context.size < 1000000 } unless { principal in Group::"finance" };)"
            "\n");
  EXPECT_TRUE(policy::check_policy_text("p", text));
}

}  // namespace
}  // namespace syncline::sim
