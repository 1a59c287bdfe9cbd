// The oracles bite: what they are told to be wrong, they report by name.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "log/event.h"
#include "log/test_chain.h"
#include "sim/api_user.h"
#include "sim/archivist.h"
#include "sim/auditor.h"
#include "sim/custodian.h"
#include "sim/historians.h"
#include "sim/jobs_watch.h"
#include "sim/oracle.h"
#include "sim/rights.h"
#include "sim/tampering.h"
#include "sim/visitors.h"
#include "store/keys.h"
#include "store/reads.h"
#include "store/retention.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/types.h"
#include "syncline/crdt/updates.h"

namespace syncline::sim {
namespace {

const ObjectName kObject{"w", "notes/0"};

// A server with one event of "c0" in its log, or with none.
struct Fixture {
  explicit Fixture(std::string principal = {}) {
    server.start();
    settle();
    if (principal.empty()) return;
    append(std::move(principal), {{0, 0}});
  }
  void append(std::string principal, std::vector<Bytes> intents) {
    testing::TestChain chain{log::Head{}};
    std::vector<log::EncodedEvent> events;
    for (Bytes& intent : intents) {
      log::Event event;
      event.principal = principal;
      event.actor = "c0#1";
      event.object = kObject.second;
      event.type = "doc";
      event.intent = std::move(intent);
      events.push_back(chain.seal(event, 1).value());
    }
    server.process()->shard().store->events().append(kObject.first, {.events = std::move(events)},
                                                     [](Result<log::Appended>) {});
    settle();
  }
  void settle() {
    for (int i = 0; i < 200; ++i) world.timeline.step(world.now_us() + 1'000'000);
  }
  const store::Tables& tables() { return server.process()->store->tables(); }
  std::string broken() const { return world.violation ? world.violation->invariant : ""; }

