#include "policy/workspace_policy.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cedar/schema.h"
#include "policy/access_schema.h"

namespace syncline::policy {
namespace {

using log::Grantee;
using log::ShareRole;
using merge::Extent;
using merge::Operation;

constexpr const char* kEverything = "permit (principal, action, resource);";

identity::Caller caller(std::string id, identity::Rights rights = identity::Rights::writing(),
                        std::vector<std::string> groups = {}) {
  identity::Identity identity{
      .source = identity::Identity::Source::kJwt, .name = "Ann", .groups = std::move(groups)};
  return {
      .principal = {.id = std::move(id),
                    .rights = rights,
                    .identity = std::make_shared<const identity::Identity>(std::move(identity))},
      .rights = rights};
}

class PolicyOf {
 public:
  PolicyOf& with(std::string text) {
    const std::string name = "p" + std::to_string(held_.policies.size());
    const auto fits = check_policy_text(name, text);
    EXPECT_TRUE(fits) << fits.error().message;
    held_.policies[name] = {std::move(text), "ann", 1};
    return *this;
  }
  PolicyOf& share(std::string resource, Grantee to, ShareRole role) {
    held_.shares[{std::move(resource), std::move(to)}] = {role, "ann", 1};
    return *this;
  }

  std::shared_ptr<const WorkspacePolicy> made() const {
    return WorkspacePolicy::make("w", held_, 7);
  }

  bool allows(const identity::Caller& who, identity::Right right, std::string_view object) const {
    return made()
        ->decide({.caller = who, .right = right, .workspace = "w", .object = object})
        .allowed.has_value();
  }

  bool writes(const identity::Caller& who, std::string_view object, merge::Effect effect,
              identity::Right right = identity::Right::kWrite) const {
    return made()
        ->decide({.caller = who,
                  .right = right,
                  .workspace = "w",
                  .object = object,
                  .type = "doc",
                  .effect = &effect})
        .allowed.has_value();
  }

