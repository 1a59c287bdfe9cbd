#include "workspace/workspace.h"

#include <gtest/gtest.h>

#include "merge/facets.h"
#include "support/test_world.h"

namespace syncline::workspace {
namespace {

using store::MemoryStore;
using testing::TestWorld;
using testing::Typist;

class Listener final : public Subscriber {
 public:
  void on_change(const Delivery& change) override {
    changes.push_back(to_bytes(change.payload));
    about.push_back({std::string(change.object), change.position, std::string(change.principal),
                     change.durability});
  }
  void on_presence(const Delivery& update) override {
    awareness.push_back(to_bytes(update.payload));
  }
  void on_lost(const Error& error) override { lost = error; }

  struct About {
    std::string object;
    log::Position position = 0;
    std::string principal;
    log::Durability durability = log::Durability::kMemory;

    bool operator==(const About&) const = default;
  };

  std::vector<Bytes> changes;
  std::vector<About> about;  // those changes
  std::vector<Bytes> awareness;
  std::optional<Error> lost;
};

LiveObject& join(TestWorld& world, Workspace& workspace, Subscriber& subscriber) {
  LiveObject* joined = nullptr;
  workspace.subscribe(testing::ann(), "note", "yjs", subscriber,
                      [&](Result<LiveObject*> live) { joined = live.value(); });
  world.loop.run();
  return *joined;
}

struct Submitted {
  std::optional<Result<Receipt>> answer;
};

std::shared_ptr<Submitted> submit(Workspace& workspace, LiveObject& object, ByteView intent,
                                  const Subscriber* source = nullptr) {
  auto submitted = std::make_shared<Submitted>();
  workspace.submit(
      testing::ann(), object, {.actor_seq = 1, .intent = intent}, source,
      [submitted](Result<Receipt> receipt) { submitted->answer = std::move(receipt); });
  return submitted;
}

// Otherwise it could be stored later than events of others that took those positions.
TEST(Workspace, AMilestoneIsStoredOnlyAfterItsAppend) {
  TestWorld world(MemoryStore::CommitMode::kManual, {.snapshot_min_bytes = 100});
  Workspace& workspace = world.host.get("w");
  Listener listener;
  LiveObject& object = join(world, workspace, listener);
  submit(workspace, object, Typist(1).type(std::string(300, 'x')));
  world.loop.run();
  EXPECT_EQ(world.store.waiting(), 1u) << "the append, and no snapshot";
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "disk full"});
  world.commit();
  EXPECT_EQ(world.store.waiting(), 0u);
  ASSERT_TRUE(listener.lost);
  world.store.fail_appends(std::nullopt);
  Listener next;
  LiveObject& again = join(world, workspace, next);
  submit(workspace, again, Typist(2).type(std::string(300, 'y')));
  world.loop.run();
  EXPECT_EQ(world.store.waiting(), 1u);
  world.store.commit();
  world.loop.run();
  EXPECT_EQ(world.store.waiting(), 1u) << "now the milestone";
  world.commit();
  workspace.unsubscribe(again, next);
}

