#include "policy/share_rules.h"

#include <gtest/gtest.h>

#include "policy/workspace_policy.h"

namespace syncline::policy {
namespace {

using log::Grantee;
using log::ShareRole;

TEST(ShareRules, AReasonSaysWhoGaveWhichRoleOnWhatToWhom) {
  log::HeldRules held;
  held.shares[{"notes/plan", {Grantee::Kind::kPrincipal, "ann"}}] = {ShareRole::kEditor, "ada", 1};
  held.shares[{"", {Grantee::Kind::kGroup, "team"}}] = {ShareRole::kAnnotator, "", 1};
  held.policies["all"] = {"permit (principal == Principal::\"bob\", action, resource);", "ada", 1};
  const auto policy = WorkspacePolicy::make("/acme/w", held, 7);
  const auto reasons = [&](const std::string& who, std::vector<std::string> groups,
                           std::string_view action, std::string_view path) {
    identity::Identity identity{.groups = std::move(groups)};
    const identity::Caller caller{
        .principal = {.id = who,
                      .identity = std::make_shared<const identity::Identity>(std::move(identity))},
        .rights = identity::Rights::writing()};
    const auto explained =
        policy->explain({.caller = caller, .right = identity::Right::kRead, .workspace = "/acme/w"},
                        action, {ResourceName::Kind::kPath, "notes/plan", path});
    EXPECT_TRUE(explained);
    std::vector<std::string> shown;
    for (const std::string& reason : explained->reasons)
      shown.push_back(shown_reason(reason, "w", held.shares));
    return shown;
  };
  using Reasons = std::vector<std::string>;
  EXPECT_EQ(reasons("ann", {}, "set", "/x"),
            (Reasons{"share: ada gave role editor on notes/plan to principal:ann"}));
  // One of the two rules that an annotator's share becomes.
  EXPECT_EQ(reasons("eve", {"team"}, "set", "/comments/1"),
            (Reasons{"share: role annotator on the workspace to group:team"}));
  EXPECT_EQ(reasons("bob", {}, "set", "/x"), (Reasons{"policy all"}));
  // A share that was taken back meanwhile.
  EXPECT_EQ(shown_reason("share editor of Object::\"x\" to Role::\"everyone\"", "w", held.shares),
            "share editor of Object::\"x\" to Role::\"everyone\"");
}

}  // namespace
}  // namespace syncline::policy
