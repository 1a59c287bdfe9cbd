// An object that cannot be replayed, and all the others, which must not notice.
#include "state/quarantine.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "state/changes.h"
#include "state/workspace_replay.h"
#include "workspace/one_workspace.h"

namespace syncline::state {
namespace {

class QuarantineTest : public ::testing::Test {
 protected:
  // "bad" and "good" take turns in workspace "w": odd positions are of "bad".
  void SetUp() override {
    for (int i = 0; i < 6; ++i) {
      write("bad", bad_, "b");
      write("good", good_, "g");
    }
  }

  Result<workspace::Receipt> write(const std::string& object, Typist& typist,
                                   std::string_view text) {
    Result<workspace::Receipt> receipt = fail(ErrorCode::kUnavailable, "not answered");
    world_.host.get("w").change(
        object, {.caller = testing::ann()},
        [&](const merge::Object&, log::Position) -> Result<Bytes> { return typist.type(text); },
        [&](Result<workspace::Receipt> answer) { receipt = std::move(answer); });
    world_.loop.run();
    return receipt;
  }

  Result<std::string> read(workspace::Host& host, const std::string& object) {
    Result<std::string> content = fail(ErrorCode::kUnavailable, "not answered");
    host.get("w").read(
        testing::ann(), object,
        [](const merge::Object& state) { return state.json_pieces(1 << 20); },
        [&](Result<workspace::Workspace::View> view) {
          content =
              view ? Result<std::string>(all_of(*view->content)) : std::unexpected(view.error());
        });
    world_.loop.run();
    return content;
  }

  Replayed replay(const std::string& object, log::Position at) {
    std::optional<Replayed> replayed;
    try_replay(world_.sources, "w", object, at, [&](Replayed done) { replayed = std::move(done); });
    world_.loop.run();
    return std::move(*replayed);
  }

  // Another process over the same store.
  struct Restarted {
    explicit Restarted(TestWorld& world, std::size_t limit = Quarantine::kLimit,
                       std::uint64_t most_steps = LoopShare{}.most_steps)
        : log(world.store.open_loop(world.loop)),
          quarantine(
              world.loop, [this](const Quarantined&) { ++added; }, limit),
          cache(sources_of(*log, most_steps), {}, &quarantine),
          host({.log = log->events(),
                .cache = cache,
                .types = test::test_types(),
                .waiting = log->waiting(),
                .retention = log->retention(),
                .rules = log->rules(),
                .scheduler = world.loop,
                .counters = counters,
                .random = world.random,
                .on_storage_failure = [this](const Error&) { ++failures; }}) {}

    static ReplaySources sources_of(log::LoopStore& store, std::uint64_t most_steps) {
      ReplaySources sources(store, test::test_types());
      sources.most_steps = most_steps;
      return sources;
    }

    std::unique_ptr<log::LoopStore> log;
    int added = 0;
    int failures = 0;
    Quarantine quarantine;
    ObjectCache cache;
    workspace::Counters counters;
    workspace::Host host;
  };

  TestWorld world_;
  Typist bad_{1};
  Typist good_{2};
};

TEST_F(QuarantineTest, ADamagedEventIsFoundAndWhatWasBeforeItCanBeRead) {
  world_.store.damage_event("w", 7);
  const Replayed now = replay("bad", log::kNow);
  ASSERT_FALSE(now);
  EXPECT_EQ(now.error().position, 7u);
  EXPECT_EQ(now.error().error.code, ErrorCode::kCorrupt);
  EXPECT_EQ(replay("bad", 7).error().position, 7u);
  EXPECT_EQ(replay("bad", 6).value().object->to_json(), R"({"content":"bbb"})");
  EXPECT_EQ(replay("good", log::kNow).value().object->to_json(), R"({"content":"gggggg"})");
}

TEST_F(QuarantineTest, TheFirstOfSeveralIsNamedWhicheverItsKind) {
  append_nonsense(world_, "bad");  // 13
  EXPECT_EQ(replay("bad", log::kNow).error().position, 13u);
  world_.store.damage_event("w", 11);
  world_.store.damage_event("w", 5);
  EXPECT_EQ(replay("bad", log::kNow).error().position, 5u);
}

// The disk that fails while the damaged event is looked for says nothing of any event.
TEST_F(QuarantineTest, AReadThatFailsIsNoDamage) {
  world_.store.damage_event("w", 7);
  Restarted server(world_);
  for (int failing = 0; failing < 6; ++failing) {
    int reads = 0;
    world_.store.fail_reads([&](const std::string&) -> std::optional<Error> {
      if (reads++ != failing) return std::nullopt;
      return Error{ErrorCode::kIo, "the disk failed"};
    });
    const auto refused = read(server.host, "bad");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), (Error{ErrorCode::kIo, "reading workspace w: the disk failed"}));
    EXPECT_EQ(server.quarantine.size(), 0u);
  }
  world_.store.fail_reads({});
  EXPECT_EQ(read(server.host, "bad").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(server.quarantine.find("w", "bad")->position, 7u);
}

TEST_F(QuarantineTest, ItIsReplayedOnceAndRefusedAtOnceFromThenOn) {
  world_.store.damage_event("w", 7);
  Restarted server(world_);
  for (int i = 0; i < 5; ++i) {
    const auto refused = read(server.host, "bad");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(refused.error().message.find("in quarantine: event 7 "), std::string::npos);
    EXPECT_NE(refused.error().message.find("until 6 can be read"), std::string::npos);
  }
  EXPECT_EQ(server.cache.counters().loads, 1u);
  EXPECT_EQ(server.added, 1);
  const auto listed = server.quarantine.list("w", "", 10);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].object, "bad");
  EXPECT_EQ(listed[0].position, 7u);
  EXPECT_EQ(listed[0].since_ms, world_.loop.unix_ms());
  EXPECT_EQ(server.failures, 0);
}