 private:
  log::HeldRules held_;
};

merge::Touch touched(Operation operation, Extent extent, std::string root,
                     std::vector<std::variant<std::string, std::uint32_t>> steps = {},
                     std::string key = "") {
  merge::Touch touch;
  touch.operation = operation;
  touch.extent = extent;
  touch.container = {std::move(root), std::move(steps)};
  touch.key = std::move(key);
  return touch;
}

merge::Effect typing(std::string root = "content") {
  return {{touched(Operation::kInsert, Extent::kPlace, std::move(root))}};
}
merge::Effect erasing(std::string root = "content") {
  return {{touched(Operation::kDelete, Extent::kPlace, std::move(root))}};
}
merge::Effect formatting(std::string root = "content") {
  return {{touched(Operation::kFormat, Extent::kPlace, std::move(root), {}, "bold")}};
}
merge::Effect setting(std::string root, std::string key, Extent extent = Extent::kPlace) {
  return {{touched(Operation::kSetKey, extent, std::move(root), {}, std::move(key))}};
}
merge::Effect clearing(std::string root, std::string key) {
  return {{touched(Operation::kDeleteKey, Extent::kBelow, std::move(root), {}, std::move(key))}};
}

// ---- the schema

TEST(AccessSchema, IsValidAndFitsTheRoles) {
  const cedar::Schema& schema = access_schema();
  EXPECT_EQ(schema.actions().size(), 19u);
  EXPECT_TRUE(cedar::parse_schema(access_schema_text()));
}

TEST(AccessSchema, RefusesPoliciesThatMeanNothingWithLineAndColumn) {
  const auto refusal = [](std::string_view text) {
    const auto checked = check_policy_text("p", text);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(refusal(kEverything), "");
  EXPECT_TRUE(
      refusal("permit (principal, action, resource)").starts_with("policy p: line 1, column "));
  EXPECT_TRUE(refusal("permit (principal,\n action == Action::\"fly\", resource);")
                  .starts_with("policy p: line "))
      << refusal("permit (principal,\n action == Action::\"fly\", resource);");
  EXPECT_NE(refusal("permit (principal, action, resource) when { context.moon };"), "");
  EXPECT_NE(refusal("permit (principal in User::\"ann\", action, resource);"), "");
  // To write is to write at a path.
  EXPECT_NE(refusal("permit (principal, action in Action::\"write\", resource == Object::\"a\");"),
            "");
  EXPECT_EQ(refusal("permit (principal, action in Action::\"write\", resource in Object::\"a\");"),
            "");
  EXPECT_NE(refusal("permit (principal in ?principal, action, resource);"), "");
  EXPECT_NE(refusal("// nothing"), "");
  EXPECT_NE(refusal("permit (principal, action, resource) when { context.address.isLoopback() };"),
            "");
  EXPECT_EQ(refusal("permit (principal, action, resource) when { context has address && "
                    "context.address.isInRange(ip(\"10.0.0.0/8\")) && context.size < 1000 && "
                    "context.time < datetime(\"2027-01-01\") && principal.source == \"jwt\" };"),
            "");
}

// ---- roles

TEST(WorkspacePolicy, WithoutPoliciesAndSharesThereIsNone) {
  EXPECT_EQ(PolicyOf().made(), nullptr);
}

TEST(WorkspacePolicy, EachRoleMayDoWhatItSays) {
  const Grantee ann{Grantee::Kind::kPrincipal, "ann"};
  struct Row {
    ShareRole role;
    bool reads, formats, comments, writes, restores, shares;
  };
  for (const Row& row : {Row{ShareRole::kViewer, true, false, false, false, false, false},
                         Row{ShareRole::kAnnotator, true, true, true, false, false, false},
                         Row{ShareRole::kEditor, true, true, true, true, true, false},
                         Row{ShareRole::kOwner, true, true, true, true, true, true}}) {
    SCOPED_TRACE(name_of(row.role));
    PolicyOf policy;
    policy.share("notes/", ann, row.role);
    const identity::Caller who = caller("ann");
    for (const identity::Right right :
         {identity::Right::kRead, identity::Right::kHistory, identity::Right::kPresence})
      EXPECT_EQ(policy.allows(who, right, "notes/plan"), row.reads);
    EXPECT_EQ(policy.writes(who, "notes/plan", formatting()), row.formats);
    EXPECT_EQ(policy.writes(who, "notes/plan", typing("comments")), row.comments);
    EXPECT_EQ(policy.writes(who, "notes/plan", setting("comments", "1", Extent::kBelow)),
              row.comments);
    for (const merge::Effect& effect :
         {typing(), erasing(), setting("map", "key"), setting("map", "key", Extent::kBelow),
          clearing("map", "key")})
      EXPECT_EQ(policy.writes(who, "notes/plan", effect), row.writes);
    EXPECT_EQ(policy.allows(who, identity::Right::kWrite, "notes/plan"), row.formats || row.writes);
    EXPECT_EQ(policy.allows(who, identity::Right::kRestore, "notes/plan"), row.restores);
    EXPECT_EQ(policy.writes(who, "notes/plan", typing(), identity::Right::kRestore), row.restores);
    const merge::Effect sharing{
        {touched(Operation::kSetKey, Extent::kBelow, "shares", {"notes/x"}, "everyone")}};
    EXPECT_EQ(policy.writes(who, "./policy", sharing, identity::Right::kPolicy), row.shares);
    // The folder is not the workspace, nor another folder; and nobody else has the share.
    const merge::Effect elsewhere{
        {touched(Operation::kSetKey, Extent::kBelow, "shares", {""}, "everyone")}};
    EXPECT_FALSE(policy.writes(who, "./policy", elsewhere, identity::Right::kPolicy));
    EXPECT_FALSE(policy.writes(who, "./policy", setting("policies", "p", Extent::kBelow),
                               identity::Right::kPolicy));
    EXPECT_FALSE(policy.allows(who, identity::Right::kRead, "notes2/plan"));
    EXPECT_FALSE(policy.allows(who, identity::Right::kRead, ""));
    EXPECT_FALSE(policy.allows(who, identity::Right::kExport, ""));
    EXPECT_FALSE(policy.allows(who, identity::Right::kHistory, "./policy"));
    EXPECT_FALSE(policy.allows(caller("bob"), identity::Right::kRead, "notes/plan"));
    for (const identity::Right right : {identity::Right::kPin, identity::Right::kRetention,
                                        identity::Right::kHold, identity::Right::kQuarantine})
      EXPECT_FALSE(policy.allows(who, right, ""));
  }
}

TEST(WorkspacePolicy, SharesReachPeopleGroupsAndEverybody) {
  PolicyOf policy;
  policy.share("", {Grantee::Kind::kGroup, "team"}, ShareRole::kEditor)
      .share("open", {}, ShareRole::kViewer);
  EXPECT_TRUE(policy.writes(caller("ann", identity::Rights::writing(), {"team"}), "any", typing()));
  EXPECT_TRUE(policy.allows(caller("ann", identity::Rights::writing(), {"team"}),
                            identity::Right::kExport, ""));
  EXPECT_FALSE(
      policy.writes(caller("bob", identity::Rights::writing(), {"teams"}), "any", typing()));
  EXPECT_TRUE(
      policy.allows(caller("bob", identity::Rights::reading()), identity::Right::kRead, "open"));
  EXPECT_FALSE(policy.allows(caller("bob"), identity::Right::kRead, "open/er"));
  // A group that is called like a principal, and a person who is called like a group.
  EXPECT_FALSE(policy.allows(caller("team"), identity::Right::kRead, "any"));
}

TEST(WorkspacePolicy, AListIsOfTheFolderAroundItsBeginning) {
  PolicyOf policy;
  policy.share("a/plan", {}, ShareRole::kViewer).share("b/", {}, ShareRole::kViewer);
  const identity::Caller ann = caller("ann");
  const auto lists = [&](std::string_view prefix) {
    return policy.made()
        ->decide({.caller = ann,
                  .right = identity::Right::kRead,
                  .workspace = "w",
                  .object = prefix,
                  .lists = true})
        .allowed.has_value();
  };
  EXPECT_FALSE(lists("a/plan"));  // it would show "a/plan2", too
  EXPECT_FALSE(lists("a/"));
  EXPECT_FALSE(lists(""));
  EXPECT_TRUE(lists("b/"));
  EXPECT_TRUE(lists("b/c"));
  EXPECT_FALSE(lists("b"));
}

// ---- policies

TEST(WorkspacePolicy, ADenyWinsAndNoRuleIsNoRight) {
  const identity::Caller ann = caller("ann");
  PolicyOf some;
  some.with(R"(permit (principal == Principal::"bob", action, resource);)");
  EXPECT_FALSE(some.allows(ann, identity::Right::kRead, "a"));
  PolicyOf denied;
  denied.with(kEverything)
      .with(R"(forbid (principal, action == Action::"read", resource in Folder::"hr/");)");
  EXPECT_TRUE(denied.allows(ann, identity::Right::kRead, "a"));
  EXPECT_FALSE(denied.allows(ann, identity::Right::kRead, "hr/pay"));
  EXPECT_TRUE(denied.writes(ann, "hr/pay", typing()));
  EXPECT_EQ(denied.made()
                ->decide({.caller = ann, .right = identity::Right::kRead, .workspace = "w"})
                .rules,
            7u);
}

TEST(WorkspacePolicy, AFailureOfADenyIsADenial) {
  // Not valid, but it may have come with an import: integers overflow.
  PolicyOf policy;
  policy.with(kEverything)
      .with(
          "forbid (principal, action, resource) when { context.size + 9223372036854775807 < 0 };");
  const identity::Caller ann = caller("ann");
  EXPECT_TRUE(policy.allows(ann, identity::Right::kRead, "a"));  // 0 bytes
  merge::Effect effect = typing();
  const auto decided = policy.made()->decide({.caller = ann,
                                              .right = identity::Right::kWrite,
                                              .workspace = "w",
                                              .object = "a",
                                              .effect = &effect,
                                              .size = 1});
  EXPECT_FALSE(decided.allowed);
  effect = setting("map", "key", Extent::kBelow);
  const auto below = policy.made()->decide({.caller = ann,
                                            .right = identity::Right::kWrite,
                                            .workspace = "w",
                                            .object = "a",
                                            .effect = &effect,
                                            .size = 1});
  EXPECT_FALSE(below.allowed);
}

TEST(WorkspacePolicy, KnowsTheTokenAndTheRequest) {
  PolicyOf policy;
  policy.with(R"(permit (principal in Role::"admin", action, resource);)")
      .with(R"(permit (principal in Role::"read", action == Action::"read", resource)
               when { context has address && context.address.isInRange(ip("10.0.0.0/8")) };)")
      .with(R"(permit (principal, action == Action::"history", resource)
               when { context.time > datetime("2026-01-01") && context.protocol == "http" };)");
  EXPECT_TRUE(policy.allows(caller("ann", identity::Rights::all()), identity::Right::kHold, ""));
  identity::Caller bob = caller("bob", identity::Rights::reading());
  EXPECT_FALSE(policy.allows(bob, identity::Right::kRead, "a"));
  bob.peer = "10.1.2.3:4567";
  EXPECT_TRUE(policy.allows(bob, identity::Right::kRead, "a"));
  bob.peer = "[2001:db8::1]:4567";
  EXPECT_FALSE(policy.allows(bob, identity::Right::kRead, "a"));
  const auto history = [&](std::uint64_t unix_ms) {
    return policy.made()
        ->decide({.caller = bob,
                  .right = identity::Right::kHistory,
                  .workspace = "w",
                  .unix_ms = unix_ms})
        .allowed.has_value();
  };
  bob.protocol = "http";
  EXPECT_TRUE(history(1'790'000'000'000));
  EXPECT_FALSE(history(1'700'000'000'000));
  bob.protocol = "hocuspocus";
  EXPECT_FALSE(history(1'790'000'000'000));
}

TEST(WorkspacePolicy, NobodyIsLockedOutForGood) {
  PolicyOf policy;
  policy.with("forbid (principal, action, resource);");
  const identity::Caller admin = caller("ann", identity::Rights::all());
  EXPECT_FALSE(policy.allows(admin, identity::Right::kRead, "a"));
  EXPECT_TRUE(policy.allows(admin, identity::Right::kPolicy, ""));
  EXPECT_TRUE(policy.allows(admin, identity::Right::kSeePolicy, ""));
  EXPECT_TRUE(policy.writes(admin, "./policy", setting("policies", "p0", Extent::kBelow),
                            identity::Right::kPolicy));
  EXPECT_FALSE(policy.writes(caller("bob"), "./policy", setting("policies", "p0", Extent::kBelow),
                             identity::Right::kPolicy));
  EXPECT_FALSE(policy.allows(caller("bob"), identity::Right::kSeePolicy, ""));
  identity::Caller local = caller("operator", identity::Rights::all());
  local.local = true;
  EXPECT_TRUE(policy.allows(local, identity::Right::kRead, "a"));
  const auto broken = WorkspacePolicy::unreadable({ErrorCode::kCorrupt, "damaged"}, 3);
  EXPECT_FALSE(
      broken->decide({.caller = admin, .right = identity::Right::kRead, .workspace = "w"}).allowed);
  EXPECT_TRUE(broken->decide({.caller = admin, .right = identity::Right::kPolicy, .workspace = "w"})
                  .allowed);
}

TEST(WorkspacePolicy, ATextThatCannotBeReadAllowsNothing) {
  log::HeldRules held;
  held.policies["ok"] = {kEverything, "ann", 1};
  held.policies["newer"] = {"permit (principal, action, resource) upto { 1 };", "ann", 1};
  const auto policy = WorkspacePolicy::make("w", held, 4);
  ASSERT_TRUE(policy && policy->damage());
  EXPECT_FALSE(
      policy->decide({.caller = caller("ann"), .right = identity::Right::kRead, .workspace = "w"})
          .allowed);
}

// ---- below the document

TEST(WorkspacePolicy, APathIsOnlyForThoseWhoMay) {
  PolicyOf policy;
  policy.with(kEverything)
      .with(R"(forbid (principal, action in Action::"write", resource in Path::"/budget")
                                   unless { principal in Group::"finance" };)");
  const identity::Caller ann = caller("ann");
  const identity::Caller fin = caller("fin", identity::Rights::writing(), {"finance"});
  for (const identity::Caller& each : {ann, fin}) {
    const bool may = &each == &fin || each.principal.id == "fin";
    EXPECT_TRUE(policy.writes(each, "a", typing()));
    EXPECT_TRUE(policy.writes(each, "a", setting("plan", "budget", Extent::kBelow)));
    EXPECT_TRUE(policy.writes(each, "a", setting("budget2", "x")));
    for (const merge::Effect& effect :
         {setting("budget", "travel"), setting("budget", "travel", Extent::kBelow),
          clearing("budget", "travel"), typing("budget"), erasing("budget"), formatting("budget"),
          merge::Effect{{touched(Operation::kSetKey, Extent::kContainer, "budget")}},
          merge::Effect{{touched(Operation::kDelete, Extent::kObject, "")}},
          merge::Effect{{touched(Operation::kSetKey, Extent::kPlace, "content", {}, "x"),
                         touched(Operation::kSetKey, Extent::kPlace, "budget", {"a", 3u}, "x")}}})
      EXPECT_EQ(policy.writes(each, "a", effect), may) << each.principal.id;
  }
}

TEST(WorkspacePolicy, WhatContainsAForbiddenPlaceIsNotOverwritten) {
  // The same rule in three forms.
  for (const char* rule :
       {R"(forbid (principal, action in Action::"write", resource in Path::"/doc/budget/total");)",
        R"(forbid (principal, action in Action::"write", resource)
           when { resource in Path::"/doc/budget/total" };)",
        R"(forbid (principal, action in Action::"write", resource)
           unless { !(resource in [Path::"/x", Path::"/doc/budget/total"]) || context.size == -1 };)"}) {
    PolicyOf policy;
    policy.with(kEverything).with(rule);
    const identity::Caller ann = caller("ann");
    EXPECT_FALSE(policy.writes(ann, "a", setting("doc", "budget", Extent::kBelow))) << rule;
    EXPECT_FALSE(policy.writes(ann, "a", clearing("doc", "budget"))) << rule;
    EXPECT_TRUE(policy.writes(ann, "a", clearing("doc", "budgets"))) << rule;
    EXPECT_TRUE(policy.writes(ann, "a", setting("doc", "other", Extent::kBelow))) << rule;
    // The key itself holds something new, and nothing below it is touched.
    EXPECT_TRUE(policy.writes(ann, "a", setting("doc", "budget"))) << rule;
    EXPECT_FALSE(policy.writes(
        ann, "a", {{touched(Operation::kSetKey, Extent::kPlace, "doc", {"budget"}, "total")}}));
  }
}

TEST(WorkspacePolicy, AllThatIsBelowMustBePermitted) {
  const identity::Caller ann = caller("ann");
  const merge::Effect whole = setting("doc", "part", Extent::kBelow);
  PolicyOf around;
  around.with(R"(permit (principal, action, resource in Path::"/doc");)");
  EXPECT_TRUE(around.writes(ann, "a", whole));
  PolicyOf exact;
  exact.with(R"(permit (principal, action, resource == Path::"/doc/part");)");
  EXPECT_FALSE(exact.writes(ann, "a", whole));
  EXPECT_TRUE(exact.writes(ann, "a", setting("doc", "part")));
  PolicyOf below;
  below.with(R"(permit (principal, action, resource in Path::"/doc/part/title");)");
  EXPECT_FALSE(below.writes(ann, "a", whole));
  PolicyOf hole;
  hole.with(R"(permit (principal, action, resource in Object::"a")
               unless { resource in Path::"/doc/part/title" };)");
  EXPECT_FALSE(hole.writes(ann, "a", whole));
  EXPECT_TRUE(hole.writes(ann, "a", setting("doc", "other", Extent::kBelow)));
  EXPECT_FALSE(hole.writes(ann, "b", setting("doc", "other", Extent::kBelow)));
  PolicyOf branch;
  branch.with(R"(permit (principal, action, resource is Path)
                 when { if resource in Path::"/doc/part" then context.object == "a" else false };)");
  EXPECT_TRUE(branch.writes(ann, "a", whole));
  EXPECT_FALSE(branch.writes(ann, "b", whole));
}

TEST(WorkspacePolicy, ACreatedValueIsHisWhoMayCreateItUnlessSomethingBelowIsForbidden) {
  PolicyOf policy;
  policy.with(R"(permit (principal, action == Action::"insert", resource in Path::"/tasks");)");
  const identity::Caller ann = caller("ann");
  const merge::Effect task{{touched(Operation::kInsert, Extent::kBelow, "tasks")}};
  EXPECT_TRUE(policy.writes(ann, "a", task));
  EXPECT_FALSE(policy.writes(ann, "a", {{touched(Operation::kDelete, Extent::kBelow, "tasks")}}));
  policy.with(
      R"(forbid (principal, action == Action::"set", resource in Path::"/tasks/*/approved");)");
  EXPECT_FALSE(policy.writes(ann, "a", task));
  // To remove is not to insert: only what would forbid that is looked for.
  policy.with(kEverything);
  EXPECT_FALSE(policy.writes(ann, "a", {{touched(Operation::kDelete, Extent::kBelow, "tasks")}}));
  PolicyOf formats;
  formats.with(kEverything)
      .with(
          R"(forbid (principal, action == Action::"format", resource in Path::"/tasks/*/note");)");
  EXPECT_TRUE(formats.writes(ann, "a", {{touched(Operation::kDelete, Extent::kBelow, "tasks")}}));
  EXPECT_FALSE(formats.writes(ann, "a", task));
}

// It can bring a past state into another workspace, where other rules hold.
TEST(WorkspacePolicy, ToRestoreIsToSeeThePast) {
  PolicyOf policy;
  policy.with(R"(permit (principal, action == Action::"restore", resource);)");
  EXPECT_FALSE(policy.allows(caller("ann"), identity::Right::kRestore, "a"));
  policy.with(R"(permit (principal, action == Action::"history", resource);)");
  EXPECT_TRUE(policy.allows(caller("ann"), identity::Right::kRestore, "a"));
  EXPECT_FALSE(policy.writes(caller("ann"), "a", typing(), identity::Right::kRestore));
}

TEST(WorkspacePolicy, ToRemoveAKeyIsToSetAndToDelete) {
  const identity::Caller ann = caller("ann");
  PolicyOf sets;
  sets.with(R"(permit (principal, action == Action::"set", resource);)");
  EXPECT_TRUE(sets.writes(ann, "a", setting("map", "key")));
  EXPECT_FALSE(sets.writes(ann, "a", clearing("map", "key")));
  sets.with(R"(permit (principal, action == Action::"delete", resource);)");
  EXPECT_TRUE(sets.writes(ann, "a", clearing("map", "key")));
}

TEST(WorkspacePolicy, AnEffectThatIsNotKnownNeedsThatSomethingIsPossible) {
  const identity::Caller ann = caller("ann");
  PolicyOf comments;
  comments.with(R"(permit (principal, action in Action::"write", resource in Path::"/comments");)");
  EXPECT_TRUE(comments.allows(ann, identity::Right::kWrite, "a"));
  EXPECT_TRUE(comments.writes(ann, "a", typing("comments")));
  EXPECT_FALSE(comments.writes(ann, "a", typing()));
  PolicyOf readers;
  readers.with(R"(permit (principal, action == Action::"read", resource);)");
  EXPECT_FALSE(readers.allows(ann, identity::Right::kWrite, "a"));
  // A change without any touch is an event as well.
  EXPECT_FALSE(readers.writes(ann, "a", {}));
  EXPECT_TRUE(comments.writes(ann, "a", {}));
  comments.with(R"(forbid (principal == Principal::"ann", action, resource);)");
  EXPECT_FALSE(comments.allows(ann, identity::Right::kWrite, "a"));
}

TEST(WorkspacePolicy, ManyPlacesAreJudgedAsAnywhere) {
  PolicyOf policy;
  policy.with(R"(permit (principal, action, resource in Path::"/map");)");
  merge::Effect effect;
  for (std::size_t i = 0; i < WorkspacePolicy::kMostPlaces; ++i)
    effect.touches.push_back(
        touched(Operation::kSetKey, Extent::kPlace, "map", {}, std::to_string(i)));
  EXPECT_TRUE(policy.writes(caller("ann"), "a", effect));
  effect.touches.push_back(touched(Operation::kSetKey, Extent::kPlace, "map", {}, "one more"));
  EXPECT_FALSE(policy.writes(caller("ann"), "a", effect));
  policy.with(kEverything);
  EXPECT_TRUE(policy.writes(caller("ann"), "a", effect));
}

TEST(WorkspacePolicy, ExplainsWhatDecided) {
  PolicyOf policy;
  policy.with(kEverything)
      .with(R"(forbid (principal, action, resource in Path::"/budget");)")
      .share("a/", {Grantee::Kind::kGroup, "team"}, ShareRole::kViewer);
  const identity::Caller ann = caller("ann", identity::Rights::writing(), {"team"});
  const Question question{.caller = ann, .right = identity::Right::kRead, .workspace = "w"};
  const auto set =
      policy.made()->explain(question, "set", {ResourceName::Kind::kPath, "a/b", "/budget/travel"});
  ASSERT_TRUE(set);
  EXPECT_FALSE(set->allowed);
  EXPECT_EQ(set->reasons, std::vector<std::string>{"policy p1"});
  const auto read =
      policy.made()->explain(question, "read", {ResourceName::Kind::kObject, "a/b", ""});
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->allowed);
  EXPECT_EQ(read->reasons, (std::vector<std::string>{
                               "policy p0", R"(share viewer of Folder::"a/" to Group::"team")"}));
  EXPECT_EQ(policy.made()->explain(question, "fly", {}).error().code, ErrorCode::kInvalid);
}

// ---- what is remembered

// One policy is asked all of these in turn, so that what is remembered of one could be taken for another.
TEST(WorkspacePolicy, WhatIsRememberedIsOfTheSameQuestionOnly) {
  PolicyOf policy;
  policy.share("a", {Grantee::Kind::kPrincipal, "ann"}, ShareRole::kAnnotator)
      .share("b", {Grantee::Kind::kGroup, "team"}, ShareRole::kViewer)
      .with(R"(permit (principal in Role::"admin", action, resource in Folder::"f/");)");
  const auto made = policy.made();
  const auto allows = [&](const identity::Caller& who, identity::Right right,
                          std::string_view object, const merge::Effect* effect = nullptr,
                          bool lists = false) {
    return made
        ->decide({.caller = who,
                  .right = right,
                  .workspace = "w",
                  .object = object,
                  .effect = effect,
                  .lists = lists})
        .allowed.has_value();
  };
  const merge::Effect format = formatting();
  const merge::Effect insert = typing();
  const merge::Effect comment = typing("comments");
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_TRUE(allows(caller("ann"), identity::Right::kWrite, "a", &format));
    EXPECT_FALSE(allows(caller("ann"), identity::Right::kWrite, "a", &insert));
    EXPECT_TRUE(allows(caller("ann"), identity::Right::kWrite, "a", &comment));
    EXPECT_FALSE(allows(caller("bob"), identity::Right::kWrite, "a", &format));
    EXPECT_FALSE(allows(caller("ann"), identity::Right::kWrite, "b", &format));
    EXPECT_TRUE(allows(caller("ann"), identity::Right::kRead, "a"));
    EXPECT_FALSE(allows(caller("ann"), identity::Right::kRestore, "a"));
    EXPECT_TRUE(
        allows(caller("bob", identity::Rights::writing(), {"team"}), identity::Right::kRead, "b"));
    EXPECT_FALSE(allows(caller("bob"), identity::Right::kRead, "b"));
    EXPECT_TRUE(allows(caller("ann", identity::Rights::all()), identity::Right::kRead, "f/x"));
    EXPECT_FALSE(allows(caller("ann"), identity::Right::kRead, "f/x"));
    EXPECT_FALSE(allows(caller("ann"), identity::Right::kRead, "a", nullptr, true));
  }
}

