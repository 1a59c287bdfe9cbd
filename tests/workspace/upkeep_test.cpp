// The upkeep of objects: in slices, and while memory is short.
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>

#include "one_workspace.h"
#include "syncline/crdt/awareness.h"

namespace syncline::state {
namespace {

using workspace::LiveObject;

// Somebody who has one object open, and remembers who he was told is present.
class Guest final : public workspace::Subscriber {
 public:
  void on_change(const workspace::Delivery&) override {}
  void on_presence(const workspace::Delivery& update) override { told = to_bytes(update.payload); }
  void on_lost(const Error&) override {}

  void open(TestWorld& world, const std::string& workspace, const std::string& object) {
    world.host.get(workspace).subscribe(
        testing::ann(), object, "yjs", *this,
        [this](Result<LiveObject*> opened) { live = opened.value(); });
    world.commit();
  }

  LiveObject* live = nullptr;
  Bytes told;
};

Bytes presence_of(crdt::ClientId client, std::size_t bytes) {
  const std::string json = "\"" + std::string(bytes, 'x') + "\"";
  const crdt::AwarenessEntry entry{.client = client, .clock = 1, .state = json, .gone = false};
  return crdt::encode_awareness({&entry, 1});
}

TEST(Upkeep, ASweepOfManyObjectsTakesManyTurns) {
  TestWorld world;
  std::deque<Guest> guests(1000);
  for (std::size_t i = 0; i < guests.size(); ++i)
    guests[i].open(world, i < 300 ? "v" : "w", "o" + std::to_string(i));
  const std::uint64_t before = world.counters.sweep_turns;
  world.loop.advance(3000);
  world.loop.run();
  EXPECT_EQ(world.counters.sweeps, 1u);
  EXPECT_EQ(world.counters.sweep_turns - before, 4u) << "1,002 steps, 256 in a turn";
  world.loop.advance(3000);
  world.loop.run();
  EXPECT_EQ(world.counters.sweeps, 2u);
  for (std::size_t i = 0; i < guests.size(); ++i)
    world.host.get(i < 300 ? "v" : "w").unsubscribe(*guests[i].live, guests[i]);
  world.commit();
  world.loop.advance(3000);
  world.loop.run();
  EXPECT_EQ(world.host.workspaces(), 0u);
}

// Most open documents are not being edited.
TEST(Upkeep, AnObjectThatNobodyChangesGivesBackWhatItKeptForTheNextChange) {
  TestWorld world;
  Typist typist(1);
  Guest guest;
  guest.open(world, "w", "o");
  const auto sweep = [&world] {
    world.loop.advance(3000);
    world.loop.run();
  };
  submit(world, "o", typist.type("a"));
  sweep();
  const std::size_t busy = guest.live->memory_bytes();
  submit(world, "o", typist.type("b"));
  sweep();
  EXPECT_GE(guest.live->memory_bytes(), busy) << "it was changed since the sweep before";
  sweep();
  EXPECT_LT(guest.live->memory_bytes() + 300, busy);
  EXPECT_EQ(world.host.cache().bytes(), guest.live->memory_bytes()) << "it is measured again";
  submit(world, "o", typist.type("c"));
  EXPECT_EQ(guest.live->object().to_json(), R"({"content":"abc"})");
}

TEST(Upkeep, WhilePresenceIsShortWhoHoldsMostLosesIt) {
  TestWorld world;
  Guest big;
  Guest small;
  big.open(world, "w", "o");
  small.open(world, "w", "o");
  workspace::Workspace& workspace = world.host.get("w");
  const auto announce = [&](Guest& guest, crdt::ClientId client, std::size_t bytes) {
    workspace.set_presence(testing::ann(), *guest.live, guest, presence_of(client, bytes), true,
                           [](Result<void> set) { EXPECT_TRUE(set); });
    world.loop.run();
  };
  for (crdt::ClientId client = 1; client <= 3; ++client) announce(big, client, 50'000);
  announce(small, 4, 1000);
  EXPECT_GT(world.memory.used(MemoryUse::kPresence), 151'000u);
  world.loop.advance(3000);
  world.loop.run();
  EXPECT_EQ(world.counters.presence_evictions, 0u);
  world.memory.set_resident(950);
  world.loop.advance(3000);
  world.loop.run();
  EXPECT_EQ(world.counters.presence_evictions, 1u);
  EXPECT_LT(world.memory.used(MemoryUse::kPresence), 8000u);
  EXPECT_EQ(crdt::decode_awareness(small.told)->size(), 3u) << "they have gone";
  for (Guest* guest : {&big, &small}) workspace.unsubscribe(*guest->live, *guest);
  world.memory.set_resident(0);
  world.loop.advance(40'000);
  world.commit();
  EXPECT_EQ(world.memory.used(MemoryUse::kPresence), 0u);
}

// They come back when memory is no longer short, and are taken up if what they need has arrived meanwhile.
TEST(Upkeep, WhileMemoryIsShortManyWaitingChangesAreSetAside) {
  TestWorld world;
  Guest ann;
  ann.open(world, "w", "o");
  Typist typist(1);
  const Bytes cause = typist.type("a");
  const Bytes effect = typist.type(std::string(300'000, 'b'));
  std::optional<ErrorCode> refused;
  const auto send = [&](const Bytes& update, auto done) {
    world.host.get("w").submit(testing::ann(), *ann.live, {.actor_seq = 1, .intent = update}, &ann,
                               std::move(done));
    world.commit();
  };
  send(effect, [&](Result<workspace::Receipt> receipt) { refused = receipt.error().code; });
  EXPECT_GT(world.memory.used(MemoryUse::kWaiting), effect.size());
  world.memory.set_resident(950);
  world.loop.advance(3000);
  world.commit();
  EXPECT_EQ(world.memory.used(MemoryUse::kWaiting), 0u);
  EXPECT_EQ(refused, ErrorCode::kUnavailable) << "its author comes back";
  send(cause, [](Result<workspace::Receipt> receipt) { EXPECT_TRUE(receipt); });
  EXPECT_EQ(ann.live->object().to_json(), R"({"content":"a"})");
  world.memory.set_resident(100);
  world.loop.advance(3000);
  world.commit();
  EXPECT_GT(ann.live->object().to_json().size(), 300'000u) << "it was stored all the time";
  EXPECT_EQ(world.memory.used(MemoryUse::kWaiting), 0u);
  world.host.get("w").unsubscribe(*ann.live, ann);
  world.commit();
}

}  // namespace
}  // namespace syncline::state
