#include "state/rules_object.h"

#include <gtest/gtest.h>

#include "merge/facets.h"

namespace syncline::state {
namespace {

Bytes intent(log::RuleAct act, std::string principal = "ann", std::string reason = "") {
  return log::encode_rule_change(
      {std::move(act), std::move(principal), std::move(reason), 1'770'000'000'000});
}

void submit_rule(merge::Object& object, const Bytes& change) {
  const auto prepared = object.prepare(change);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(prepared->changes);
  EXPECT_TRUE(prepared->recorded.is_as_sent());
  EXPECT_EQ(prepared->effect.touches.size(), 1u);
  ASSERT_TRUE(object.apply(change));
}

TEST(RulesObject, ShowsWhatHoldsAsJson) {
  const auto pins = rules_type().create();
  EXPECT_EQ(pins->to_json(), "{}");
  submit_rule(*pins, intent(log::SetPin{"release-1", 7}, "ada"));
  EXPECT_EQ(pins->to_json(),
            R"({"pins":{"release-1":{"position":7,"set":1770000000000,"principal":"ada"}}})");
  const auto retention = rules_type().create();
  submit_rule(*retention, intent(log::SetRetention{{.keep_ms = 5, .keep_last = 1000}}));
  submit_rule(*retention, intent(log::PutHold{}, "ada", "case 7"));
  EXPECT_EQ(retention->to_json(),
            R"({"retention":{"rule":{"keep_ms":5,"keep_last":1000},)"
            R"("hold":{"reason":"case 7","principal":"ada","since":1770000000000}}})");
  const auto quarantine = rules_type().create();
  submit_rule(*quarantine, intent(log::LiftQuarantine{"notes/plan", 4}));
  EXPECT_EQ(
      quarantine->to_json(),
      R"({"quarantine":{"notes/plan":{"position":4,"principal":"ann","lifted":1770000000000}}})");
}

TEST(RulesObject, ShowsWhereARenamedObjectIs) {
  const auto object = rules_type().create();
  submit_rule(*object, intent(log::RenameObject{"old", 1, 0, 4, "doc", Bytes{1}, "new", 1}));
  EXPECT_EQ(object->to_json(),
            R"({"deletions":{"old":{"generation":1,"after":4,"principal":"ann",)"
            R"("renamed":1770000000000,"renamed_to":"new","redirects":true,"erased":false}}})");
  const auto same_after_a_snapshot = [&] {
    const Bytes snapshot = object->snapshot();
    EXPECT_EQ(snapshot.front(), 5);
    EXPECT_EQ(*rules_of(**rules_type().restore(snapshot)), *rules_of(*object));
    for (std::size_t size = 0; size < snapshot.size(); ++size)
      EXPECT_EQ(rules_type().restore(ByteView(snapshot).first(size)).error().code,
                ErrorCode::kMalformed)
          << size;
  };
  same_after_a_snapshot();
  submit_rule(*object, intent(log::RemoveRedirect{"old"}));
  submit_rule(*object, intent(log::DeleteObject{"new", 1, 9, 0, "doc", {}}));
  same_after_a_snapshot();
  submit_rule(*object, intent(log::EraseObject{"new", 1, true}));
  same_after_a_snapshot();
}

TEST(RulesObject, ShowsTheDeletionOfTheWorkspace) {
  const auto object = rules_type().create();
  const Bytes deletion = intent(log::DeleteWorkspace{.erase_at_ms = 1'770'000'090'000});
  EXPECT_EQ(merge::apply_and_tell(*object, deletion).value(),
            R"([{"path":"deletion","keys":{"workspace":{"set":{"generation":1,"principal":"ann",)"
            R"("deleted":1770000000000,"erase_at":1770000090000,"erased":false}}}}])");
  const auto same_after_a_snapshot = [&] {
    const Bytes snapshot = object->snapshot();
    EXPECT_EQ(snapshot.front(), 4);
    EXPECT_EQ(*rules_of(**rules_type().restore(snapshot)), *rules_of(*object));
    for (std::size_t size = 0; size < snapshot.size(); ++size)
      EXPECT_EQ(rules_type().restore(ByteView(snapshot).first(size)).error().code,
                ErrorCode::kMalformed)
          << size;
  };
  same_after_a_snapshot();
  submit_rule(*object, intent(log::EraseWorkspace{.complete = true}));
  submit_rule(*object, intent(log::BeginWorkspace{}));
  EXPECT_EQ(object->to_json(), "{}");
  same_after_a_snapshot();
}

TEST(RulesObject, ShowsPoliciesAndShares) {
  const auto object = rules_type().create();
  const log::Grantee editors{log::Grantee::Kind::kGroup, "editors"};
  const Bytes share = intent(log::Share{"notes/", editors, log::ShareRole::kEditor});
  const auto effect = object->prepare(share)->effect;
  EXPECT_EQ(effect.touches.front().container, (merge::Path{"shares", {"notes/"}}));
  EXPECT_EQ(effect.touches.front().key, "group:editors");
  EXPECT_EQ(merge::apply_and_tell(*object, share).value(),
            R"([{"path":"shares.notes/","keys":{"group:editors":{"set":{"role":"editor",)"
            R"("principal":"ann","given":1770000000000}}}}])");
  submit_rule(*object, intent(log::Share{"notes/", {}, log::ShareRole::kViewer}));
  submit_rule(*object, intent(log::Share{"", {}, log::ShareRole::kOwner}));
  submit_rule(*object, intent(log::SetPolicy{"all", "permit (principal, action, resource);"}));
  EXPECT_EQ(
      object->to_json(),
      R"({"policies":{"all":{"text":"permit (principal, action, resource);",)"
      R"("principal":"ann","set":1770000000000}},)"
      R"("shares":{"":{"everyone":{"role":"owner","principal":"ann","given":1770000000000}},)"
      R"("notes/":{"group:editors":{"role":"editor","principal":"ann","given":1770000000000},)"
      R"("everyone":{"role":"viewer","principal":"ann","given":1770000000000}}}})");
  const Bytes snapshot = object->snapshot();
  EXPECT_EQ(snapshot.front(), 2);
  EXPECT_EQ(*rules_of(**rules_type().restore(snapshot)), *rules_of(*object));
  for (std::size_t size = 0; size < snapshot.size(); ++size)
    EXPECT_FALSE(rules_type().restore(ByteView(snapshot).first(size))) << size;
  submit_rule(*object, intent(log::Unshare{"notes/", editors}));
  submit_rule(*object, intent(log::RemovePolicy{"all"}));
  EXPECT_EQ(object->prepare(intent(log::RemovePolicy{"all"})).error().code, ErrorCode::kNotFound);
}

TEST(RulesObject, IsStrict) {
  const auto object = rules_type().create();
  EXPECT_EQ(object->prepare(intent(log::ReleaseHold{})).error().code, ErrorCode::kConflict);
  EXPECT_EQ(object->prepare(intent(log::RemovePin{"v1"})).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(object->apply(intent(log::RemovePin{"v1"})).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(object->prepare(intent(log::PutHold{})).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(object->prepare(Bytes{0, 0}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(object->to_json(), "{}");
  submit_rule(*object, intent(log::PutHold{}, "ann", "case 7"));
  const Bytes again = intent(log::PutHold{}, "ann", "case 8");
  EXPECT_EQ(object->prepare(again).error().code, ErrorCode::kConflict);
  // Who sets a pin again where it is has said so: that is an event, too.
  submit_rule(*object, intent(log::SetPin{"v1", 3}));
  submit_rule(*object, intent(log::SetPin{"v1", 3}));
}

TEST(RulesObject, HasTheEffectThatItsHistoryTells) {
  const auto object = rules_type().create();
  const auto told = [&](const Bytes& change) {
    const auto effect = object->prepare(change)->effect;
    EXPECT_EQ(effect.touches.front().extent, merge::Extent::kBelow);
    return merge::apply_and_tell(*object, change).value();
  };
  EXPECT_EQ(
      told(intent(log::SetPin{"v1", 3})),
      R"([{"path":"pins","keys":{"v1":{"set":{"position":3,"set":1770000000000,"principal":"ann"}}}}])");
  EXPECT_EQ(told(intent(log::RemovePin{"v1"})),
            R"([{"path":"pins","keys":{"v1":{"deleted":true}}}])");
  EXPECT_EQ(told(intent(log::SetRetention{})),
            R"([{"path":"retention","keys":{"rule":{"deleted":true}}}])");
  const auto effect = object->prepare(intent(log::SetPin{"v1", 3}))->effect;
  EXPECT_EQ(effect.touches.front().operation, merge::Operation::kSetKey);
  EXPECT_EQ(effect.touches.front().container.root, "pins");
  EXPECT_EQ(effect.touches.front().key, "v1");
}

TEST(RulesObject, ASnapshotIsTheWholeState) {
  const auto object = rules_type().create();
  submit_rule(*object, intent(log::SetPin{"a", 3}));
  submit_rule(*object, intent(log::SetPin{"b", 300}));
  submit_rule(*object, intent(log::SetRetention{{.keep_last = 10}}));
  submit_rule(*object, intent(log::PutHold{}, "bob", "case 7"));
  submit_rule(*object, intent(log::LiftQuarantine{"notes", 4}));
  const Bytes snapshot = object->snapshot();
  const auto restored = rules_type().restore(snapshot);
  ASSERT_TRUE(restored);
  EXPECT_EQ((*restored)->to_json(), object->to_json());
  EXPECT_EQ(*rules_of(**restored), *rules_of(*object));
  EXPECT_EQ((*restored)->snapshot(), snapshot);
  for (std::size_t size = 0; size < snapshot.size(); ++size)
    EXPECT_FALSE(rules_type().restore(ByteView(snapshot).first(size))) << size;
}

TEST(RulesObject, HasNoFace) {
  EXPECT_TRUE(rules_type().faces().empty());
  const auto object = rules_type().create();
  EXPECT_EQ(object->replication(), nullptr);
  EXPECT_EQ(object->restoring(), nullptr);
  EXPECT_EQ(rules_of(*merge::doc_type().create()), nullptr);
}

}  // namespace
}  // namespace syncline::state