TEST(Remembered, IsBounded) {
  Remembered remembered;
  const identity::Caller ann = caller("ann");
  for (std::size_t i = 0; i < 2 * Remembered::kMost; ++i) {
    const std::string object = std::to_string(i);
    const Question question{
        .caller = ann, .right = identity::Right::kRead, .workspace = "w", .object = object};
    const std::string_view key = remembered.key_of(question, true);
    EXPECT_FALSE(remembered.contains(key));
    remembered.add(key, question);
    EXPECT_TRUE(remembered.contains(remembered.key_of(question, true)));
  }
  EXPECT_LE(remembered.size(), Remembered::kMost);
  const std::string longest(Remembered::kMostBytes, 'x');
  EXPECT_EQ(
      remembered.key_of(
          {.caller = ann, .right = identity::Right::kRead, .workspace = "w", .object = longest},
          true),
      "");
}

// ---- the door

TEST(Decide, TheTokenIsAnUpperBound) {
  PolicyOf policy;
  policy.share("", {}, ShareRole::kOwner);
  const auto made = policy.made();
  const identity::Caller reader = caller("ann", identity::Rights::reading());
  const merge::Effect effect = typing();
  const Question write{.caller = reader,
                       .right = identity::Right::kWrite,
                       .workspace = "w",
                       .object = "a",
                       .effect = &effect};
  EXPECT_FALSE(decide({}, made.get(), write).allowed);
  EXPECT_FALSE(decide({}, made.get(),
                      {.caller = reader, .right = identity::Right::kPolicy, .workspace = "w"})
                   .allowed);
}

