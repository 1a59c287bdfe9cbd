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
