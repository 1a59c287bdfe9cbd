// An object is renamed: its history goes on under the new name, and the old one leads there.
#include <gtest/gtest.h>

#include "base/mutation.h"
#include "log/rules.h"
#include "state/blame.h"
#include "state/changes.h"
#include "state/deletions_view.h"
#include "state/verify.h"
#include "workspace/deleting.h"
#include "workspace/erasure_keeper.h"

namespace syncline::state {
namespace {

Result<Receipt> rename(TestWorld& world, const std::string& from, const std::string& to) {
  return ask<Receipt>(world, [&](auto done) {
    world.host.get("w").rename_object(
        {.caller = testing::ann(), .object = from, .to = to, .reason = "moved"}, std::move(done));
  });
}

void rename_well(TestWorld& world, const std::string& from, const std::string& to) {
  const auto renamed = rename(world, from, to);
  ASSERT_TRUE(renamed) << renamed.error().message;
}

Result<Receipt> free_name(TestWorld& world, const std::string& object) {
  return ask<Receipt>(world, [&](auto done) {
    world.host.get("w").change_rules(testing::ann(), identity::Right::kDelete,
                                     log::RemoveRedirect{object}, "", std::move(done));
  });
}

// "a1 b3 ": each run with the position of the event that brought it.
std::string blame(TestWorld& world, const std::string& object) {
  auto told = ask<Blame>(world, [&](auto done) {
    blame_object(world.sources, "w", object, log::kNow, std::move(done));
  });
  std::string shown;
  for (const BlamedRun& run : told.value().texts.at(0).runs)
    shown += run.text + std::to_string(run.position) + " ";
  return shown;
}

std::size_t kept_payloads(TestWorld& world, const std::string& object) {
  std::size_t payloads = 0;
  for (const log::Event& event : events_of(world))
    payloads +=
        event.object == object && event.kind == log::EventKind::kChange && !event.dropped_payload
            ? 1
            : 0;
  return payloads;
}

// Everything that can be derived again from the log is right.
void expect_verified(TestWorld& world) {
  WorkspaceVerifier verifier("w", {.types = world.sources.types});
  do {
    for (const log::Event& event : events_of(world)) {
      const auto same = verifier.event(event.position, log::encode_event(event)->record);
      ASSERT_TRUE(same) << same.error().message;
    }
    const auto finished = verifier.finish();
    ASSERT_TRUE(finished) << finished.error().message;
  } while (verifier.begin_pass());
}

TEST(Renaming, TheHistoryGoesOnUnderTheNewName) {
  TestWorld world;
  Typist typist(1);
  submit(world, "old", typist.type("a"));
  submit(world, "old", typist.type("b"));
  const auto renamed = rename(world, "old", "new");
  ASSERT_TRUE(renamed) << renamed.error().message;
  EXPECT_EQ(renamed->position, 3u);
  EXPECT_EQ(state::read(world, "new").value(), R"({"content":"ab"})");
  submit(world, "new", typist.type("c"));
  EXPECT_EQ(state::read(world, "new").value(), R"({"content":"abc"})");
  EXPECT_EQ(blame(world, "new"), "a1 b2 c5 ");
  // Moments of before, under both names.
  EXPECT_EQ(replay(world, "new", 1)->object->to_json(), R"({"content":"a"})");
  EXPECT_EQ(replay(world, "old", 2)->object->to_json(), R"({"content":"ab"})");
  const auto changes = ask<ChangePage>(world, [&](auto done) {
    list_changes(world.sources, "w", "new", 0, log::kNow, 100, std::move(done));
  });
  ASSERT_EQ(changes->changes.size(), 4u);
  EXPECT_EQ(changes->changes[2].event.kind, log::EventKind::kRenamed);
  for (const std::size_t change : {0u, 1u, 3u}) EXPECT_NE(changes->changes[change].told, "[]");
  // Two events of one append: what renames, and what begins.
  const auto events = events_of(world);
  EXPECT_EQ(events[2].object, log::kDeletionsObject);
  EXPECT_EQ(events[3].object, "new");
  const auto says = log::renaming_in(events[3]);
  ASSERT_TRUE(says && *says);
  EXPECT_EQ((*says)->object, "old");
  expect_verified(world);
  AfterRestart again(world);
  EXPECT_EQ(state::read(world, again.host, "new").value(), R"({"content":"abc"})");
}

TEST(Renaming, WhoeverHasItOpenIsToldTheNewName) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Typist typist(1);
  Told open(world, "old");
  Told empty(world, "new");
  world.host.get("w").change(
      "old", {.caller = testing::ann()},
      [&](const merge::Object&, log::Position) -> Result<Bytes> { return typist.type("a"); },
      [](const auto& receipt) { EXPECT_TRUE(receipt); });
  world.commit();
  std::optional<Result<Receipt>> receipt;
  world.host.get("w").rename_object({.caller = testing::ann(), .object = "old", .to = "new"},
                                    [&](auto answer) { receipt = std::move(answer); });
  world.loop.run();
  EXPECT_FALSE(receipt);
  EXPECT_FALSE(open.deleted);
  // Whoever opens the new name meanwhile waits, and finds the content there.
  std::optional<Result<std::string>> early;
  std::string text;
  world.host.get("w").read(
      testing::ann(), "new",
      [&](const merge::Object& now) -> Result<std::unique_ptr<Pieces>> {
        text = now.to_json();
        return merge::text_pieces(text, 1 << 20);
      },
      [&](auto view) { early = view ? Result<std::string>(text) : std::unexpected(view.error()); });
  world.loop.run();
  EXPECT_FALSE(early);
  EXPECT_EQ(world.host.get("w").moved_to("old"), nullptr);
  world.commit();
  ASSERT_TRUE(receipt && *receipt);
  ASSERT_TRUE(open.deleted);
  EXPECT_EQ(open.deleted->code, ErrorCode::kMoved);
  EXPECT_EQ(log::new_name_in(*open.deleted), "new");
  EXPECT_EQ(empty.live(), nullptr) << "its subscribers connect again";
  ASSERT_TRUE(early && *early);
  EXPECT_EQ(**early, R"({"content":"a"})");
  ASSERT_NE(world.host.get("w").moved_to("old"), nullptr);
  EXPECT_EQ(*world.host.get("w").moved_to("old"), "new");
}

TEST(Renaming, NobodyBeginsASecondDocumentUnderTheOldName) {
  TestWorld world;
  Typist typist(1);
  submit(world, "old", typist.type("a"));
  rename_well(world, "old", "new");
  EXPECT_EQ(code_of(state::read(world, "old")), ErrorCode::kMoved);
  EXPECT_EQ(code_of(rename(world, "old", "other")), ErrorCode::kMoved);
  EXPECT_EQ(code_of(delete_object(world, "old")), ErrorCode::kMoved);
  EXPECT_EQ(code_of(delete_object(world, "old", true)), ErrorCode::kMoved);
  EXPECT_EQ(code_of(undelete(world, "old")), ErrorCode::kMoved);
  AfterRestart again(world);
  EXPECT_EQ(code_of(state::read(world, again.host, "old")), ErrorCode::kMoved);

  // When the name is free, it begins empty, and replicas of before are still sent on.
  ASSERT_TRUE(free_name(world, "old"));
  EXPECT_EQ(code_of(free_name(world, "old")), ErrorCode::kNotFound);
  Told back(world, "old");
  EXPECT_EQ(code_of(back.submit(typist.type("late"))), ErrorCode::kMoved);
  EXPECT_EQ(code_of(delete_object(world, "old", true)), ErrorCode::kMoved);
  Typist fresh(2);
  ASSERT_TRUE(back.submit(fresh.type("fresh")));
  EXPECT_EQ(state::read(world, "old").value(), R"({"content":"fresh"})");
  EXPECT_EQ(state::read(world, "new").value(), R"({"content":"a"})");
  EXPECT_EQ(blame(world, "old"), "fresh5 ");
  expect_verified(world);
}

TEST(Renaming, ThereAndBackAndOn) {
  TestWorld world;
  Typist typist(1);
  submit(world, "a", typist.type("1"));
  rename_well(world, "a", "b");
  submit(world, "b", typist.type("2"));
  rename_well(world, "b", "a");
  // The same replica goes on: it is no other object.
  submit(world, "a", typist.type("3"));
  EXPECT_EQ(state::read(world, "a").value(), R"({"content":"123"})");
  EXPECT_EQ(code_of(state::read(world, "b")), ErrorCode::kMoved);
  EXPECT_EQ(blame(world, "a"), "11 24 37 ");
  rename_well(world, "a", "c");
  EXPECT_EQ(code_of(state::read(world, "a")), ErrorCode::kMoved);
  submit(world, "c", typist.type("4"));
  EXPECT_EQ(blame(world, "c"), "11 24 37 410 ");
  expect_verified(world);
  AfterRestart again(world);
  EXPECT_EQ(state::read(world, again.host, "c").value(), R"({"content":"1234"})");
}

TEST(Renaming, WhatIsDeletedUnderItsNewNameCanBeUndeleted) {
  TestWorld world;
  Typist typist(1);
  submit(world, "old", typist.type("a"));
  rename_well(world, "old", "new");
  submit(world, "new", typist.type("b"));
  ASSERT_TRUE(delete_object(world, "new"));
  EXPECT_EQ(code_of(state::read(world, "new")), ErrorCode::kGone);
  EXPECT_EQ(code_of(rename(world, "new", "other")), ErrorCode::kGone);
  ASSERT_TRUE(undelete(world, "new"));
  submit(world, "new", typist.type("c"));
  EXPECT_EQ(state::read(world, "new").value(), R"({"content":"abc"})");
  EXPECT_EQ(blame(world, "new"), "a1 b4 c7 ");
  expect_verified(world);
}

TEST(Renaming, OnlyToANameThatIsFree) {
  TestWorld world;
  Typist one(1);
  Typist two(2);
  submit(world, "one", one.type("1"));
  submit(world, "two", two.type("2"));
  EXPECT_EQ(code_of(rename(world, "one", "two")), ErrorCode::kConflict);
  EXPECT_EQ(code_of(rename(world, "one", "one")), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(rename(world, "one", "./pins")), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(rename(world, "none", "other")), ErrorCode::kNotFound);
  ASSERT_TRUE(delete_object(world, "two"));
  EXPECT_EQ(code_of(rename(world, "one", "two")), ErrorCode::kConflict) << "it can be undeleted";
  Typist three(3);
  submit(world, "three", three.type("3"));
  rename_well(world, "three", "four");
  EXPECT_EQ(code_of(rename(world, "one", "three")), ErrorCode::kConflict) << "it leads elsewhere";
  ASSERT_TRUE(free_name(world, "three"));
  rename_well(world, "one", "three");
  EXPECT_EQ(state::read(world, "three").value(), R"({"content":"1"})");
  EXPECT_EQ(state::read(world, "four").value(), R"({"content":"3"})");
}

TEST(Renaming, AnObjectHasAtMostSoManyNames) {
  TestWorld world;
  Typist typist(1);
  submit(world, "n0", typist.type("x"));
  std::size_t names = 1;
  for (; names < log::kMaxNamesOfObject; ++names)
    rename_well(world, "n" + std::to_string(names - 1), "n" + std::to_string(names));
  const std::string last = "n" + std::to_string(names - 1);
  EXPECT_EQ(code_of(rename(world, last, "one more")), ErrorCode::kTooLarge);
  EXPECT_EQ(state::read(world, last).value(), R"({"content":"x"})");
  AfterRestart again(world);
  EXPECT_EQ(state::read(world, again.host, last).value(), R"({"content":"x"})");
}

// Erasing what it is now erases what it was; and not what has its old name now, nor the other way round.
TEST(Renaming, ErasureTakesWhatItWasUnderEarlierNames) {
  TestWorld world;
  Typist typist(1);
  Typist fresh(2);
  submit(world, "old", typist.type("secret"));
  rename_well(world, "old", "new");
  ASSERT_TRUE(free_name(world, "old"));
  submit(world, "old", fresh.type("fresh"));
  workspace::ErasureKeeper keeper(world.sources, world.host, world.loop,
                                  {.interval_ms = 100, .pause_ms = 1});
  ASSERT_TRUE(delete_object(world, "old", true));
  world.loop.advance(1000);
  EXPECT_EQ(keeper.counters().objects, 1u);
  EXPECT_EQ(kept_payloads(world, "old"), 1u) << "that of the renamed one";
  EXPECT_EQ(state::read(world, "new").value(), R"({"content":"secret"})");
  submit(world, "new", typist.type("!"));
  ASSERT_TRUE(delete_object(world, "new", true));
  world.loop.advance(1000);
  EXPECT_EQ(keeper.counters().objects, 2u);
  EXPECT_EQ(keeper.counters().failures, 0u);
  EXPECT_EQ(kept_payloads(world, "old"), 0u);
  EXPECT_EQ(kept_payloads(world, "new"), 0u);
  EXPECT_EQ(code_of(replay(world, "new", 1)), ErrorCode::kGone);
  EXPECT_EQ(code_of(replay(world, "old", 1)), ErrorCode::kGone);
  expect_verified(world);
}

TEST(Renaming, RetentionKeepsWhatItIs) {
  TestWorld world;
  Typist typist(1);
  for (int i = 0; i < 20; ++i) submit(world, "old", typist.type("x"));
  pin(world, "early", 5);
  rename_well(world, "old", "new");
  for (int i = 0; i < 5; ++i) submit(world, "new", typist.type("y"));
  keep_last(world, 2);
  EXPECT_GT(retain_all(world), 20u);
  EXPECT_EQ(replay(world, "new", log::kNow)->object->to_json(),
            R"({"content":"xxxxxxxxxxxxxxxxxxxxyyyyy"})");
  EXPECT_EQ(replay(world, "new", 5)->object->to_json(), R"({"content":"xxxxx"})");
  AfterRestart again(world);
  EXPECT_EQ(state::read(world, again.host, "new").value(),
            R"({"content":"xxxxxxxxxxxxxxxxxxxxyyyyy"})");
}

// Snapshots of the old name serve the new one, and deltas do not extend them.
TEST(Renaming, ALongHistoryNeedNotBeReplayed) {
  TestWorld world;
  Typist typist(1);
  const std::string much(3000, 'x');
  for (int i = 0; i < 60; ++i) submit(world, "old", typist.type(much));
  rename_well(world, "old", "new");
  const auto replayed = replay(world, "new", log::kNow);
  EXPECT_GT(replayed->snapshot_position, 0u);
  EXPECT_EQ(replayed->base, 0u);
  for (int i = 0; i < 40; ++i) submit(world, "new", typist.type(much));
  AfterRestart again(world);
  EXPECT_EQ(state::read(world, again.host, "new").value().size(), 100 * much.size() + 14);
}

#ifdef SYNCLINE_MUTATIONS

class RenamingMutants : public ::testing::Test {
 protected:
  void TearDown() override { active_mutation.reset(); }
};

TEST_F(RenamingMutants, AForgottenPastIsNoticed) {
  active_mutation = Mutation::rename_forgets_past;
  TestWorld world;
  Typist typist(1);
  submit(world, "old", typist.type("a"));
  rename_well(world, "old", "new");
  EXPECT_NE(state::read(world, "new").value_or(""), R"({"content":"a"})");
}

TEST_F(RenamingMutants, AnOldNameThatOpensIsNoticed) {
  active_mutation = Mutation::open_old_name;
  TestWorld world;
  Typist typist(1);
  submit(world, "old", typist.type("a"));
  rename_well(world, "old", "new");
  Typist fresh(2);
  Told back(world, "old");
  EXPECT_TRUE(back.submit(fresh.type("second")));
}

#endif

}  // namespace
}  // namespace syncline::state