TEST(Workspace, AnObjectDoesNotBeginUnderANameThatLooksLikeAnother) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  for (const char* name : {"no\u200bte", "note\u202e", "e\u0301te\u0301"}) {
    Listener listener;
    std::optional<Error> refused;
    workspace.subscribe(testing::ann(), name, "yjs", listener, [&](Result<LiveObject*> live) {
      if (!live) refused = live.error();
    });
    world.loop.run();
    ASSERT_TRUE(refused) << name;
    EXPECT_EQ(refused->code, ErrorCode::kInvalid);

    std::optional<Result<Receipt>> answer;
    workspace.change(
        name, {.caller = testing::ann()},
        [](const merge::Object&, log::Position) { return Typist(1).type("text"); },
        [&](Result<Receipt> receipt) { answer = std::move(receipt); });
    world.loop.run();
    ASSERT_TRUE(answer) << name;
    ASSERT_FALSE(*answer) << name;
    EXPECT_EQ(answer->error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(world.counters.changes_accepted, 0u);
}

TEST(Workspace, AClockThatJumpsIsReported) {
  TestWorld world;
  ClockWatch clock;
  std::vector<std::string> reports;
  auto services = world.services();
  services.clock = &clock;
  services.on_clock = [&](const std::string& what) { reports.push_back(what); };
  Workspace workspace("w", services);
  Typist typist(1);
  const auto write = [&] {
    workspace.change(
        "note", {.caller = testing::ann()},
        [&](const merge::Object&, log::Position) { return typist.type("a"); },
        [](Result<Receipt> receipt) { EXPECT_TRUE(receipt); });
    world.loop.advance(1000);
  };
  write();
  world.loop.advance(3'600'000);
  write();
  EXPECT_TRUE(reports.empty()) << reports[0];
  world.loop.ahead_ms = 7'200'000;
  write();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_NE(reports[0].find("was set ahead by 7200 s"), std::string::npos) << reports[0];
  world.loop.ahead_ms = 0;
  write();
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_NE(reports[1].find("was set back by 7200 s"), std::string::npos) << reports[1];
  EXPECT_NE(reports[2].find("7199 s ahead when workspace w"), std::string::npos) << reports[2];
  EXPECT_NE(reports[2].find("from position 4 on"), std::string::npos) << reports[2];
  write();
  EXPECT_EQ(reports.size(), 3u);
  EXPECT_EQ(world.counters.clock_steps, 2u);
  EXPECT_EQ(world.counters.eras, 1u);
}

TEST(Workspace, ChangesOfOneAuthorThatAreDurableTogetherAreToldAsOne) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Workspace& workspace = world.host.get("w");
  Listener writer;
  Listener other;
  Listener reader;
  LiveObject& object = join(world, workspace, writer);
  join(world, workspace, other);
  join(world, workspace, reader);
  Typist ann(1);
  Typist bob(2);
  std::vector<std::shared_ptr<Submitted>> sent;
  for (const char* typed : {"a", "b"})
    sent.push_back(submit(workspace, object, ann.type(typed), &writer));
  sent.push_back(submit(workspace, object, bob.type("1"), &other));
  sent.push_back(submit(workspace, object, ann.type("c"), &writer));
  world.commit();
  EXPECT_EQ(writer.changes.size(), 1u);
  EXPECT_EQ(other.changes.size(), 2u);
  ASSERT_EQ(reader.changes.size(), 3u);
  EXPECT_EQ(reader.about[0].position, 2u) << "the last one of those that were joined";
  EXPECT_EQ(reader.about[1].position, 3u);
  Typist replica(3);
  for (const Bytes& change : reader.changes) replica.receive(change);
  EXPECT_EQ(replica.text().size(), 4u);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_TRUE(sent[i]->answer && *sent[i]->answer);
    EXPECT_EQ((*sent[i]->answer)->position, i + 1);
  }
}

TEST(Workspace, NobodySeesAChangeBeforeItIsDurable) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Workspace& workspace = world.host.get("w");
  Listener writer;
  Listener reader;
  LiveObject& object = join(world, workspace, writer);
  join(world, workspace, reader);
  Typist typist(1);
  const Bytes update = typist.type("hello");

  auto submitted = submit(workspace, object, update, &writer);
  std::optional<Bytes> diff;
  workspace.diff(testing::ann(), object, {},
                 [&](Result<Lacking> lacking) { diff = lacking.value().rest->change; });
  world.loop.run();
  EXPECT_FALSE(submitted->answer);
  EXPECT_TRUE(reader.changes.empty());
  EXPECT_FALSE(diff) << "a reply that contains the change left before it was durable";

  world.commit();
  ASSERT_TRUE(submitted->answer);
  EXPECT_EQ((*submitted->answer)->position, 1u);
  EXPECT_EQ((*submitted->answer)->durability, log::Durability::kDisk);
  EXPECT_EQ(reader.changes, (std::vector<Bytes>{update}));
  EXPECT_TRUE(writer.changes.empty()) << "the author got its own change back";
  ASSERT_TRUE(diff);
  Typist copy(2);
  copy.receive(*diff);
  EXPECT_EQ(copy.text(), "hello");
  workspace.unsubscribe(object, writer);
  workspace.unsubscribe(object, reader);
}

// An address is given to the next as soon as somebody has left.
TEST(Workspace, WhoComesAfterTheAuthorLeftIsNotTakenForTheAuthor) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Workspace& workspace = world.host.get("w");
  Listener reader;
  std::optional<Listener> place(std::in_place);
  LiveObject& object = join(world, workspace, *place);
  join(world, workspace, reader);
  Typist typist(1);
  const Bytes update = typist.type("hello");
  submit(workspace, object, update, &*place);

  workspace.unsubscribe(object, *place);
  place.emplace();
  join(world, workspace, *place);
  world.commit();
  EXPECT_EQ(place->changes, (std::vector<Bytes>{update}));
  EXPECT_EQ(reader.changes, (std::vector<Bytes>{update}));
  workspace.unsubscribe(object, *place);
  workspace.unsubscribe(object, reader);
}

TEST(Workspace, ADeliverySaysWhatItIsAbout) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Listener reader;
  LiveObject& object = join(world, workspace, reader);
  Typist typist(1);
  submit(workspace, object, typist.type("a"));
  world.loop.run();
  submit(workspace, object, typist.type("b"));
  world.loop.run();
  const log::Durability disk = log::Durability::kDisk;
  EXPECT_EQ(reader.about,
            (std::vector<Listener::About>{{"note", 1, "ann", disk}, {"note", 2, "ann", disk}}));
  workspace.unsubscribe(object, reader);
}

