// A workspace is deleted: everybody is told and refused, it can be undone for a while, then all that it held is erased, and
// its name begins anew.
#include <gtest/gtest.h>

#include <string>

#include "log/rules.h"
#include "store/directory.h"
#include "workspace/deleting.h"
#include "workspace/erasure_keeper.h"

namespace syncline::state {
namespace {

constexpr std::uint64_t kGraceMs = 10'000;

log::DeleteWorkspace deletion_in(const TestWorld& world, std::uint64_t ms = kGraceMs) {
  return {.generation = 1, .erase_at_ms = ms == 0 ? 0 : world.loop.unix_ms() + ms};
}

class Reader final : public workspace::Follower {
 public:
  void on_durable(log::Position) override {}
  void on_closed(const Error& why) override { closed = why; }

  std::optional<Error> closed;
};

const log::HeldDeletions& held(TestWorld& world) {
  EXPECT_TRUE(ask<void>(world, [&](auto done) { world.host.get("w").open(std::move(done)); }));
  return world.host.get("w").deletions();
}

std::size_t payloads_left(TestWorld& world) {
  std::size_t left = 0;
  for (const log::Event& event : events_of(world))
    left += !log::is_system_object(event.object) && !event.dropped_payload ? 1 : 0;
  return left;
}

workspace::ErasurePace quick() {
  return {.interval_ms = 1000, .pause_ms = 1};
}

TEST(DeletedWorkspace, RefusesEverybodyAndTellsWhoIsThere) {
  TestWorld world;
  Typist typist(1);
  Told open(world, "o");
  ASSERT_TRUE(open.submit(typist.type("secret")));
  Reader reader;
  const auto place = world.host.get("w").follow(reader);
  const auto receipt = change_rules(world, deletion_in(world), "ann", "over");
  ASSERT_TRUE(receipt) << receipt.error().message;
  ASSERT_TRUE(open.deleted);
  EXPECT_EQ(open.deleted->code, ErrorCode::kGone);
  EXPECT_EQ(open.deleted->message, "workspace w was deleted");
  ASSERT_TRUE(reader.closed);
  EXPECT_EQ(reader.closed->code, ErrorCode::kGone);
  EXPECT_EQ(code_of(open.submit(typist.type("more"))), ErrorCode::kGone);
  EXPECT_EQ(code_of(read(world, "o")), ErrorCode::kGone);
  EXPECT_EQ(code_of(read(world, "never")), ErrorCode::kGone);
  EXPECT_EQ(code_of(world.host.admit(testing::ann(), "w")), ErrorCode::kGone);
  EXPECT_TRUE(world.host.admit(testing::ann(), "w", workspace::Deleted::kTaken));
  EXPECT_TRUE(world.host.admit(testing::ann(), "other"));
  EXPECT_EQ(code_of(change_rules(world, deletion_in(world))), ErrorCode::kConflict);
  EXPECT_EQ(code_of(change_rules(world, log::BeginWorkspace{2})), ErrorCode::kConflict);
}

TEST(DeletedWorkspace, IsKnownToTheNextProcessBeforeAnybodyOpensIt) {
  TestWorld world;
  Typist typist(1);
  submit(world, "o", typist.type("secret"));
  ASSERT_TRUE(change_rules(world, deletion_in(world)));
  AfterRestart again(world);
  const auto read_names = [&](const std::string& after, std::size_t limit) {
    return store::read_directory(world.store.tables(), log::DirectoryKind::kDeleted, "", after,
                                 limit);
  };
  ASSERT_TRUE(workspace::load_deleted_workspaces(read_names, again.deleted));
  EXPECT_EQ(code_of(again.host.admit(testing::ann(), "w")), ErrorCode::kGone);
  EXPECT_EQ(code_of(read(world, again.host, "o")), ErrorCode::kGone);
  ASSERT_TRUE(change_rules(world, log::UndeleteWorkspace{1}));
  EXPECT_EQ(read(world, "o").value(), R"({"content":"secret"})");
  EXPECT_TRUE(world.host.admit(testing::ann(), "w"));
  workspace::DeletedWorkspaces none;
  ASSERT_TRUE(workspace::load_deleted_workspaces(read_names, none));
  EXPECT_TRUE(none.empty());
}

TEST(DeletedWorkspace, NobodyIsToldBeforeItIsDurable) {
  TestWorld world(store::MemoryStore::CommitMode::kManual);
  Typist typist(1);
  Told open(world, "o");
  world.host.get("w").submit(testing::ann(), *open.live(), {.intent = typist.type("a")}, nullptr,
                             [](Result<workspace::Receipt>) {});
  world.commit();
  std::optional<Result<Receipt>> deleted;
  world.host.get("w").change_rules(testing::ann(), identity::Right::kRetention, deletion_in(world),
                                   "", [&](Result<Receipt> done) { deleted = std::move(done); });
  std::optional<Result<Receipt>> refused;
  world.loop.run();
  world.host.get("w").submit(testing::ann(), *open.live(), {.intent = typist.type("b")}, nullptr,
                             [&](Result<Receipt> done) { refused = std::move(done); });
  world.loop.run();
  EXPECT_FALSE(deleted);
  EXPECT_FALSE(refused) << "a refusal waits for the deletion that it follows from";
  EXPECT_FALSE(open.deleted);
  EXPECT_FALSE(world.deleted.contains("w"));
  world.commit();
  ASSERT_TRUE(deleted && *deleted);
  ASSERT_TRUE(refused);
  EXPECT_EQ(code_of(*refused), ErrorCode::kGone);
  EXPECT_TRUE(open.deleted);
  EXPECT_TRUE(world.deleted.contains("w"));
}

TEST(DeletedWorkspace, CanBeUndeletedUntilItsTimeIsOver) {
  TestWorld world;
  Typist typist(1);
  submit(world, "o", typist.type("a"));
  EXPECT_EQ(code_of(change_rules(world, log::UndeleteWorkspace{1})), ErrorCode::kNotFound);
  ASSERT_TRUE(change_rules(world, deletion_in(world)));
  world.loop.advance(kGraceMs + 1);
  EXPECT_EQ(code_of(change_rules(world, log::UndeleteWorkspace{1})), ErrorCode::kGone);
}

// Everything that a workspace can have.
void fill(TestWorld& world, RandomHistory& history) {
  history.write(60);
  ASSERT_TRUE(change_rules(world, log::SetPin{"v1", 20}));
  ASSERT_TRUE(change_rules(world, log::SetPin{"v2", 30}));
  ASSERT_TRUE(change_rules(world, log::SetPolicy{"all", "permit(principal, action, resource);"}));
  ASSERT_TRUE(change_rules(
      world, log::Share{"", {log::Grantee::Kind::kEveryone, ""}, log::ShareRole::kOwner}));
  ASSERT_TRUE(change_rules(world, log::SetRetention{{.keep_last = 1000}}));
  ASSERT_TRUE(change_rules(world, log::SetDeletionRule{.grace_ms = kGraceMs}));
}

void expect_erased(TestWorld& world) {
  ASSERT_TRUE(held(world).workspace);
  EXPECT_TRUE(held(world).workspace->erased);
  for (const auto& [object, all] : held(world).objects)
    for (const log::EndedGeneration& each : all) EXPECT_TRUE(each.erased) << object;
  EXPECT_EQ(payloads_left(world), 0u);
  const auto access = ask<workspace::Host::Access>(
      world, [&](auto done) { world.host.read_access("w", std::move(done)); });
  ASSERT_TRUE(access);
  EXPECT_TRUE(access->policies.empty());
  EXPECT_TRUE(access->shares.empty());
  const auto pins = ask<std::vector<log::Pin>>(
      world, [&](auto done) { world.log->pins().list_pins("w", "", 10, std::move(done)); });
  ASSERT_TRUE(pins);
  EXPECT_TRUE(pins->empty());
  const auto cursor = world.store.tables().cursor(store::Family::kSnapshots);
  for (cursor->seek(""); cursor->valid(); cursor->next())
    EXPECT_TRUE(cursor->key().find("./") != std::string_view::npos) << "a snapshot of a document";
}

TEST(DeletedWorkspace, IsErasedAndBeginsAnew) {
  TestWorld world;
  RandomHistory history(world, 1);
  fill(world, history);
  int beside = 0;
  ASSERT_TRUE(change_rules(world, deletion_in(world, 0)));
  EXPECT_EQ(code_of(change_rules(world, log::UndeleteWorkspace{1})), ErrorCode::kGone);
  workspace::ErasureKeeper keeper(world.sources, world.host, world.loop, quick(), {}, {},
                                  [&](const std::string&, log::Done<void> done) {
                                    ++beside;
                                    done({});
                                  });
  world.loop.advance(3000);
  EXPECT_EQ(keeper.counters().workspaces, 1u);
  EXPECT_EQ(keeper.counters().failures, 0u);
  EXPECT_EQ(beside, 1);
  expect_erased(world);
  EXPECT_EQ(code_of(world.host.admit(testing::ann(), "w")), ErrorCode::kGone);

  EXPECT_EQ(code_of(change_rules(world, log::BeginWorkspace{3})), ErrorCode::kConflict);
  ASSERT_TRUE(change_rules(world, log::BeginWorkspace{2}));
  EXPECT_TRUE(world.host.admit(testing::ann(), "w"));
  EXPECT_FALSE(world.deleted.contains("w"));
  EXPECT_EQ(held(world).rule, log::SetDeletionRule{});
  EXPECT_EQ(held(world).workspace_generation, 2u);
  EXPECT_EQ(code_of(read(world, "o1")), ErrorCode::kGone);
  Typist fresh(77);
  submit(world, "o1", fresh.type("new"));
  EXPECT_EQ(read(world, "o1").value(), R"({"content":"new"})");
  // And it can be deleted again.
  EXPECT_EQ(code_of(change_rules(world, deletion_in(world))), ErrorCode::kConflict);
  ASSERT_TRUE(change_rules(world, log::DeleteWorkspace{.generation = 2}));
  world.loop.advance(3000);
  expect_erased(world);
}

TEST(DeletedWorkspace, AReplicaOfItDoesNotComeBack) {
  TestWorld world;
  Typist typist(1);
  submit(world, "o", typist.type("secret"));
  ASSERT_TRUE(change_rules(world, deletion_in(world, 0)));
  workspace::ErasureKeeper keeper(world.sources, world.host, world.loop, quick());
  world.loop.advance(3000);
  ASSERT_TRUE(change_rules(world, log::BeginWorkspace{2}));
  Told open(world, "o");
  EXPECT_EQ(code_of(open.submit(typist.type("offline"))), ErrorCode::kGone);
}

// So many replicas have changed it that what would recognise them is too long to be kept.
TEST(DeletedWorkspace, IsErasedAlsoWithAnObjectThatCannotBeDeletedByItself) {
  TestWorld world;
  Typist all(1);
  for (std::uint64_t i = 0; i < 9000; ++i)
    all.receive(Typist((std::uint64_t{1} << 50) + i).type("x"));
  submit(world, "crowded", all.doc().encode_state_as_update());
  EXPECT_EQ(code_of(delete_object(world, "crowded")), ErrorCode::kTooLarge);
  ASSERT_TRUE(change_rules(world, deletion_in(world, 0)));
  workspace::ErasureKeeper keeper(world.sources, world.host, world.loop, quick());
  world.loop.advance(10'000);
  EXPECT_TRUE(held(world).workspace->erased);
  EXPECT_EQ(payloads_left(world), 0u);
  EXPECT_EQ(keeper.counters().failures, 0u);
}

TEST(DeletedWorkspace, AnErasureThatIsInterruptedAnywhereEndsTheSame) {
  TestWorld world;
  RandomHistory history(world, 2);
  fill(world, history);
  ASSERT_TRUE(change_rules(world, deletion_in(world, 0)));
  std::uint64_t done = 0;
  int runs = 0;
  for (std::uint64_t ms = 1; done == 0 && runs < 400; ++runs) {
    workspace::ErasureKeeper keeper(world.sources, world.host, world.loop, quick());
    world.loop.advance(ms + static_cast<std::uint64_t>(runs / 2));
    done = keeper.counters().workspaces;
    EXPECT_EQ(keeper.counters().failures, 0u);
  }
  EXPECT_GT(runs, 3) << "it was never interrupted";
  EXPECT_EQ(done, 1u);
  expect_erased(world);
}

TEST(DeletedWorkspace, IsNotErasedUnderALegalHold) {
  TestWorld world;
  Typist typist(1);
  submit(world, "o", typist.type("secret"));
  ASSERT_TRUE(change_rules(world, deletion_in(world)));
  hold(world);
  workspace::ErasureKeeper keeper(world.sources, world.host, world.loop, quick());
  world.loop.advance(3 * kGraceMs);
  EXPECT_EQ(payloads_left(world), 1u);
  EXPECT_GT(keeper.counters().held, 0u);
  EXPECT_EQ(keeper.counters().workspaces, 0u);
  hold(world, log::ReleaseHold{});
  world.loop.advance(3000);
  EXPECT_EQ(payloads_left(world), 0u);
  EXPECT_EQ(keeper.counters().workspaces, 1u);
}

}  // namespace
}  // namespace syncline::state