TEST(Decide, WithoutPoliciesOnlyAdministratorsBegin) {
  const identity::Caller writer = caller("ann");
  const identity::Caller admin = caller("ann", identity::Rights::all());
  for (const identity::Right right : {identity::Right::kPolicy, identity::Right::kSeePolicy}) {
    EXPECT_FALSE(decide({}, nullptr, {.caller = writer, .right = right, .workspace = "w"}).allowed);
    EXPECT_TRUE(decide({}, nullptr, {.caller = admin, .right = right, .workspace = "w"}).allowed);
  }
  EXPECT_TRUE(
      decide({}, nullptr,
             {.caller = writer, .right = identity::Right::kWrite, .workspace = "w", .object = "a"})
          .allowed);
}

// Whatever else allows it: a link is worth what its share gives, and nothing once that is taken back.
TEST(Decide, ALinkEndsWithItsShare) {
  const identity::Caller link = caller("link:1-abcdefghijklmnop");
  const Question read{
      .caller = link, .right = identity::Right::kRead, .workspace = "w", .object = "a"};
  const auto reason_of = [&](const Decider* own) {
    const Verdict verdict = decide({}, own, read);
    return verdict.allowed ? "" : verdict.allowed.error().message;
  };
  EXPECT_EQ(reason_of(nullptr), "this link has ended");
  PolicyOf rules;
  rules.with(kEverything).share("", {}, ShareRole::kEditor);
  EXPECT_EQ(reason_of(rules.made().get()), "this link has ended");
  EXPECT_EQ(decide({}, rules.made().get(), read).rules, 7u) << "the refusal waits for the rules";
  rules.share("a", {Grantee::Kind::kPrincipal, "link:2-abcdefghijklmnop"}, ShareRole::kOwner);
  EXPECT_EQ(reason_of(rules.made().get()), "this link has ended") << "the share of another";
  rules.share("a", {Grantee::Kind::kPrincipal, link.principal.id}, ShareRole::kViewer);
  EXPECT_EQ(reason_of(rules.made().get()), "");
}