  World world{1, false};
  Network network{world, {}, 4};
  Disk disk{world, {}};
  Rights rights{{Rights::Level::kWrite, Rights::Level::kRead}};
  Server server{world, network, disk, {}, [this] { return rights.access(); }, Auditor::identity()};
  Book book;
  Visitors visitors{world, server, book, {kObject}};
  Historians historians{world, server, {kObject}};
};

TEST(Oracles, AReadThatGoesBackBreaksI5) {
  Fixture world;
  world.visitors.answered({.object = kObject, .position = 5}, 0);
  EXPECT_EQ(world.broken(), "");
  world.visitors.answered({.object = kObject, .position = 4}, 5);
  EXPECT_EQ(world.broken(), "I5 reads");
}

TEST(Oracles, AReadWithoutWhatWasAcknowledgedBreaksI5) {
  Fixture world("p0");
  Visitors::Answer answer{.object = kObject, .position = 0};
  answer.promised.add(7, 0, 1);
  world.visitors.answered(std::move(answer), 0);
  world.visitors.check(world.tables());
  EXPECT_EQ(world.broken(), "I5 reads");
}

TEST(Oracles, AnotherStateAtAPositionBreaksI13) {
  Fixture world("p0");
  world.visitors.answered({.object = kObject, .position = 1, .content = R"({"content":"x"})"}, 0);
  world.visitors.check(world.tables());
  EXPECT_EQ(world.broken(), "I13 position");
}

TEST(Oracles, AnotherPastBreaksI13) {
  Fixture world("p0");
  world.historians.answered({.object = kObject, .at = 1, .position = 1, .content = "{}"});
  world.historians.check(world.tables());
  EXPECT_EQ(world.broken(), "");
  world.historians.answered({.object = kObject, .at = 0, .position = 1, .content = "{}"});
  world.historians.check(world.tables());
  EXPECT_EQ(world.broken(), "I13 position");
}

TEST(Oracles, ATimeThatMeansAnotherPositionBreaksI13) {
  Fixture world("p0");  // its event is stamped at 1 ms
  world.historians.answered({.object = kObject, .at = 0, .unix_ms = 1, .content = "{}"});
  world.historians.check(world.tables());
  EXPECT_EQ(world.broken(), "I13 position");
}

TEST(Oracles, AConfirmedPinThatIsNotThereBreaksI2) {
  Fixture world("p0");
  world.historians.pinned(kObject.first, "release", 1);
  world.historians.check(world.tables());
  EXPECT_EQ(world.broken(), "I2 acked means durable");
}

TEST(Oracles, ARefusalOfWhatIsKeptBreaksI19) {
  Fixture world("p0");
  world.historians.refused(kObject.first, 1);
  world.historians.check(world.tables());
  EXPECT_EQ(world.broken(), "I19 retention");
}

// What a custodian of a world with one event says of a disk with these retention settings.
struct Kept {
  std::string check(const log::Retention& retention, bool dropped,
                    std::vector<log::Position> pins) {
    sim::FrameWrites writes;
    writes.put(store::Family::kMeta, store::retention_key(kObject.first),
               store::encode_retention(retention));
    if (dropped) {
      const auto events = store::read_events(world.tables(), kObject.first, 0, {}).value();
      const auto record = log::encode_event(log::without_payload(events.front())).value().record;
      writes.put(store::Family::kEvents, store::event_key(1, 1), as_text(record));
    }
    world.disk.append(writes.frame(), [](Result<void>) {});
    world.settle();
    DiskTables tables(world.disk);
    EXPECT_TRUE(tables.open());
    Custodian custodian(world.world, world.server, {}, {kObject.first}, [&](const std::string&) {
      return Custodian::Pins{pins, 0};
    });
    custodian.kept(kObject.first) = kept;
    custodian.check(tables);
    return world.broken();
  }
  Fixture world{"p0"};
  Custodian::Kept kept;
};

TEST(Oracles, RetentionIsHeldToWhatWasConfirmed) {
  EXPECT_EQ(Kept().check({}, false, {}), "");
  const log::RetentionRule rule{.keep_last = 5};
  EXPECT_EQ(Kept().check({.rule = rule}, false, {}), "I2 acked means durable");
  Kept unanswered;
  unanswered.kept.pending = log::RetentionChange{.principal = "", .reason = "", .rule = rule};
  EXPECT_EQ(unanswered.check({}, false, {}), "");
  Kept held;
  held.kept.hold = log::Hold{"custodian", "case 7", 1};
  EXPECT_EQ(held.check({}, false, {}), "I2 acked means durable");
}

TEST(Oracles, PayloadsThatNothingStandsForBreakI19) {
  EXPECT_EQ(Kept().check({.floor = 1}, false, {}), "");
  EXPECT_EQ(Kept().check({.floor = 1}, true, {}), "I19 retention") << "no snapshot";
  EXPECT_EQ(Kept().check({}, true, {1}), "I19 retention") << "before the floor";
  EXPECT_EQ(Kept().check({.floor = 1, .swept_to = 2}, false, {}), "I19 retention");
  Kept sunk;
  sunk.kept.floor = 1;
  EXPECT_EQ(sunk.check({}, false, {}), "I19 retention");
  Kept held;
  held.kept.dropped.emplace();
  held.kept.hold = log::Hold{"custodian", "case 7", 1};
  EXPECT_EQ(held.check({.hold = held.kept.hold, .floor = 1}, true, {}), "I19 retention");
}

TEST(Oracles, OnlyVandalsThatClaimAClockTwiceAndWaitAreAmbiguous) {
  const ObjectName junk{"w", "junk"};
  auto event = [&](Bytes update) {
    log::Event event;
    event.object = junk.second;
    event.intent = std::move(update);
    return event;
  };
  // Client 7, clock 1 and later, of a text "content": what comes before it is not there.
  const log::Event late =
      event({1, 1, 7, 1, 4, 1, 7, 'c', 'o', 'n', 't', 'e', 'n', 't', 1, 'x', 0});
  EXPECT_FALSE(is_ambiguous(junk, std::vector{late}));
  EXPECT_TRUE(is_ambiguous(junk, std::vector{late, late}));
  EXPECT_FALSE(is_ambiguous(kObject, std::vector{late, late}));
}

// Edits of one client as updates, and what it makes of what others did.
class Device {
 public:
  explicit Device(crdt::ClientId client) : doc({.client_id = client, .clean_formats = false}) {
    doc.text("content");
    doc.map("meta");
    doc.array("list");
    doc.xml_fragment("tree");
    doc.on_update([this](const crdt::UpdateEvent& event) { last = to_bytes(event.update()); });
  }
  Bytes does(const std::function<void(crdt::Doc&)>& edit) {
    doc.transact([&] { edit(doc); });
    return last;
  }
  void learns(const std::vector<Bytes>& updates) {
    for (const Bytes& update : updates) ASSERT_TRUE(doc.apply_update(update));
  }