TEST_F(QuarantineTest, TheRestOfTheWorkspaceGoesOn) {
  world_.store.damage_event("w", 7);
  Restarted server(world_);
  Visit visit(world_, server.host, "good");
  ASSERT_FALSE(read(server.host, "bad"));
  visit.submit(good_.type("!"));
  EXPECT_EQ(visit.listener().changes, 1);
  EXPECT_EQ(visit.listener().lost, 0);
  EXPECT_EQ(read(server.host, "good").value(), R"({"content":"gggggg!"})");
  EXPECT_EQ(read(server.host, "new").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(server.counters.resets, 0u);
}

TEST_F(QuarantineTest, LiftingTriesAgain) {
  world_.store.damage_event("w", 7);
  Restarted server(world_);
  ASSERT_FALSE(read(server.host, "bad"));
  EXPECT_TRUE(server.quarantine.lift("w", "bad"));
  EXPECT_FALSE(server.quarantine.lift("w", "bad"));
  ASSERT_FALSE(read(server.host, "bad"));
  EXPECT_EQ(server.cache.counters().loads, 2u);
  EXPECT_EQ(server.quarantine.size(), 1u);
  world_.store.damage_event("w", 7);  // the same bit again: as it was
  ASSERT_FALSE(read(server.host, "bad")) << "nobody has lifted it";
  EXPECT_TRUE(server.quarantine.lift("w", "bad"));
  EXPECT_EQ(read(server.host, "bad").value(), R"({"content":"bbbbbb"})");
  EXPECT_EQ(server.quarantine.size(), 0u);
}

// Many characters, none of which joins another one, and a change of a few bytes that deletes all of them.
class CostlyEvents : public QuarantineTest {
 protected:
  // Ten events for the characters, and one that deletes them; of a client and in a text of their own. So small that ten
  // clients do not make a milestone.
  void write_and_delete(crdt::ClientId client = 10) {
    crdt::Doc doc({.client_id = client});
    Bytes last;
    doc.on_update([&](const crdt::UpdateEvent& event) { last = to_bytes(event.update()); });
    crdt::Text text = doc.text("text " + std::to_string(client));
    const auto change = [&](const std::function<void()>& edit) {
      doc.transact(edit);
      bool accepted = false;
      world_.host.get("w").change(
          "costly", {.caller = testing::ann()},
          [&](const merge::Object&, log::Position) -> Result<Bytes> { return last; },
          [&](Result<workspace::Receipt> receipt) { accepted = receipt && !receipt->known; });
      world_.loop.run();
      EXPECT_TRUE(accepted);
    };
    for (int i = 0; i < 10; ++i)
      change([&] {
        for (int each = 0; each < 40; ++each) EXPECT_TRUE(text.insert(0, "w"));
      });
    change([&] { EXPECT_TRUE(text.erase(0, text.length())); });
  }
};

// Such an event can be stored: by an earlier version, which had no limit, or under a higher one.
TEST_F(CostlyEvents, AnObjectThatWouldTakeTooLongIsSetAsideAndOthersWork) {
  write_and_delete();  // events 13 to 23
  Restarted server(world_, Quarantine::kLimit, 300);
  for (int i = 0; i < 3; ++i) {
    const auto refused = read(server.host, "costly");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(refused.error().message.find("in quarantine: event 23 "), std::string::npos)
        << refused.error().message;
    EXPECT_NE(refused.error().message.find("more than 300 steps"), std::string::npos)
        << refused.error().message;
  }
  EXPECT_EQ(server.cache.counters().loads, 1u) << "it is not tried again";
  EXPECT_EQ(server.added, 1);
  EXPECT_EQ(read(server.host, "good").value(), R"({"content":"gggggg"})");
  Restarted higher(world_, Quarantine::kLimit, 100'000);
  EXPECT_EQ(read(higher.host, "costly").value(), R"({"text 10":[]})");
}

TEST_F(CostlyEvents, AllOfALoadTogetherHaveALimitToo) {
  for (crdt::ClientId client = 10; client < 20; ++client) write_and_delete(client);
  Restarted server(world_, Quarantine::kLimit, 2'900);
  const auto refused = read(server.host, "costly");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("the costly events until there"), std::string::npos)
      << refused.error().message;
  // None of them is a 64th of this.
  Restarted enough(world_, Quarantine::kLimit, 10'000'000);
  const auto content = read(enough.host, "costly");
  EXPECT_TRUE(content) << content.error().message;
}

// A crash leaves no snapshot of an object that is in memory.
TEST_F(CostlyEvents, AfterACostlyLoadTheNextOneIsCheap) {
  write_and_delete();
  Restarted first(world_, Quarantine::kLimit, 3'000);
  ASSERT_TRUE(read(first.host, "costly"));
  EXPECT_EQ(first.cache.counters().replayed_events, 11u);
  world_.commit();
  Restarted second(world_, Quarantine::kLimit, 3'000);
  EXPECT_EQ(read(second.host, "costly").value(), R"({"text 10":[]})");
  EXPECT_EQ(second.cache.counters().replayed_events, 0u);
}

TEST_F(QuarantineTest, ItIsBoundedAndForgetsTheOldest) {
  Quarantine quarantine(world_.loop, {}, 2);
  for (const char* object : {"b", "c", "a"}) {
    quarantine.add("w", object, 1, {ErrorCode::kCorrupt, "damaged"});
    world_.loop.advance(10);
  }
  EXPECT_EQ(quarantine.size(), 2u);
  EXPECT_EQ(quarantine.find("w", "b"), nullptr);
  const auto page = quarantine.list("w", "", 1);
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].object, "a");
  EXPECT_EQ(quarantine.list("w", "a", 9).size(), 1u);
  EXPECT_TRUE(quarantine.list("v", "", 9).empty());
}

TEST_F(QuarantineTest, ALogThatIsNotWhatWasSignedIsNotOpened) {
  const log::NotaryIdentity identity{"log.example", {log::NoteSigner{"log.example", {5}}}, {}};
  log::Notary notary(world_.log->events(), world_.log->attestations(), identity);
  std::optional<log::SignedCheckpoint> made;
  notary.checkpoint("w", [&](auto done) { made = done.value(); });
  world_.loop.run();
  const auto open = [&] {
    workspace::Services services = world_.services();
    services.notary = &notary;
    workspace::Host host(std::move(services));
    return read(host, "good");
  };
  EXPECT_TRUE(open());
  log::Checkpoint other = made->checkpoint;
  other.root[0] ^= 1;
  world_.store.plant_checkpoint("w", log::sign_checkpoint(other, identity.signers).value());
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(refused.error().message.find("not those that were signed"), std::string::npos);
}

TEST_F(QuarantineTest, AWorkspaceIsShownWithoutIt) {
  world_.store.damage_event("w", 7);
  Result<ObjectPage> page = fail(ErrorCode::kUnavailable, "not answered");
  replay_workspace(world_.sources, "w", "", "", 10, 12, [&](auto done) { page = std::move(done); });
  world_.loop.run();
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].id, "good");
  ASSERT_EQ(page->unreadable.size(), 1u);
  EXPECT_EQ(page->unreadable[0].id, "bad");
}

TEST_F(QuarantineTest, ChangesAreListedAndTheUntellableHaveNone) {
  append_nonsense(world_, "bad");  // 13
  Result<ChangePage> page = fail(ErrorCode::kUnavailable, "not answered");
  list_changes(world_.sources, "w", "", 10, 13, 100, [&](auto done) { page = std::move(done); });
  world_.loop.run();
  ASSERT_TRUE(page);
  ASSERT_EQ(page->changes.size(), 3u);
  EXPECT_NE(page->changes[0].told, "null");
  EXPECT_EQ(page->changes[2].told, "null");
}

}  // namespace
}  // namespace syncline::state
