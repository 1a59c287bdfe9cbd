// Checkpoints are made in time, by nobody's asking.
#include "log/checkpoint_keeper.h"

#include <gtest/gtest.h>

#include "support/test_world.h"

namespace syncline::workspace {
namespace {

using store::MemoryStore;
using testing::TestWorld;
using testing::Typist;

class Nobody final : public Subscriber {
 public:
  void on_change(const Delivery&) override {}
  void on_presence(const Delivery&) override {}
  void on_lost(const Error&) override {}
};

// A world whose log is signed.
struct SignedWorld : TestWorld {
  explicit SignedWorld(MemoryStore::CommitMode mode = MemoryStore::CommitMode::kAtOnce)
      : TestWorld(mode) {
    ed25519::Seed seed;
    seed.fill(1);
    identity = {"log.example", {{"log.example", seed}}, {}};
    keeper.emplace(log->catalog(), notary, loop,
                   log::CheckpointPace{.interval_ms = 1000, .events = 10});
  }

  Services signed_services() {
    Services given = services();
    given.checkpoints = &*keeper;
    return given;
  }

  // How many events the kept checkpoint has; 0: none is kept.
  std::uint64_t signed_events(const std::string& workspace) {
    std::uint64_t size = 0;
    notary.last(workspace, [&](Result<log::SignedCheckpoint> last) {
      if (last) size = last->checkpoint.size;
    });
    loop.run();
    return size;
  }

  void type(Host& host, const std::string& workspace, int events) {
    Typist typist(++last_typist);
    Nobody nobody;
    LiveObject* object = nullptr;
    Workspace& where = host.get(workspace);
    where.subscribe(testing::ann(), "note", "yjs", nobody,
                    [&](Result<LiveObject*> live) { object = live.value(); });
    loop.run();
    for (int i = 0; i < events; ++i) {
      const Bytes update = typist.type("x");
      where.submit(testing::ann(), *object, {.intent = update}, nullptr,
                   [](Result<Receipt> receipt) { EXPECT_TRUE(receipt); });
    }
    loop.run();
    where.unsubscribe(*object, nobody);
    loop.run();
  }

  log::NotaryIdentity identity;
  log::Notary notary{log->events(), log->attestations(), identity};
  std::optional<log::CheckpointKeeper> keeper;
  crdt::ClientId last_typist = 0;
};

TEST(CheckpointKeeper, SignsAfterTheInterval) {
  SignedWorld world;
  Host host(world.signed_services());
  world.type(host, "w", 3);
  EXPECT_EQ(world.signed_events("w"), 0u) << "reading made one";
  EXPECT_TRUE(world.keeper->busy());
  world.loop.advance(999);
  EXPECT_EQ(world.signed_events("w"), 0u);
  world.loop.advance(1);
  EXPECT_EQ(world.signed_events("w"), 3u);
  EXPECT_FALSE(world.keeper->busy());
  world.loop.advance(60'000);
  EXPECT_EQ(world.keeper->counters().made, 1u) << "nothing was appended since";
}

TEST(CheckpointKeeper, SignsManyEventsWithoutWaiting) {
  SignedWorld world;
  Host host(world.signed_services());
  world.type(host, "w", 10);
  EXPECT_EQ(world.signed_events("w"), 10u);
}

TEST(CheckpointKeeper, FindsWhatWasLeftUnsigned) {
  SignedWorld world;
  world.type(world.host, "a", 2);  // by a server that nobody signs for
  world.type(world.host, "b", 2);
  world.keeper->look_through();
  world.loop.advance(1000);
  EXPECT_EQ(world.signed_events("a"), 2u);
  EXPECT_EQ(world.signed_events("b"), 2u);
  world.keeper->look_through();
  world.loop.advance(1000);
  EXPECT_EQ(world.keeper->counters().made, 2u);
}

TEST(CheckpointKeeper, HurriesAtTheEnd) {
  SignedWorld world;
  Host host(world.signed_services());
  world.type(host, "w", 3);
  world.keeper->hurry();
  world.loop.run();
  EXPECT_EQ(world.signed_events("w"), 3u);
  EXPECT_FALSE(world.keeper->busy());
}

TEST(CheckpointKeeper, SignsAFewAtATime) {
  SignedWorld world;
  Host host(world.signed_services());
  for (int i = 0; i < 50; ++i) {
    world.type(host, "w" + std::to_string(i), 1);
  }
  world.loop.advance(1000);
  EXPECT_EQ(world.keeper->counters().made, 50u);
}

TEST(CheckpointKeeper, TriesAgainWhatFailedForNow) {
  SignedWorld world;
  Host host(world.signed_services());
  world.type(host, "w", 1);
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "full"});
  world.loop.advance(1000);
  EXPECT_EQ(world.keeper->counters().failures, 1u);
  world.store.fail_appends(std::nullopt);
  world.loop.advance(1000);
  EXPECT_EQ(world.signed_events("w"), 1u);
}

}  // namespace
}  // namespace syncline::workspace