  crdt::Doc doc;
  Bytes last;
};

TEST(Oracles, OfTwoDevicesUnderOneIdReplicasMayDifferAndOfNobodyElse) {
  // What client 1 logs as 1:1 is within something deleted; its double has a list's value there.
  Device one(1), twin(1), other(2), first(3);
  const Bytes list = first.does([](crdt::Doc& doc) { doc.array("list").push({1}).value(); });
  const Bytes nested = one.does([](crdt::Doc& doc) {
    auto map = doc.map("meta").set_type("key", crdt::TypeKind::kMap).value();
    crdt::as<crdt::Map>(map).set("nested", true).value();
  });
  const Bytes gone = one.does([](crdt::Doc& doc) { doc.map("meta").erase("key").value(); });
  twin.learns({list});
  const Bytes end = twin.does([](crdt::Doc& doc) { doc.array("list").push({2}).value(); });
  const Bytes middle = twin.does([](crdt::Doc& doc) { doc.array("list").insert(1, {3}).value(); });
  other.learns({list, end, middle});
  const Bytes leaning =
      other.does([](crdt::Doc& doc) { doc.array("list").insert(1, {4}).value(); });

  // Who learns of the deletion first deletes what leans on it; who learns all at once does not.
  const std::vector<Bytes> log{list, nested, gone, leaning};
  Device at_once(4);
  at_once.learns(
      {crdt::merge_updates(std::vector<ByteView>(log.begin(), log.end()), crdt::UpdateVersion::kV1)
           .value()});
  Device lacking(5);
  lacking.learns({list, nested, gone});
  auto broken = [&](const crdt::Doc& replica, bool doubled) {
    Fixture world;
    world.append("p0", log);
    if (doubled) world.world.hit(Probe::client_doubled);
    const Plan plan;
    Oracle oracle(world.world, world.book, plan);
    oracle.check_replica(world.tables(), kObject, "c4", replica);
    return world.broken();
  };
  EXPECT_EQ(broken(at_once.doc, false), "I1 convergence");
  EXPECT_EQ(broken(at_once.doc, true), "");
  EXPECT_EQ(broken(lacking.doc, true), "I1 convergence");
}

TEST(Oracles, ALogThatIsShorterThanWhatWasSignedOfItIsTamperedWithWhereItIs) {
  Fixture world;
  world.append("p0", {{0, 0}, {0, 0}, {0, 0}});
  log::SignedCheckpoint witness;
  witness.checkpoint.size = 1'000'000;  // signed before an older copy of the disk came back
  int noticed = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Noticed found = tamper(world.disk.contents(), kObject.first, witness, Auditor::identity(),
                                 Tampering::kEdit, Dice(seed));
    EXPECT_NE(found, Noticed::kByNobody) << seed;
    noticed += found == Noticed::kByItsDefence ? 1 : 0;
  }
  EXPECT_GT(noticed, 0);
}

TEST(Oracles, RightsAreThoseOfTheProcessThatDecided) {
  Fixture allowed("p0");
  Rights rights({Rights::Level::kWrite});
  Fixture empty;
  rights.started(empty.tables());
  rights.check(allowed.world, allowed.tables());
  EXPECT_EQ(allowed.broken(), "");
  Rights withdrawn({Rights::Level::kWrite});
  withdrawn.withdraw(0, Rights::Level::kRead);
  withdrawn.started(empty.tables());
  withdrawn.check(allowed.world, allowed.tables());
  EXPECT_EQ(allowed.broken(), "I7 rights");
  EXPECT_TRUE(withdrawn.give_all_back());
}

TEST(Oracles, ANameThatIsNotTheTokensBreaksI7) {
  Fixture world("p1");
  Fixture empty;
  Rights rights({Rights::Level::kWrite, Rights::Level::kWrite});
  rights.started(empty.tables());
  rights.check(world.world, world.tables());
  EXPECT_EQ(world.broken(), "I7 rights");
}

// What was signed and is not in the log any more must be noticed by somebody.
TEST(Oracles, ARollbackThatNobodyNoticesBreaksI9) {
  Fixture world("p0");
  Auditor auditor(world.world, world.server, {kObject.first});
  auditor.ask();
  world.settle();
  ASSERT_NE(auditor.newest(kObject.first), nullptr);
  Fixture empty;
  auditor.rolled_back(empty.tables());
  auditor.check(world.tables());
  EXPECT_EQ(world.broken(), "I9 tampering");
}

TEST(Oracles, ACheckpointOfWhatIsNotThereBreaksI8) {
  Fixture world("p0");
  Auditor auditor(world.world, world.server, {kObject.first});
  auditor.ask();
  world.settle();
  Fixture other("another");
  auditor.check(other.tables());
  EXPECT_EQ(world.broken(), "I8 audit");
}

TEST(Oracles, AFileThatIsNotWhatTheLogSaysBreaksI8) {
  Fixture world("p0");
  Archivist archivist(world.world, world.server, world.book, {kObject});
  archivist.check(world.tables());
  EXPECT_EQ(world.broken(), "");
  archivist.exported({.workspace = "w", .size = 1});
  archivist.check(world.tables());
  EXPECT_EQ(world.broken(), "I8 audit");
}

// A worker that begins what it is given, in the order of `order`, and what its users see of that.
struct WatchedWorker {
  explicit WatchedWorker(World& in) : world(in), workers({&loop}), watch(in, workers) {}
  void start(state::JobOrder::Kind kind, std::string asker,
             std::shared_ptr<const std::atomic<bool>> abandoned = nullptr) {
    watch.start({.kind = kind, .asker = std::move(asker), .abandoned = std::move(abandoned)},
                [this](Result<state::Workplace*> place, state::JobSlot slot) {
                  if (place) slots.push_back(std::move(slot));
                });
    for (int i = 0; i < 20; ++i) world.timeline.step(world.now_us() + 1'000);
  }

  World& world;
  Loop loop{world.timeline};
  node::Workers workers;
  JobsWatch watch;
  std::vector<state::JobSlot> slots;
};

TEST(Oracles, JobsThatBeginInTurnBreakNothing) {
  Fixture world;
  WatchedWorker worker(world.world);
  worker.workers.set(0, world.server.process()->store->open_loop(worker.loop), node::known_types());
  const auto left = std::make_shared<std::atomic<bool>>(false);
  for (int i = 0; i < 6; ++i) worker.start(state::JobOrder::kAnswer, "ann");
  worker.start(state::JobOrder::kAnswer, "bob", left);
  worker.start(state::JobOrder::kUrgent, "w");
  EXPECT_EQ(worker.watch.jobs(), 8u);
  left->store(true);
  for (int i = 0; i < 3; ++i) {
    worker.slots.clear();
    world.settle();
  }
  EXPECT_EQ(worker.watch.jobs(), 0u);
  worker.watch.look();
  EXPECT_EQ(world.broken(), "");
  EXPECT_EQ(world.world.probes[Probe::asker_left], 1u);
  worker.workers.set(0, nullptr, node::known_types());
}

TEST(Oracles, ARequestThatIsNotAnsweredBreaksI12) {
  Fixture world("p0");
  ApiUser user(world.world, world.server, std::string(Rights::kVisitor));
  int answered = 0;
  user.ask("GET", object_target("w", "notes/0"), [&](const ApiUser::Answer& answer) {
    EXPECT_TRUE(answer.ok()) << answer.body;
    ++answered;
  });
  world.settle();
  EXPECT_EQ(answered, 1);
  world.server.process()->shards.set(0, nullptr);
  user.ask("GET", object_target("w", "notes/0"), [&](const ApiUser::Answer&) { ++answered; });
  for (int i = 0; i < 5; ++i) world.world.timeline.step(world.world.now_us() + 1'000);
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(world.broken(), "I12 liveness");
}

TEST(Oracles, UsersOfTheApiHaveTheirRights) {
  Fixture world("p0");
  ApiUser visitor(world.world, world.server, std::string(Rights::kVisitor));
  ApiUser stranger(world.world, world.server, "nobody");
  std::vector<int> statuses;
  const auto note = [&](const ApiUser::Answer& answer) { statuses.push_back(answer.status); };
  visitor.ask("GET", "/v1/workspaces/w/log", note);
  visitor.ask("PUT", "/v1/workspaces/w/hold", note);
  stranger.ask("GET", "/v1/workspaces/w/log", note);
  world.settle();
  std::ranges::sort(statuses);
  EXPECT_EQ(statuses, (std::vector{200, 401, 403}));
}

}  // namespace
}  // namespace syncline::sim
