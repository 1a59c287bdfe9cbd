// Changes that are sent again by actors that name themselves.
#include "workspace/actors.h"

#include <gtest/gtest.h>

#include "support/test_world.h"

namespace syncline::workspace {
namespace {

using store::MemoryStore;
using testing::TestWorld;
using testing::Typist;

const log::ActorId kTablet{"", "ann", "tablet"};

identity::Caller ann() {
  identity::Caller caller = testing::ann();
  caller.actor = kTablet.actor;
  return caller;
}

// A change that only its number says to be a repeated one: the document does not know it.
Bytes something_else() {
  return Typist(7).type("something else");
}

class Speaker final : public Subscriber {
 public:
  void on_change(const Delivery&) override { ++changes; }
  void on_presence(const Delivery&) override {}
  void on_lost(const Error&) override { lost = true; }

  int changes = 0;
  bool lost = false;
};

// A connection that speaks for the tablet.
class Line {
 public:
  Line(TestWorld& world, Workspace& workspace) : world_(world), workspace_(workspace) {
    workspace.subscribe(ann(), "note", "yjs", listener,
                        [this](Result<LiveObject*> live) { object = *live; });
    workspace.recall(kTablet, [this](auto recalled) { actor = recalled.value(); });
    world.loop.run();
  }
  ~Line() {
    if (!listener.lost) workspace_.unsubscribe(*object, listener);
  }

  std::shared_ptr<std::optional<Result<Receipt>>> send(std::uint64_t number, ByteView intent,
                                                       std::uint64_t further = 0) {
    auto answer = std::make_shared<std::optional<Result<Receipt>>>();
    workspace_.submit(
        ann(), *object,
        {.actor_seq = number, .further_seqs = further, .intent = intent, .named = actor}, &listener,
        [answer](Result<Receipt> receipt) { *answer = std::move(receipt); });
    return answer;
  }
  Result<Receipt> wait(std::uint64_t number, ByteView intent, std::uint64_t further = 0) {
    const auto answer = send(number, intent, further);
    world_.loop.run();
    return answer->value();
  }

  Speaker listener;
  LiveObject* object = nullptr;
  std::shared_ptr<NamedActor> actor;

 private:
  TestWorld& world_;
  Workspace& workspace_;
};

// The workspace, opened by another process over the same store.
struct Restarted {
  explicit Restarted(TestWorld& of) : world(of) {}

  TestWorld& world;
  std::unique_ptr<log::LoopStore> log = world.store.open_loop(world.loop);
  const state::ReplaySources sources{*log, test::test_types()};
  state::ObjectCache cache{sources, {}};
  Counters counters;
  Workspace workspace{"w",
                      {.log = log->events(),
                       .cache = cache,
                       .types = sources.types,
                       .waiting = log->waiting(),
                       .retention = log->retention(),
                       .rules = log->rules(),
                       .scheduler = world.loop,
                       .counters = counters,
                       .random = world.random,
                       .on_storage_failure = [](const Error&) { FAIL(); },
                       .actors = &log->actors()}};
};

TEST(Actors, AChangeThatIsSentAgainIsRecordedOnce) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Typist typist(1);
  const Bytes first = typist.type("a");
  const Bytes second = typist.type("b");
  {
    Line line(world, workspace);
    EXPECT_EQ(line.wait(1, first)->position, 1u);
    EXPECT_EQ(line.wait(2, second)->position, 2u);
  }
  Line line(world, workspace);
  Speaker reader;
  workspace.subscribe(ann(), "note", "yjs", reader, [](auto) {});
  world.loop.run();
  const auto again = line.wait(2, something_else());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->known);
  EXPECT_EQ(again->position, 2u);
  EXPECT_EQ(again->durability, log::Durability::kDisk);
  EXPECT_TRUE(line.wait(1, {})->known);
  EXPECT_EQ(reader.changes, 0);
  EXPECT_EQ(line.wait(3, typist.type("c"))->position, 3u);
  EXPECT_EQ(reader.changes, 1);
  EXPECT_EQ(world.counters.changes_accepted, 3u);
  workspace.unsubscribe(*line.object, reader);
}

TEST(Actors, TheAnswerWaitsForTheFirstOne) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Workspace& workspace = world.host.get("w");
  Line line(world, workspace);
  const Bytes change = Typist(1).type("a");
  const auto first = line.send(1, change);
  Line other(world, workspace);
  EXPECT_EQ(other.actor, line.actor);
  const auto second = other.send(1, something_else());
  world.loop.run();
  EXPECT_FALSE(*second) << "it was acknowledged before it was durable";
  world.commit();
  ASSERT_TRUE(*first && **first);
  ASSERT_TRUE(*second && **second);
  EXPECT_FALSE((**first)->known);
  EXPECT_TRUE((**second)->known);
  EXPECT_EQ((**second)->position, (**first)->position);
}