TEST(Delivery, IsEncodedOnceForEachTag) {
  constexpr char kOne = 0;
  constexpr char kOther = 0;
  const Bytes payload{1, 2};
  const Delivery delivery{.object = "note", .payload = payload};
  int built = 0;
  const auto encode = [&](EncodingTag tag) {
    return delivery.encodings.once(tag, [&] {
      ++built;
      return Bytes{static_cast<std::uint8_t>(built)};
    });
  };
  const SharedBytes first = encode(&kOne);
  EXPECT_EQ(encode(&kOther)->at(0), 2);
  EXPECT_EQ(encode(&kOne), first);
  EXPECT_EQ(built, 2);
}

TEST(Workspace, AKnownChangeIsAcknowledgedWithoutAnEvent) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Listener listener;
  LiveObject& object = join(world, workspace, listener);
  Typist typist(1);
  const Bytes update = typist.type("x");
  auto first = submit(workspace, object, update);
  world.loop.run();
  auto second = submit(workspace, object, update);
  world.loop.run();
  ASSERT_TRUE(second->answer);
  EXPECT_TRUE((*second->answer)->known);
  EXPECT_EQ((*second->answer)->position, 1u);
  EXPECT_EQ(world.counters.changes_accepted, 1u);
  workspace.unsubscribe(object, listener);
}

TEST(Workspace, AKnownChangeWaitsForTheDurabilityOfTheFirst) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Workspace& workspace = world.host.get("w");
  Listener listener;
  LiveObject& object = join(world, workspace, listener);
  Typist typist(1);
  const Bytes update = typist.type("x");
  auto first = submit(workspace, object, update);
  auto second = submit(workspace, object, update);
  world.loop.run();
  EXPECT_FALSE(second->answer) << "a retry was acknowledged before the change was durable";
  world.commit();
  EXPECT_TRUE(second->answer);
  workspace.unsubscribe(object, listener);
}

TEST(Workspace, AMalformedChangeIsRefusedAndChangesNothing) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Listener listener;
  LiveObject& object = join(world, workspace, listener);
  const Bytes nonsense{1, 2, 3, 4, 5};
  auto submitted = submit(workspace, object, nonsense);
  ASSERT_TRUE(submitted->answer);
  ASSERT_FALSE(*submitted->answer);
  EXPECT_EQ((*submitted->answer).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(object.position(), 0u);
  workspace.unsubscribe(object, listener);
}

TEST(Workspace, WhenTheLogRefusesTheViewIsDroppedAndReadAnew) {
  TestWorld world;
  Listener listener;
  Typist typist(1);
  const Bytes kept = typist.type("kept ");
  {
    Workspace& workspace = world.host.get("w");
    LiveObject& object = join(world, workspace, listener);
    submit(workspace, object, kept);
    world.loop.run();
    world.store.fail_appends(Error{ErrorCode::kUnavailable, "disk full"});
    auto refused = submit(workspace, object, typist.type("lost"));
    world.loop.run();
    ASSERT_TRUE(refused->answer);
    EXPECT_EQ((*refused->answer).error().message, "disk full");
    ASSERT_TRUE(listener.lost);
    EXPECT_TRUE(world.failures.empty()) << "a full disk is no reason to stop the process";
  }
  world.store.fail_appends(std::nullopt);
  Workspace& workspace = world.host.get("w");
  Listener again;
  LiveObject& object = join(world, workspace, again);
  std::optional<Bytes> state;
  workspace.diff(testing::ann(), object, {},
                 [&](Result<Lacking> lacking) { state = lacking.value().rest->change; });
  world.loop.run();
  Typist copy(2);
  copy.receive(state.value());
  EXPECT_EQ(copy.text(), "kept ");
  auto accepted = submit(workspace, object, typist.doc().encode_state_as_update());
  world.loop.run();
  ASSERT_TRUE(accepted->answer && *accepted->answer);
  EXPECT_EQ((*accepted->answer)->position, 2u);
  workspace.unsubscribe(object, again);
}

TEST(Workspace, AFailedDiskIsReported) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Listener listener;
  LiveObject& object = join(world, workspace, listener);
  world.store.fail_appends(Error{ErrorCode::kIo, "fsync failed"});
  Typist typist(1);
  auto refused = submit(workspace, object, typist.type("x"));
  world.loop.run();
  ASSERT_EQ(world.failures.size(), 1u);
  EXPECT_EQ(world.failures[0].message, "fsync failed");
}

// Whoever opens it next, as a session does.
Result<LiveObject*> try_join(TestWorld& world, const std::string& name, Subscriber& subscriber) {
  std::optional<Result<LiveObject*>> answer;
  world.host.get(name).subscribe(testing::ann(), "note", "yjs", subscriber,
                                 [&](Result<LiveObject*> live) { answer = std::move(live); });
  world.loop.run();
  return *answer;
}

