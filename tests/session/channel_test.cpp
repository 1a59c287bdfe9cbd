// A channel over a type whose replicas have no versions: the whole state stands in for a diff.
#include "session/channel.h"

#include <gtest/gtest.h>

#include "support/test_world.h"
#include "support/toy_register.h"

namespace syncline::session {
namespace {

using testing::TestWorld;
using workspace::Delivery;

class RecordingWire : public Wire {
 public:
  struct Change {
    std::string object;
    log::Position position = 0;
    std::string principal;
    Bytes payload;
  };

  void send_version(ByteView) override { ADD_FAILURE() << "there are no versions"; }
  void send_answer(const workspace::Diff&) override { ADD_FAILURE() << "there are no diffs"; }
  void send_catch_up(const workspace::Diff&) override { ADD_FAILURE() << "there are no diffs"; }
  void send_change(const Delivery& change) override {
    changes.push_back({std::string(change.object), change.position, std::string(change.principal),
                       to_bytes(change.payload)});
  }
  void send_presence(const Delivery&) override {}
  void send_saved(std::uint64_t updates) override { saved += updates; }
  void send_refused(const Error&) override {}
  void close(const Error& error) override { closed = error; }
  std::size_t queued_bytes() const override { return queued; }
  void hold_reading() override {}
  void resume_reading() override {}

  std::vector<Change> changes;
  std::uint64_t saved = 0;
  std::size_t queued = 0;
  std::optional<Error> closed;
};

class StateWire final : public RecordingWire {
 public:
  void send_state(const workspace::Workspace::State& state) override { states.push_back(state); }

  std::vector<workspace::Workspace::State> states;
};

ChannelOptions register_of(TestWorld& world, std::string principal, const Limits& limits,
                           Counters& counters, Meter& meter) {
  return {.host = world.host,
          .workspace = "w",
          .object = "r",
          .face = "toy-strict",
          .caller = {.principal = {.id = std::move(principal)},
                     .rights = identity::Rights::all(),
                     .actor = "a1"},
          .limits = limits,
          .counters = counters,
          .meter = meter};
}

class ChannelTest : public ::testing::Test {
 protected:
  void write(std::uint64_t replaced, std::string_view value) {
    writer_.change(test::toy_write(replaced, value));
    world_.loop.run();
  }
  void join() {
    writer_.join();
    reader_.join();
    world_.loop.run();
  }

  TestWorld world_;
  const Limits limits_{.queue_bytes = 1000};
  Counters counters_;
  Meter meter_{nullptr, world_.loop, counters_};
  StateWire writers_;
  StateWire readers_;
  Channel writer_{register_of(world_, "ann", limits_, counters_, meter_), writers_};
  Channel reader_{register_of(world_, "bob", limits_, counters_, meter_), readers_};
};

TEST_F(ChannelTest, WhoJoinsOrAsksGetsTheState) {
  join();
  ASSERT_EQ(readers_.states.size(), 1u);
  EXPECT_EQ(readers_.states[0].position, 0u);
  write(0, "one");
  EXPECT_EQ(writers_.saved, 1u);
  ASSERT_EQ(readers_.changes.size(), 1u);
  EXPECT_EQ(readers_.changes[0].object, "r");
  EXPECT_EQ(readers_.changes[0].position, 1u);
  EXPECT_EQ(readers_.changes[0].principal, "ann");
  EXPECT_EQ(readers_.changes[0].payload, test::toy_write(0, "one"));

  reader_.ask({});
  world_.loop.run();
  ASSERT_EQ(readers_.states.size(), 2u);
  EXPECT_EQ(readers_.states[1].position, 1u);
  EXPECT_EQ(readers_.states[1].snapshot, test::toy_write(1, "one"));
  EXPECT_FALSE(readers_.closed);
}

TEST_F(ChannelTest, ASlowReaderGetsTheStateOnce) {
  join();
  readers_.queued = 1001;
  write(0, "one");
  write(1, "two");
  reader_.ask({});
  reader_.send_owed();
  world_.loop.run();
  EXPECT_TRUE(readers_.changes.empty());
  EXPECT_EQ(readers_.states.size(), 1u) << "of joining";
  EXPECT_EQ(counters_.fell_behind, 1u);

  readers_.queued = 0;
  reader_.drained();
  reader_.send_owed();
  world_.loop.run();
  ASSERT_EQ(readers_.states.size(), 2u);
  EXPECT_EQ(readers_.states.back().position, 2u);
  EXPECT_EQ(readers_.states.back().snapshot, test::toy_write(2, "two"));
  write(2, "three");
  ASSERT_EQ(readers_.changes.size(), 1u);
  EXPECT_EQ(readers_.changes[0].position, 3u);
}

TEST(Channel, AProtocolThatHasNoWordForAStateSaysSo) {
  TestWorld world;
  const Limits limits;
  Counters counters;
  RecordingWire wire;
  Meter meter(nullptr, world.loop, counters);
  Channel channel(register_of(world, "ann", limits, counters, meter), wire);
  channel.join();
  world.loop.run();
  ASSERT_TRUE(wire.closed);
  EXPECT_EQ(wire.closed->code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace syncline::session