// What looks at the change alone can be judged of whom nothing is known.
TEST(WorkspacePolicy, NeedsTheTokenIfAPolicyLooksAtTheCaller) {
  const auto needs = [](std::string condition) {
    PolicyOf rules;
    rules.with("forbid (principal, action, resource) when { " + condition + " };");
    return rules.made()->needs_token();
  };
  EXPECT_FALSE(needs("context.size > 100 && context.objectType == \"doc\""));
  EXPECT_FALSE(needs("context.time > datetime(\"2030-01-01\")"));
  EXPECT_TRUE(needs("context.protocol == \"http\""));
  EXPECT_TRUE(needs("context has address && context.address.isLoopback()"));
  EXPECT_TRUE(needs("!(context has origin)"));
  EXPECT_TRUE(needs("context has tokenAge && context.tokenAge > duration(\"1d\")"));
  EXPECT_TRUE(needs("principal in Group::\"guests\""));
}

// A reason names the place that was refused, so that it can be found again.
TEST(WorkspacePolicy, AReasonNamesThePlaceThatWasRefused) {
  PolicyOf rules;
  rules.with(kEverything).with("forbid (principal, action, resource in Path::\"/a\");");
  const identity::Caller ann = caller("ann");
  merge::Touch touch;
  touch.operation = merge::Operation::kSetKey;
  touch.container = {"a", {}};
  touch.key = "b at /c";
  const merge::Effect effect{{touch}};
  const Verdict verdict = decide({}, rules.made().get(),
                                 {.caller = ann,
                                  .right = identity::Right::kWrite,
                                  .workspace = "w",
                                  .object = "o",
                                  .effect = &effect});
  ASSERT_FALSE(verdict.allowed);
  const auto place = refused_place(verdict.allowed.error().message);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->action, "set");
  EXPECT_EQ(place->path, "/a/b at ~1c");
  for (const char* none :
       {"", "this token may read only", "the policy of this workspace does not allow: read o",
        "the policy of this workspace does not allow: write o",
        "the policy of this workspace may not allow: set at or below /a"})
    EXPECT_FALSE(refused_place(none)) << none;
}

// Those who ask why are told the same.
TEST(WorkspacePolicy, ALinkThatHasEndedIsExplained) {
  const identity::Caller link = caller("link:1-abcdefghijklmnop");
  const Question read{
      .caller = link, .right = identity::Right::kRead, .workspace = "w", .object = "a"};
  PolicyOf rules;
  rules.with(kEverything);
  const std::vector<std::string> because = {"link: no share names it any more"};
  const ResourceName object{ResourceName::Kind::kObject, "a", {}};
  const auto why = rules.made()->why_refused(read);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->action, "read");
  EXPECT_EQ(why->object, "a");
  EXPECT_EQ(why->reasons, because);
  const auto ended = rules.made()->explain(read, "read", object).value();
  EXPECT_FALSE(ended.allowed);
  EXPECT_EQ(ended.reasons, because);
  rules.share("a", {Grantee::Kind::kPrincipal, link.principal.id}, ShareRole::kViewer);
  EXPECT_FALSE(rules.made()->why_refused(read));
  EXPECT_TRUE(rules.made()->explain(read, "read", object).value().allowed);
}

}  // namespace
}  // namespace syncline::policy