TEST(Workspace, ADamagedLogShutsItsWorkspaceAndNoOther) {
  TestWorld world;
  Listener listener;
  Listener neighbour;
  Workspace& workspace = world.host.get("w");
  LiveObject& object = join(world, workspace, listener);
  LiveObject& beside = join(world, world.host.get("other"), neighbour);
  Typist typist(1);
  submit(workspace, object, typist.type("kept"));
  world.loop.run();
  world.store.fail_appends(Error{ErrorCode::kCorrupt, "the end of the log is damaged"});
  submit(workspace, object, typist.type("x"));
  world.loop.run();
  world.store.fail_appends(std::nullopt);

  ASSERT_TRUE(listener.lost);
  EXPECT_TRUE(world.failures.empty());  // the process goes on
  ASSERT_EQ(world.host.shut().all().size(), 1u);
  EXPECT_EQ(world.host.shut().all().begin()->first, "w");
  EXPECT_EQ(world.host.shut().added(), 1u);
  EXPECT_EQ(world.reports.line_with("workspace shut"),
            "error workspace shut  workspace=w reason=\"the end of the log is damaged\"");
  const auto refused = try_join(world, "w", listener);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(refused.error().message.find("the end of the log is damaged"), std::string::npos);
  auto accepted = submit(world.host.get("other"), beside, Typist(2).type("y"));
  world.loop.run();
  ASSERT_TRUE(accepted->answer && *accepted->answer);

  EXPECT_TRUE(world.host.shut().lift("w"));
  EXPECT_FALSE(world.host.shut().lift("w"));
  const auto opened = try_join(world, "w", listener);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->position(), 1u);
  world.host.get("w").unsubscribe(**opened, listener);
  world.host.get("other").unsubscribe(beside, neighbour);
  world.loop.run();
}

TEST(Workspace, StateSurvivesARestart) {
  TestWorld world;
  Typist typist(1);
  Listener listener;
  Workspace& workspace = world.host.get("w");
  LiveObject& object = join(world, workspace, listener);
  for (int i = 0; i < 50; ++i) submit(workspace, object, typist.type(std::to_string(i)));
  world.loop.run();
  const Bytes version = merge::version_of(object.object()).value();
  workspace.unsubscribe(object, listener);

  auto other_log = world.store.open_loop(world.loop);
  state::ObjectCache other_cache({*other_log, world.sources.types}, {});
  Workspace reopened("w", {.log = other_log->events(),
                           .cache = other_cache,
                           .types = world.sources.types,
                           .waiting = other_log->waiting(),
                           .retention = other_log->retention(),
                           .rules = other_log->rules(),
                           .scheduler = world.loop,
                           .counters = world.counters,
                           .random = world.random,
                           .on_storage_failure = [](const Error&) { FAIL(); }});
  Listener late;
  LiveObject& loaded = join(world, reopened, late);
  EXPECT_EQ(loaded.position(), 50u);
  EXPECT_EQ(merge::version_of(loaded.object()).value(), version);
  // What this one has not appended itself is as durable as what it has.
  const Bytes known = typist.doc().encode_state_as_update();
  auto receipt = submit(reopened, loaded, known);
  world.loop.run();
  ASSERT_TRUE(receipt->answer);
  EXPECT_TRUE((*receipt->answer)->known);
  EXPECT_EQ((*receipt->answer)->durability, log::Durability::kDisk);
  reopened.unsubscribe(loaded, late);
  world.loop.run();
}

TEST(Workspace, ReadSaysWhenThereIsNothing) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  std::optional<Error> error;
  workspace.read(
      testing::ann(), "nothing", [](const merge::Object& object) { return object.json_pieces(1 << 20); },
      [&](Result<Workspace::View> view) { error = view.error(); });
  world.loop.run();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kNotFound);
  EXPECT_TRUE(workspace.idle());
}

TEST(Workspace, ObjectsAreDroppedWhenNobodyIsLeft) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Listener listener;
  LiveObject& object = join(world, workspace, listener);
  workspace.unsubscribe(object, listener);
  world.loop.run();
  EXPECT_EQ(workspace.live_objects(), 0u);
  EXPECT_TRUE(workspace.idle());
}

TEST(Workspace, ACancelledSubscribeIsNeverAnswered) {
  TestWorld world;
  Workspace& workspace = world.host.get("w");
  Listener listener;
  bool answered = false;
  workspace.subscribe(testing::ann(), "note", "yjs", listener,
                      [&](Result<LiveObject*>) { answered = true; });
  workspace.cancel(listener);
  world.loop.run();
  EXPECT_FALSE(answered);
  EXPECT_TRUE(workspace.idle());
}

}  // namespace
}  // namespace syncline::workspace
