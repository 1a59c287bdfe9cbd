// An object is deleted: it is hidden, its clients are told, its replicas are refused, and its name begins anew.
#include <gtest/gtest.h>

#include "log/rules.h"
#include "state/deletions_view.h"
#include "workspace/deleting.h"
#include "workspace/erasure_keeper.h"

namespace syncline::state {
namespace {

TEST(WorkspaceDeletion, HidesTheObjectAndTellsWhoHasItOpen) {
  TestWorld world;
  Typist typist(1);
  Told open(world, "o");
  ASSERT_TRUE(open.submit(typist.type("secret")));
  const auto receipt = delete_object(world, "o");
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->position, 2u);
  ASSERT_TRUE(open.deleted);
  EXPECT_EQ(open.deleted->code, ErrorCode::kGone);
  EXPECT_EQ(code_of(read(world, "o")), ErrorCode::kGone);
  EXPECT_EQ(code_of(delete_object(world, "o")), ErrorCode::kGone);
  EXPECT_EQ(code_of(delete_object(world, "p")), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(delete_object(world, "./pins")), ErrorCode::kInvalid);
  const log::Event event = events_of(world).back();
  EXPECT_EQ(event.object, log::kDeletionsObject);
  const auto change = log::rule_change_in(event);
  ASSERT_TRUE(change && *change);
  EXPECT_EQ((*change)->reason, "old");
  // The past stays readable to those who may.
  EXPECT_EQ(replay(world, "o", 1)->object->to_json(), R"({"content":"secret"})");
}

TEST(WorkspaceDeletion, NobodyIsToldBeforeItIsDurable) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Typist typist(1);
  Told open(world, "o");
  world.host.get("w").change(
      "o", {.caller = testing::ann()},
      [&](const merge::Object&, log::Position) -> Result<Bytes> { return typist.type("hello"); },
      [](const auto& receipt) { EXPECT_TRUE(receipt); });
  world.commit();
  std::optional<Result<Receipt>> receipt;
  world.host.get("w").delete_object({.caller = testing::ann(), .object = "o"},
                                    [&](auto answer) { receipt = std::move(answer); });
  world.loop.run();
  EXPECT_FALSE(receipt);
  EXPECT_FALSE(open.deleted);
  std::optional<Error> refused;
  world.host.get("w").read(
      testing::ann(), "o",
      [](const merge::Object&) -> Result<std::unique_ptr<Pieces>> {
        return fail(ErrorCode::kIo, "");
      },
      [&](auto view) { refused = view.error(); });
  world.loop.run();
  EXPECT_FALSE(refused);
  world.commit();
  ASSERT_TRUE(receipt && *receipt);
  EXPECT_TRUE(open.deleted);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, ErrorCode::kGone);
}

TEST(WorkspaceDeletion, ReplicasOfBeforeAreRefusedAndNewOnesBeginEmpty) {
  TestWorld world;
  Typist old(1);
  Typist offline(2);
  const Bytes first = old.type("secret");
  submit(world, "o", first);
  offline.receive(first);
  ASSERT_TRUE(delete_object(world, "o"));

  Told back(world, "o");
  // What it sends names ids of before: its own, a neighbour's, a deleted one, and in its version.
  EXPECT_EQ(code_of(back.submit(first)), ErrorCode::kGone);
  EXPECT_EQ(code_of(back.submit(offline.type("more"))), ErrorCode::kGone);
  EXPECT_EQ(code_of(back.submit(offline.doc().encode_state_as_update())), ErrorCode::kGone);
  EXPECT_EQ(code_of(back.diff(crdt::encode_state_vector(offline.doc().state_vector()))),
            ErrorCode::kGone);
  EXPECT_EQ(code_of(read(world, "o")), ErrorCode::kGone);

  Typist fresh(3);
  const auto begun = back.submit(fresh.type("new"));
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(read(world, "o").value(), R"({"content":"new"})");
  EXPECT_EQ(events_of(world).back().generation, 2u);
  EXPECT_EQ(code_of(back.submit(first)), ErrorCode::kGone);
  // The same after a restart, and from what is stored.
  AfterRestart again(world);
  EXPECT_EQ(read(world, again.host, "o").value(), R"({"content":"new"})");
  Visit visit(world, again.host, "o");
  EXPECT_EQ(visit.object().resident().generation(), 2u);
}

TEST(WorkspaceDeletion, ADeletionOutlivesARestart) {
  TestWorld world;
  Typist old(1);
  const Bytes first = old.type("secret");
  submit(world, "o", first);
  ASSERT_TRUE(delete_object(world, "o"));
  AfterRestart again(world);
  EXPECT_EQ(code_of(read(world, again.host, "o")), ErrorCode::kGone);
}

