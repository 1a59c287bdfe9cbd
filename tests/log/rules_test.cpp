#include "log/rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "log/rules_held.h"

namespace syncline::log {
namespace {

std::vector<RuleChange> one_of_each() {
  return {
      {SetPin{"v1", 7}, "ann", "", 1'234'567},
      {RemovePin{"v1"}, "ann", "no longer needed", 5},
      {SetRetention{{.keep_ms = 90, .keep_last = 1000}}, "ann", "", 5},
      {PutHold{}, "counsel", "case 7", 6},
      {ReleaseHold{}, "counsel", "", 7},
      {LiftQuarantine{"notes/plan", 4}, "ann", "", 8},
      {SetPolicy{"all", "permit (principal, action, resource);"}, "ann", "", 9},
      {RemovePolicy{"all"}, "ann", "", 10},
      {Share{"notes/", {Grantee::Kind::kGroup, "editors"}, ShareRole::kEditor}, "ann", "", 11},
      {Unshare{"notes/", {Grantee::Kind::kGroup, "editors"}}, "ann", "", 12},
      {Share{"", {}, ShareRole::kViewer}, "ann", "", 13},
      {SetDeletionRule{.grace_ms = 7000, .seeds = {1, 2}}, "ann", "", 14},
      {DeleteObject{"notes/plan", 1, 17, 20'000, "doc", Bytes{1, 2}}, "ann", "old", 15},
      {UndeleteObject{"notes/plan", 1}, "ann", "", 16},
      {EraseObject{"notes/plan", 1, true}, "", "", 17},
      {DeleteWorkspace{2, 20'000}, "ann", "over", 18},
      {UndeleteWorkspace{2}, "ann", "", 19},
      {EraseWorkspace{2, true}, "", "", 20},
      {BeginWorkspace{3}, "ann", "", 21},
      {RenameObject{"notes/plan", 2, 17, 30, "doc", Bytes{1}, "notes/monday", 1}, "ann", "", 22},
      {RemoveRedirect{"notes/plan"}, "ann", "", 23}};
}

TEST(Rules, TheDocumentedExample) {
  EXPECT_EQ(encode_rule_change(one_of_each().front()),
            (Bytes{1, 3, 'a', 'n', 'n', 0, 0x87, 0xad, 0x4b, 0, 2, 'v', '1', 7}));
}

TEST(Rules, EveryChangeReadsBackAsItWas) {
  for (const RuleChange& change : one_of_each()) {
    const Bytes bytes = encode_rule_change(change);
    const auto again = decode_rule_change(bytes);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, change);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(decode_rule_change(ByteView(bytes).first(size)).error().code, ErrorCode::kMalformed)
          << size;
    Bytes padded = bytes;
    padded.push_back(0);
    EXPECT_EQ(decode_rule_change(padded).error().code, ErrorCode::kMalformed);
  }
}

TEST(Rules, ANewerVersionOrAnUnknownActIsNotDamage) {
  Bytes bytes = encode_rule_change(one_of_each()[3]);
  bytes.back() = 200;
  EXPECT_EQ(decode_rule_change(bytes).error().code, ErrorCode::kUnsupported);
  bytes.front() = 2;
  EXPECT_EQ(decode_rule_change(bytes).error().code, ErrorCode::kUnsupported);
}

TEST(Rules, WhatNoChangeMayHaveIsRefused) {
  const std::string long_text(kMaxReasonBytes + 1, 'x');
  const std::vector<RuleChange> bad = {
      {SetPin{"now", 1}, "ann", "", 0},
      {SetPin{"v1", 0}, "ann", "", 0},
      {RemovePin{"1st"}, "ann", "", 0},
      {PutHold{}, "ann", "", 0},
      {ReleaseHold{}, "ann", long_text, 0},
      {SetRetention{}, std::string(kMaxPrincipalBytes + 1, 'x'), "", 0},
      {SetRetention{{.keep_ms = std::uint64_t{1} << 53}}, "ann", "", 0},
      {LiftQuarantine{"", 1}, "ann", "", 0},
      {SetPolicy{"1st", "permit (principal, action, resource);"}, "ann", "", 0},
      {SetPolicy{"all", ""}, "ann", "", 0},
      {RemovePolicy{""}, "ann", "", 0},
      {Share{"./pins", {}, ShareRole::kViewer}, "ann", "", 0},
      {Share{"", {}, ShareRole{4}}, "ann", "", 0},
      {Share{"", {Grantee::Kind::kEveryone, "ann"}, ShareRole::kViewer}, "ann", "", 0},
      {Unshare{"", {Grantee::Kind::kPrincipal, ""}}, "ann", "", 0},
      {Unshare{"", {Grantee::Kind{3}, "ann"}}, "ann", "", 0},
  };
  for (const RuleChange& change : bad)
    EXPECT_EQ(check_rule_change(change).error().code, ErrorCode::kInvalid);
  for (const RuleChange& change : one_of_each()) EXPECT_TRUE(check_rule_change(change));
}

TEST(Rules, AnEventSpeaksOnlyForItsOwnObject) {
  Event event;
  event.object = kPinsObject;
  event.type = kRulesType;
  event.intent = encode_rule_change(one_of_each().front());
  EXPECT_EQ(rule_change_in(event).value(), one_of_each().front());

  Event other = event;
  other.object = kRetentionObject;
  EXPECT_EQ(rule_change_in(other).error().code, ErrorCode::kInvalid);
  other = event;
  other.type = "doc";
  EXPECT_EQ(rule_change_in(other).error().code, ErrorCode::kInvalid);
  other = event;
  other.dropped_payload = Hash256{};
  EXPECT_EQ(rule_change_in(other).error().code, ErrorCode::kInvalid);
  other = event;
  other.kind = EventKind{9};
  EXPECT_EQ(rule_change_in(other).value(), std::nullopt);
  for (const char* name : {"pins", "./schema", "notes/plan"}) {
    other.object = name;
    EXPECT_EQ(rule_change_in(other).value(), std::nullopt);
  }
}

TEST(HeldRules, AreJudgedOneAfterTheOther) {
  HeldRules held;
  const auto changes = one_of_each();
  ASSERT_TRUE(carry_out(held, changes[0]));
  EXPECT_EQ(held.pins.at("v1"), (Pin{"v1", 7, 1'234'567, "ann"}));
  ASSERT_TRUE(carry_out(held, {SetPin{"v1", 3}, "bob", "", 9}));
  EXPECT_EQ(held.pins.at("v1"), (Pin{"v1", 3, 9, "bob"}));
  ASSERT_TRUE(carry_out(held, changes[1]));
  EXPECT_EQ(carry_out(held, changes[1]).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(carry_out(held, changes[4]).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(carry_out(held, changes[2]));
  ASSERT_TRUE(carry_out(held, changes[3]));
  EXPECT_EQ(held.hold, (Hold{"counsel", "case 7", 6}));
  const HeldRules before = held;
  EXPECT_EQ(carry_out(held, changes[3]).error().code, ErrorCode::kConflict);
  EXPECT_EQ(held, before);
  ASSERT_TRUE(carry_out(held, changes[4]));
  ASSERT_TRUE(carry_out(held, changes[5]));
  EXPECT_FALSE(held.hold);
  EXPECT_EQ(held.retention.keep_last, 1000u);
  EXPECT_EQ(held.lifted.at("notes/plan").position, 4u);
}

// Of one act after the other, of a workspace.
ErrorCode outcome(HeldRules& held, RuleAct act) {
  const auto done = carry_out(held, {std::move(act), "ann", "", 7});
  return done ? ErrorCode::kIo : done.error().code;
}
constexpr ErrorCode kCarriedOut = ErrorCode::kIo;

TEST(HeldRules, AWorkspaceIsDeletedErasedAndBegunInThisOrder) {
  HeldRules held;
  EXPECT_EQ(outcome(held, UndeleteWorkspace{1}), ErrorCode::kNotFound);
  EXPECT_EQ(outcome(held, EraseWorkspace{1}), ErrorCode::kNotFound);
  EXPECT_EQ(outcome(held, BeginWorkspace{2}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, DeleteWorkspace{2, 90}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, DeleteWorkspace{1, 90}), kCarriedOut);
  EXPECT_EQ(held.deletions.workspace, (EndedWorkspace{7, 90, false, "ann"}));
  EXPECT_EQ(outcome(held, DeleteWorkspace{1, 90}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, UndeleteWorkspace{1}), kCarriedOut);
  EXPECT_EQ(held.deletions, HeldDeletions{});
  EXPECT_EQ(outcome(held, SetDeletionRule{.grace_ms = 5}), kCarriedOut);
  EXPECT_EQ(outcome(held, DeleteWorkspace{1, 90}), kCarriedOut);
  EXPECT_EQ(outcome(held, BeginWorkspace{2}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, EraseWorkspace{1}), kCarriedOut);
  EXPECT_TRUE(is_erased(*held.deletions.workspace));
  EXPECT_EQ(outcome(held, EraseWorkspace{1, true}), kCarriedOut);
  EXPECT_EQ(outcome(held, EraseWorkspace{1, true}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, UndeleteWorkspace{1}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, BeginWorkspace{3}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, BeginWorkspace{2}), kCarriedOut);
  EXPECT_EQ(held.deletions.workspace_generation, 2u);
  EXPECT_EQ(held.deletions.rule, SetDeletionRule{});
  EXPECT_EQ(outcome(held, DeleteWorkspace{2, 0}), kCarriedOut);
}

TEST(HeldRules, AnObjectIsRenamedToANameThatIsFree) {
  HeldRules held;
  const auto rename = [](std::string from, std::string to, std::uint64_t generation = 1,
                         std::uint64_t to_generation = 1) {
    return RenameObject{std::move(from), generation, 0, 9, "doc", {}, std::move(to), to_generation};
  };
  EXPECT_EQ(outcome(held, RemoveRedirect{"a"}), ErrorCode::kNotFound);
  EXPECT_EQ(outcome(held, rename("a", "b", 1, 2)), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, rename("a", "b")), kCarriedOut);
  ASSERT_NE(held.deletions.redirect("a"), nullptr);
  EXPECT_EQ(held.deletions.redirect("a")->renamed_to, "b");
  EXPECT_EQ(held.deletions.redirects, 1u);
  EXPECT_EQ(held.deletions.renamed_after("b"), 9u);
  EXPECT_EQ(outcome(held, rename("a", "c")), ErrorCode::kConflict) << "that generation has ended";
  EXPECT_EQ(outcome(held, UndeleteObject{"a", 1}), ErrorCode::kConflict);
  EXPECT_EQ(outcome(held, rename("x", "a", 1, 2)), ErrorCode::kConflict) << "it leads to b";
  EXPECT_EQ(outcome(held, rename("b", "a", 1, 2)), kCarriedOut) << "and back";
  EXPECT_EQ(held.deletions.redirect("a"), nullptr);
  EXPECT_EQ(held.deletions.redirects, 1u);
  using Names = std::vector<HeldDeletions::Generation>;
  EXPECT_EQ(held.deletions.earlier_names("a", 2), (Names{{"b", 1}, {"a", 1}}));
  EXPECT_EQ(outcome(held, RemoveRedirect{"b"}), kCarriedOut);
  EXPECT_EQ(outcome(held, RemoveRedirect{"b"}), ErrorCode::kNotFound);
  // What it was goes with it.
  EXPECT_EQ(outcome(held, DeleteObject{"a", 2, 20, 0, "doc", {}}), kCarriedOut);
  EXPECT_EQ(outcome(held, EraseObject{"a", 2, true}), kCarriedOut);
  EXPECT_TRUE(held.deletions.find("a", 1)->erased);
  EXPECT_TRUE(held.deletions.find("b", 1)->erased);
  EXPECT_EQ(outcome(held, rename("y", "b", 1, 2)), kCarriedOut);
  EXPECT_EQ(outcome(held, DeleteObject{"z", 1, 20, 90, "doc", {}}), kCarriedOut);
  EXPECT_EQ(outcome(held, rename("b", "z", 2, 2)), ErrorCode::kConflict) << "it can be undeleted";
}

TEST(HeldRules, NotMoreRedirectsThanThereCanBe) {
  HeldRules held;
  const auto rename = [](std::size_t number) {
    const std::string name = std::to_string(number);
    return RenameObject{"a" + name, 1, 0, 9, "doc", {}, "b" + name, 1};
  };
  for (std::size_t i = 0; i < kMaxRedirects; ++i) ASSERT_EQ(outcome(held, rename(i)), kCarriedOut);
  EXPECT_EQ(outcome(held, rename(kMaxRedirects)), ErrorCode::kTooLarge);
  EXPECT_EQ(outcome(held, RemoveRedirect{"a0"}), kCarriedOut);
  EXPECT_EQ(outcome(held, rename(kMaxRedirects)), kCarriedOut);
}

TEST(HeldRules, KeepPoliciesAndSharesUntilTheyAreRemoved) {
  HeldRules held;
  const auto changes = one_of_each();
  EXPECT_EQ(carry_out(held, changes[7]).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(carry_out(held, changes[9]).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(carry_out(held, changes[6]));
  ASSERT_TRUE(carry_out(held, changes[8]));
  EXPECT_EQ(held.policies.at("all"),
            (HeldPolicy{"permit (principal, action, resource);", "ann", 9}));
  const Grantee editors{Grantee::Kind::kGroup, "editors"};
  EXPECT_EQ(held.shares.at({"notes/", editors}), (HeldShare{ShareRole::kEditor, "ann", 11}));
  // A second share with the same grantee replaces the role.
  ASSERT_TRUE(carry_out(held, {Share{"notes/", editors, ShareRole::kViewer}, "bob", "", 12}));
  EXPECT_EQ(held.shares.at({"notes/", editors}), (HeldShare{ShareRole::kViewer, "bob", 12}));
  ASSERT_TRUE(carry_out(held, changes[7]));
  ASSERT_TRUE(carry_out(held, changes[9]));
  EXPECT_TRUE(held.policies.empty());
  EXPECT_TRUE(held.shares.empty());
}

TEST(HeldRules, AreBounded) {
  HeldRules held;
  for (std::size_t i = 0; i < kMaxPolicies; ++i)
    held.policies[fmt::format("p{}", i)] = {"x", "ann", 1};
  EXPECT_EQ(carry_out(held, {SetPolicy{"more", "x"}, "ann", "", 1}).error().code,
            ErrorCode::kTooLarge);
  EXPECT_TRUE(carry_out(held, {SetPolicy{"p0", "y"}, "ann", "", 1}));
  held.policies.clear();
  const std::string longest(kMaxPolicyBytes, 'x');
  for (std::size_t i = 0; i < kMaxAllPolicyBytes / kMaxPolicyBytes; ++i)
    ASSERT_TRUE(carry_out(held, {SetPolicy{fmt::format("p{}", i), longest}, "ann", "", 1}));
  EXPECT_EQ(carry_out(held, {SetPolicy{"more", "x"}, "ann", "", 1}).error().code,
            ErrorCode::kTooLarge);
  EXPECT_EQ(check_rule_change({SetPolicy{"p", longest + "x"}, "ann", "", 1}).error().code,
            ErrorCode::kTooLarge);
  for (std::size_t i = 0; i < kMaxShares; ++i)
    held.shares[{fmt::format("o{}", i), {}}] = {ShareRole::kViewer, "ann", 1};
  EXPECT_EQ(carry_out(held, {Share{"more", {}, ShareRole::kViewer}, "ann", "", 1}).error().code,
            ErrorCode::kTooLarge);
  EXPECT_TRUE(carry_out(held, {Share{"o1", {}, ShareRole::kOwner}, "ann", "", 1}));
}

// An erasure of the whole workspace ends all its objects.
TEST(HeldRules, OfAWorkspaceThatIsDeletedMoreObjectsCanEnd) {
  HeldRules held;
  for (std::size_t i = 0; i < kMaxEndedGenerations; ++i)
    held.deletions.add(fmt::format("o{}", i), {.generation = 1, .after = 1, .type = "doc"});
  const DeleteObject more{"more", 1, 17, 90, "doc", {}};
  EXPECT_EQ(outcome(held, more), ErrorCode::kTooLarge);
  EXPECT_EQ(outcome(held, DeleteWorkspace{1, 90}), kCarriedOut);
  EXPECT_EQ(outcome(held, more), kCarriedOut);
  held.deletions.generations = kMaxGenerationsOfDeleted;
  EXPECT_EQ(outcome(held, DeleteObject{"another", 1, 17, 90, "doc", {}}), ErrorCode::kTooLarge);
}

TEST(Grantee, HasAText) {
  for (const char* text : {"principal:ann", "principal:key:1 2", "group:a:b", "everyone"})
    EXPECT_EQ(to_string(parse_grantee(text).value()), text);
  for (const char* text : {"ann", "principal:", "group:", "everyone ", "", "Everyone"})
    EXPECT_EQ(parse_grantee(text).error().code, ErrorCode::kInvalid) << text;
  for (const char* role : {"viewer", "annotator", "editor", "owner"})
    EXPECT_EQ(name_of(share_role_named(role).value()), role);
  EXPECT_FALSE(share_role_named("commenter"));
}

TEST(RetentionTrail, IsEqualOnlyForTheSameChangesInTheSameOrder) {
  const RetentionChange rule = *retention_change_of(one_of_each()[2]);
  const RetentionChange hold = *retention_change_of(one_of_each()[3]);
  RetentionTrail one;
  RetentionTrail other;
  one.add(rule);
  EXPECT_NE(one, other);
  other.add(rule);
  EXPECT_EQ(one, other);
  one.add(hold);
  other.add(rule);
  EXPECT_NE(one, other);
  RetentionTrail turned;
  turned.add(hold);
  turned.add(rule);
  EXPECT_NE(turned, one);
}

// ---- what was kept without events

HeldRules held_after(const std::vector<RuleChange>& changes) {
  HeldRules held;
  for (const RuleChange& change : changes) EXPECT_TRUE(carry_out(held, change));
  return held;
}

TEST(TakeOver, SaysTheSameWithTheAuthorsAndTimesOfBefore) {
  UntoldRules untold;
  EXPECT_TRUE(untold.empty());
  EXPECT_TRUE(take_over(untold).empty());
  untold.pins = {{"a", 3, 50, "ann"}, {"b", 4, 60, "bob"}};
  untold.record = {*retention_change_of(one_of_each()[2]), *retention_change_of(one_of_each()[3]),
                   *retention_change_of(one_of_each()[4]), *retention_change_of(one_of_each()[3])};
  untold.retention = {.keep_ms = 90, .keep_last = 1000};
  untold.hold = Hold{"counsel", "case 7", 6};
  const auto changes = take_over(untold);
  EXPECT_EQ(changes.size(), 6u);
  const HeldRules held = held_after(changes);
  EXPECT_EQ(held.pins.at("b"), untold.pins[1]);
  EXPECT_EQ(held.retention, untold.retention);
  EXPECT_EQ(held.hold, untold.hold);
  for (std::size_t i = 0; i < untold.record.size(); ++i)
    EXPECT_EQ(changes[i + 2], rule_change_of(untold.record[i]));
}

TEST(TakeOver, WhatIsInForceCountsWhereTheRecordSaysSomethingElse) {
  UntoldRules untold;
  untold.record = {*retention_change_of(one_of_each()[4]), *retention_change_of(one_of_each()[3])};
  untold.retention = {.keep_last = 5};
  untold.hold = Hold{"eve", "case 8", 9};
  const HeldRules held = held_after(take_over(untold));
  EXPECT_EQ(held.retention, untold.retention);
  EXPECT_EQ(held.hold, untold.hold);
  untold.hold.reset();
  EXPECT_FALSE(held_after(take_over(untold)).hold);
}

}  // namespace
}  // namespace syncline::log