// Its connection is gone, and nobody holds the actor but the change on its way.
TEST(Actors, AChangeOnItsWayIsRemembered) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Workspace& workspace = world.host.get("w");
  const Bytes change = Typist(1).type("a");
  { Line(world, workspace).send(1, change); }
  world.loop.run();
  Line line(world, workspace);
  const auto again = line.send(1, something_else());
  world.commit();
  ASSERT_TRUE(*again && **again);
  EXPECT_TRUE((**again)->known);
  EXPECT_EQ(world.counters.changes_accepted, 1u);
}

TEST(Actors, ARestartForgetsNothing) {
  TestWorld world;
  Typist typist(1);
  const Bytes change = typist.type("a");
  { EXPECT_TRUE(Line(world, world.host.get("w")).wait(1, change)); }
  Restarted server(world);
  {
    Line line(world, server.workspace);
    EXPECT_TRUE(line.wait(1, something_else())->known);
    EXPECT_FALSE(line.wait(2, typist.type("b"))->known);
    EXPECT_EQ(server.counters.changes_accepted, 1u);
  }
  world.loop.run();
}

TEST(Actors, AChangeThatWaitedIsRecordedUnderItsNumber) {
  TestWorld world;
  Typist typist(1);
  const Bytes cause = typist.type("a");
  const Bytes waits = typist.type("b");
  { Line(world, world.host.get("w")).send(2, waits); }
  world.loop.run();
  Restarted server(world);
  {
    Line line(world, server.workspace);
    EXPECT_EQ(line.wait(1, cause)->position, 1u);
    world.loop.run();
    EXPECT_EQ(server.counters.changes_accepted, 2u);
    const auto again = line.wait(2, something_else());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->known);
    EXPECT_EQ(again->position, 2u);
  }
  world.loop.run();
}

TEST(Actors, ANumberThatWasNotRecordedIsJudgedAnew) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Line line(world, workspace);
  Typist typist(1);
  EXPECT_EQ(line.wait(1, Bytes{0xff}).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(line.wait(2, typist.type("a"))->position, 1u);
  const auto later = line.wait(1, typist.type("b"));
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->known);
  EXPECT_EQ(later->position, 2u);
  EXPECT_TRUE(line.wait(1, {})->known);
}

// Several changes of one turn may be one event.
TEST(Actors, AChangeMayHaveSeveralNumbers) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Line line(world, workspace);
  EXPECT_EQ(line.wait(1, Typist(1).type("abc"), 2)->position, 1u);
  EXPECT_TRUE(line.wait(2, something_else())->known);
  EXPECT_TRUE(line.wait(1, something_else(), 2)->known);
  EXPECT_EQ(line.wait(3, something_else(), 1).error().code, ErrorCode::kConflict);
  EXPECT_EQ(line.wait(4, something_else(), 1)->position, 2u);
}

TEST(Actors, WhatIsNotToldApartAnyMoreIsRefused) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Line line(world, workspace);
  Typist typist(1);
  for (std::uint64_t i = 0; i <= log::ActorNumbers::kMaxRanges; ++i)
    ASSERT_TRUE(line.wait(2 + 2 * i, typist.type("x")));
  EXPECT_EQ(line.wait(2, {}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(line.wait(1, typist.type("x")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(line.wait(0, typist.type("x")).error().code, ErrorCode::kInvalid);
}

TEST(Actors, WhatTheLogRefusedIsNotRecorded) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Typist typist(1);
  const Bytes change = typist.type("a");
  Line line(world, workspace);
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "the store is full"});
  EXPECT_FALSE(line.wait(1, change));
  world.store.fail_appends(std::nullopt);
  ASSERT_TRUE(line.listener.lost);
  Line next(world, workspace);
  EXPECT_NE(next.actor, line.actor);
  const auto receipt = next.wait(1, change);
  ASSERT_TRUE(receipt);
  EXPECT_FALSE(receipt->known);
  // The one from before knows of a change that never was.
  next.actor = line.actor;
  EXPECT_EQ(next.wait(2, typist.type("b")).error().code, ErrorCode::kUnavailable);
}

TEST(Actors, WithoutAStoreNobodyNamesItself) {
  Actors actors("w", nullptr);
  std::optional<ErrorCode> code;
  actors.recall(kTablet, [&](auto recalled) { code = recalled.error().code; });
  EXPECT_EQ(code, ErrorCode::kUnsupported);
  TestWorld world;
  world.host.get("w").recall({"", "ann", ""}, [&](auto recalled) { code = recalled.error().code; });
  world.loop.run();
  EXPECT_EQ(code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace syncline::workspace