TEST(WorkspaceDeletion, SeedsAreExcepted) {
  TestWorld world;
  Typist seed(7);
  const Bytes first = seed.type("template ");
  submit(world, "o", first);
  ASSERT_TRUE(delete_object(world, "o"));
  Told open(world, "o");
  EXPECT_EQ(code_of(open.submit(first)), ErrorCode::kGone);
  ASSERT_TRUE(change_rules(world, log::SetDeletionRule{.grace_ms = 1000, .seeds = {7}}));
  EXPECT_TRUE(open.submit(first));
  EXPECT_EQ(read(world, "o").value(), R"({"content":"template "})");
}

TEST(WorkspaceDeletion, CanBeUndoneUntilItsTimeIsOver) {
  TestWorld world;
  Typist typist(1);
  submit(world, "o", typist.type("kept"));
  EXPECT_EQ(code_of(undelete(world, "o")), ErrorCode::kNotFound);
  ASSERT_TRUE(delete_object(world, "o"));
  ASSERT_TRUE(undelete(world, "o"));
  EXPECT_EQ(read(world, "o").value(), R"({"content":"kept"})");
  submit(world, "o", typist.type("!"));
  EXPECT_EQ(read(world, "o").value(), R"({"content":"kept!"})");
  // A new object is in the way.
  ASSERT_TRUE(delete_object(world, "o"));
  Typist fresh(3);
  submit(world, "o", fresh.type("new"));
  EXPECT_EQ(code_of(undelete(world, "o")), ErrorCode::kConflict);
  ASSERT_TRUE(delete_object(world, "o"));
  ASSERT_TRUE(undelete(world, "o"));
  EXPECT_EQ(read(world, "o").value(), R"({"content":"new"})");
  ASSERT_TRUE(change_rules(world, log::SetDeletionRule{.grace_ms = 0}));
  ASSERT_TRUE(delete_object(world, "o"));
  EXPECT_EQ(code_of(undelete(world, "o")), ErrorCode::kGone);
}

std::size_t payloads_of(TestWorld& world, const std::string& object) {
  std::size_t payloads = 0;
  for (const log::Event& event : events_of(world))
    payloads += event.object == object && !event.dropped_payload ? 1 : 0;
  return payloads;
}

TEST(WorkspaceErasure, NothingIsLeftButWhatProvesThatItWas) {
  TestWorld world;
  RandomHistory history(world, 1);
  history.write(40);
  ASSERT_TRUE(change_rules(world, log::SetPin{"v1", 20}));
  const std::size_t events = events_of(world).size();
  ASSERT_TRUE(delete_object(world, "o1", true));
  workspace::ErasureKeeper keeper(world.sources, world.host, world.loop, {.pause_ms = 1});
  world.loop.advance(1000);
  EXPECT_EQ(keeper.counters().objects, 1u);
  EXPECT_EQ(keeper.counters().failures, 0u);
  EXPECT_EQ(payloads_of(world, "o1"), 0u);
  EXPECT_GT(payloads_of(world, "o2"), 0u);
  EXPECT_EQ(events_of(world).size(), events + 2);
  EXPECT_EQ(code_of(replay(world, "o1", 20)), ErrorCode::kGone);
  EXPECT_EQ(code_of(read(world, "o1")), ErrorCode::kGone);
  EXPECT_EQ(code_of(undelete(world, "o1")), ErrorCode::kGone);
  // Its name begins anew, also from the log alone.
  Typist fresh(77);
  submit(world, "o1", fresh.type("new"));
  AfterRestart again(world);
  EXPECT_EQ(read(world, again.host, "o1").value(), R"({"content":"new"})");
}

TEST(WorkspaceErasure, WaitsForItsTimeAndForALegalHold) {
  TestWorld world;
  Typist typist(1);
  submit(world, "o", typist.type("secret"));
  ASSERT_TRUE(change_rules(world, log::SetDeletionRule{.grace_ms = 10'000}));
  hold(world);
  ASSERT_TRUE(delete_object(world, "o"));
  workspace::ErasureKeeper keeper(world.sources, world.host, world.loop,
                                  {.interval_ms = 1000, .pause_ms = 1});
  world.loop.advance(5000);
  EXPECT_EQ(payloads_of(world, "o"), 1u);
  EXPECT_EQ(keeper.counters().held, 0u);
  world.loop.advance(20'000);
  EXPECT_EQ(payloads_of(world, "o"), 1u);
  EXPECT_GT(keeper.counters().held, 0u);
  hold(world, log::ReleaseHold{});
  world.loop.advance(5000);
  EXPECT_EQ(payloads_of(world, "o"), 0u);
  EXPECT_EQ(keeper.counters().objects, 1u);
}

}  // namespace
}  // namespace syncline::state
