// Work that is too long for the loop: what it lets pass meanwhile, and what waits for it.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/hand_jobs.h"
#include "support/hostile_updates.h"
#include "support/test_world.h"
#include "workspace/workspace.h"

namespace syncline::workspace {
namespace {

using testing::HandJobs;
using testing::TestWorld;
using testing::Typist;
using Names = std::vector<std::string>;

class Reader final : public Subscriber {
 public:
  void on_change(const Delivery& change) override {
    EXPECT_TRUE(doc.apply_update(change.payload));
    positions.push_back(change.position);
  }
  void on_presence(const Delivery&) override { ++presences; }
  void on_lost(const Error& error) override { lost = error; }
  std::string text() { return doc.text("content").to_string(); }

  crdt::Doc doc{{.client_id = 99}};
  std::vector<log::Position> positions;
  int presences = 0;
  std::optional<Error> lost;
};

class Lending : public ::testing::Test {
 protected:
  static constexpr state::LoopShare kShare{.bytes = 200, .memory = 100'000};

  explicit Lending(store::MemoryStore::CommitMode mode = store::MemoryStore::CommitMode::kAtOnce,
                   state::LoopShare share = kShare, state::CacheLimits cache = {})
      : world(mode, cache, &jobs, share) {}

  LiveObject& join(const std::string& id, Subscriber& subscriber) {
    LiveObject* joined = nullptr;
    workspace().subscribe(testing::ann(), id, "yjs", subscriber,
                          [&](Result<LiveObject*> live) { joined = live.value(); });
    world.loop.run();
    return *joined;
  }

  std::shared_ptr<std::optional<Result<Receipt>>> submit(LiveObject& object, ByteView intent,
                                                         const Subscriber* source = nullptr) {
    auto answer = std::make_shared<std::optional<Result<Receipt>>>();
    workspace().submit(testing::ann(), object, {.intent = intent}, source,
                       [answer](Result<Receipt> receipt) { *answer = std::move(receipt); });
    world.loop.run();
    return answer;
  }

  void work(std::size_t count = 1) {
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_FALSE(jobs.waiting().empty());
      jobs.run_next(world.loop, world.sources);
      world.loop.run();
    }
  }

  Workspace& workspace() { return world.host.get("w"); }

  HandJobs jobs;
  TestWorld world;
  Typist typist{1};
  const std::string long_text = std::string(300, 'x');
};

TEST_F(Lending, OthersPassALargeChangeAndItsOwnObjectKeepsTheOrder) {
  Reader reader;
  Reader elsewhere;
  LiveObject& object = join("large", reader);
  LiveObject& other = join("other", elsewhere);
  const auto first = submit(object, typist.type(long_text));
  EXPECT_EQ(jobs.waiting(), Names{"prepare"});
  const auto second = submit(object, typist.type("end"));
  EXPECT_FALSE(*first);
  EXPECT_FALSE(*second);
  const auto passes = submit(other, Typist(2).type("small"));
  ASSERT_TRUE(*passes && passes->value());
  EXPECT_EQ((*passes)->value().position, 1U);
  work();
  EXPECT_EQ(jobs.waiting(), Names{"apply"});
  EXPECT_FALSE(*second);
  work();
  EXPECT_EQ((*first)->value().position, 2U);
  EXPECT_EQ((*second)->value().position, 3U);
  EXPECT_EQ(reader.positions, std::vector<log::Position>{3}) << "told together";
  EXPECT_EQ(reader.text(), long_text + "end");
  workspace().unsubscribe(object, reader);
  workspace().unsubscribe(other, elsewhere);
}

// Its time begins when it is received, and those who wait for it are measured with it.
TEST_F(Lending, TheTimeOfALargeChangeContainsThatOfItsWorker) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const auto first = submit(object, typist.type(long_text));
  const auto second = submit(object, typist.type("end"));
  world.loop.advance(30);
  work(2);
  ASSERT_TRUE(*first && *second);
  EXPECT_EQ(world.counters.durable_us.count(), 2u);
  EXPECT_EQ(world.counters.long_durable_us.count(), 2u);
  EXPECT_GE(world.counters.long_durable_us.sum(), 60'000u);
  EXPECT_EQ(world.counters.alone_durable_us.count(), 0u);
  workspace().unsubscribe(object, reader);
}

TEST_F(Lending, ThoseWhoWaitForALentObjectTakeTurns) {
  Reader busy;
  Reader quiet;
  LiveObject& object = join("large", busy);
  join("large", quiet);
  submit(object, typist.type(long_text));
  const auto first = submit(object, Typist(2).type("a"), &busy);
  const auto second = submit(object, Typist(3).type("b"), &busy);
  const auto others = submit(object, Typist(4).type("c"), &quiet);
  work(2);
  ASSERT_TRUE(*first && *second && *others);
  EXPECT_LT((*first)->value().position, (*others)->value().position);
  EXPECT_LT((*others)->value().position, (*second)->value().position);
  workspace().unsubscribe(object, busy);
  workspace().unsubscribe(object, quiet);
}

// It was prepared for the state before them.
TEST_F(Lending, WhatIsUnderWayBecomesAnEventBeforeWhatWaitsInLine) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const auto under_way = submit(object, typist.type(long_text));
  const auto first = submit(object, Typist(2).type("a"), &reader);
  const auto second = submit(object, Typist(3).type("b"));
  work(2);
  ASSERT_TRUE(*under_way && *first && *second);
  EXPECT_EQ((*under_way)->value().position, 1U);
  EXPECT_EQ((*first)->value().position, 2U);
  EXPECT_EQ((*second)->value().position, 3U);
  workspace().unsubscribe(object, reader);
}

TEST_F(Lending, ARefusedLargeChangeLetsTheNextOneGoOn) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const auto refused = submit(object, Bytes(300, 0xff));
  const auto accepted = submit(object, typist.type("a"));
  work();
  ASSERT_TRUE(*refused);
  EXPECT_EQ(refused->value().error().code, ErrorCode::kMalformed);
  ASSERT_TRUE(*accepted && accepted->value());
  EXPECT_TRUE(jobs.waiting().empty());
  EXPECT_FALSE(object.in_use());
  workspace().unsubscribe(object, reader);
}

// What it answers may change at any time.
class Rule final : public policy::Decider {
 public:
  policy::Verdict decide(const policy::Question& question) const override {
    asked += question.effect == nullptr ? 0 : 1;
    if (!forbids || question.effect == nullptr) return {};
    return {.allowed = fail(ErrorCode::kForbidden, "not now")};
  }

  bool forbids = false;
  mutable int asked = 0;
};

struct JudgedTwice : Lending {
  Services judged() {
    Services services = world.services();
    services.deciders = {&rule};
    return services;
  }

  std::shared_ptr<std::optional<Result<Receipt>>> submit_long() {
    auto answer = std::make_shared<std::optional<Result<Receipt>>>();
    Workspace& judging = host.get("w");
    judging.subscribe(testing::ann(), "large", "yjs", reader,
                      [&](Result<LiveObject*> live) { object = live.value(); });
    world.loop.run();
    const Bytes update = typist.type(long_text);
    judging.submit(testing::ann(), *object, {.intent = update}, nullptr,
                   [answer](Result<Receipt> receipt) { *answer = std::move(receipt); });
    world.loop.run();
    return answer;
  }

  Rule rule;
  Host host{judged()};
  Reader reader;
  LiveObject* object = nullptr;
};

TEST_F(JudgedTwice, ALongChangeIsJudgedAgainWhenItBecomesAnEvent) {
  const auto answer = submit_long();
  work(2);
  ASSERT_TRUE(*answer && answer->value());
  EXPECT_EQ(rule.asked, 2);
  host.get("w").unsubscribe(*object, reader);
}

TEST_F(JudgedTwice, WhatIsForbiddenMeanwhileBecomesNoEventAndOthersComeBack) {
  const auto answer = submit_long();
  work();
  EXPECT_EQ(jobs.waiting(), Names{"apply"});
  rule.forbids = true;
  work();
  ASSERT_TRUE(*answer);
  ASSERT_FALSE(answer->value());
  EXPECT_EQ(answer->value().error().code, ErrorCode::kForbidden);
  ASSERT_TRUE(reader.lost) << "what is in memory is ahead of the log";
  EXPECT_EQ(reader.lost->code, ErrorCode::kUnavailable) << "others are not at fault";
  EXPECT_EQ(reader.text(), "");
  std::optional<Result<Workspace::View>> view;
  host.get("w").read(
      testing::ann(), "large", [](const merge::Object&) { return merge::text_pieces({}, 0); },
      [&](Result<Workspace::View> read) { view = std::move(read); });
  world.loop.run();
  ASSERT_TRUE(view && !*view);
  EXPECT_EQ(view->error().code, ErrorCode::kNotFound) << "there is no event";
}

TEST_F(Lending, WhatBelongsToTheLoopIsNotDestroyedByTheWorker) {
  Reader reader;
  LiveObject& object = join("large", reader);
  jobs.keep();
  auto token = std::make_shared<int>(0);
  const std::weak_ptr<int> held = token;
  const Bytes intent = typist.type(long_text);
  Change change{.intent = intent};
  change.apart = [token] {};
  workspace().submit(testing::ann(), object, std::move(change), nullptr, [token](auto) {});
  token.reset();
  work(2);
  EXPECT_EQ(object.position(), 1U);
  EXPECT_TRUE(held.expired());
  workspace().unsubscribe(object, reader);
}

// Neither by the loop that lends, nor while it waits in line.
TEST_F(Lending, TheBytesOfALongChangeAreNotCopied) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const auto bytes = std::make_shared<const Bytes>(typist.type(long_text));
  const auto next = std::make_shared<const Bytes>(typist.type("end"));
  int answers = 0;
  for (const auto& each : {bytes, next})
    workspace().submit(testing::ann(), object, {.intent = *each, .owner = each}, nullptr,
                       [&](const Result<Receipt>& receipt) { answers += receipt ? 1 : 0; });
  world.loop.run();
  EXPECT_EQ(bytes.use_count(), 2);
  EXPECT_EQ(next.use_count(), 2);
  work(2);
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(bytes.use_count(), 1);
  EXPECT_EQ(next.use_count(), 1);
  EXPECT_EQ(reader.text(), long_text + "end");
  workspace().unsubscribe(object, reader);
}

// Of those that wait, and of one that they wait for, in any order.
TEST_F(Lending, ALongChangeWaitsAndWakesThoseThatWaitForIt) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const Bytes first = typist.type(long_text);
  const Bytes second = typist.type(std::string(400, 'y'));
  const Bytes third = typist.type("end");
  const auto last = submit(object, third);
  EXPECT_TRUE(jobs.waiting().empty()) << "it is short";
  const auto middle = submit(object, second);
  work();  // prepared: it waits
  EXPECT_TRUE(jobs.waiting().empty());
  EXPECT_EQ(world.counters.changes_waiting, 2u);
  const auto missing = submit(object, first);
  work(2);
  ASSERT_TRUE(*missing && missing->value());
  EXPECT_EQ(jobs.waiting(), Names{"prepare"}) << "the second is submitted again";
  work(2);
  ASSERT_TRUE(*middle && middle->value());
  ASSERT_TRUE(*last && last->value());
  EXPECT_EQ(reader.text(), long_text + std::string(400, 'y') + "end");
  workspace().unsubscribe(object, reader);
}

TEST_F(Lending, PresenceDoesNotOvertakeTheChangeBeforeIt) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type(long_text));
  bool passed = false;
  workspace().pass_on(testing::ann(), object, "hello", nullptr,
                      [&](Result<void> done) { passed = done.has_value(); });
  world.loop.run();
  EXPECT_FALSE(passed);
  work(2);
  EXPECT_TRUE(passed);
  workspace().unsubscribe(object, reader);
}

TEST_F(Lending, AnObjectStaysUntilItIsHomeAlthoughItsReaderHasLeft) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const auto answer = submit(object, typist.type(long_text));
  workspace().unsubscribe(object, reader);
  world.loop.run();
  EXPECT_EQ(workspace().live_objects(), 1U);
  EXPECT_FALSE(workspace().idle());
  work(2);
  EXPECT_TRUE(*answer && answer->value());
  EXPECT_EQ(workspace().live_objects(), 0U);
  EXPECT_TRUE(workspace().idle());
}

struct SmallMemory : Lending {
  SmallMemory()
      : Lending(store::MemoryStore::CommitMode::kAtOnce, {.bytes = 100'000, .memory = 1}) {}
};

TEST_F(SmallMemory, ADiffOfALargeObjectIsMadeElsewhereAndWritersWait) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type("before"));
  std::optional<Result<Lacking>> diff;
  workspace().diff(testing::ann(), object, {},
                   [&](Result<Lacking> lacking) { diff = std::move(lacking); });
  world.loop.run();
  EXPECT_EQ(jobs.waiting(), Names{"diff"});
  EXPECT_EQ(object.version(), merge::version_of(object.object()).value());
  const auto later = submit(object, typist.type(" after"));
  EXPECT_FALSE(*later);
  work();
  ASSERT_TRUE(diff && *diff);
  crdt::Doc replica({.client_id = 98});
  ASSERT_TRUE(replica.apply_update((*diff)->rest->change));
  EXPECT_EQ(replica.text("content").to_string(), "before");
  EXPECT_TRUE(*later && later->value());
  workspace().unsubscribe(object, reader);
}

TEST_F(SmallMemory, NothingIsMadeForAClientThatHasLeft) {
  Reader stays;
  Reader leaves;
  LiveObject& object = join("large", stays);
  join("large", leaves);
  submit(object, typist.type("text"));
  const Bytes version = object.version();
  submit(object, typist.type("more"));
  int answers = 0;
  const auto count = [&](const auto&) { ++answers; };
  workspace().diff(testing::ann(), object, version, count, &stays);
  for (const Subscriber* reader : {&leaves, &stays}) {
    workspace().diff(testing::ann(), object, version, count, reader);
    workspace().state(testing::ann(), object, count, reader);
    workspace().version(testing::ann(), object, count, reader);
  }
  world.loop.run();
  workspace().unsubscribe(object, leaves);
  std::size_t jobs_done = 0;
  for (; !jobs.waiting().empty(); ++jobs_done) work();
  EXPECT_EQ(jobs_done, 3U) << "two diffs and a state, for the one who stays";
  EXPECT_EQ(answers, 4);
  workspace().unsubscribe(object, stays);
}

TEST_F(SmallMemory, ThoseWhoKnowNothingShareOneEncoding) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type(std::string(200, 'x')));
  std::vector<Lacking> got;
  const auto ask = [&](ByteView version) {
    workspace().diff(testing::ann(), object, version,
                     [&](Result<Lacking> lacking) { got.push_back(std::move(lacking.value())); });
    world.loop.run();
  };
  ask({});
  ask(Bytes{0});  // a state vector without entries
  work();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_TRUE(jobs.waiting().empty()) << "the second one waited for the first, and gets the same";
  EXPECT_EQ(got[0].rest, got[1].rest);
  submit(object, typist.type("newer"));
  ask({});
  work();
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[2].first, got[0].rest);
  EXPECT_LT(got[2].rest->change.size(), 100U);
  crdt::Doc replica({.client_id = 98});
  ASSERT_TRUE(replica.apply_update(got[2].first->change));
  ASSERT_TRUE(replica.apply_update(got[2].rest->change));
  EXPECT_EQ(replica.text("content").length(), 205U);
  submit(object, typist.type(std::string(100, 'y')));
  ask({});
  work();
  EXPECT_EQ(got[3].first, nullptr) << "too much is newer: the whole state is encoded again";
  const std::weak_ptr<const Diff> kept = got[3].rest;
  got.clear();
  EXPECT_FALSE(kept.expired());
  world.loop.advance(10'000);
  EXPECT_TRUE(kept.expired()) << "nobody asked for it any more";
  workspace().unsubscribe(object, reader);
}

// Several share it, so it is charged to the process; and before it is made.
TEST_F(SmallMemory, AnEncodingIsChargedAsLongAsSomebodyHasIt) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type(std::string(10'000, 'x')));
  const auto charged = [&] { return world.memory.used(MemoryUse::kAnswers); };
  Lacking got;
  workspace().diff(testing::ann(), object, {},
                   [&](Result<Lacking> lacking) { got = std::move(lacking.value()); });
  world.loop.run();
  EXPECT_GE(charged(), 2 * 10'000u);
  work();
  EXPECT_GE(charged(), 2 * 10'000u) << "the diff, and its encoding for a protocol";
  got = {};
  EXPECT_GE(charged(), 2 * 10'000u) << "it is kept for others";
  world.loop.advance(10'000);
  EXPECT_EQ(charged(), 0u);
  workspace().unsubscribe(object, reader);
}

// What a task of the line causes takes its place in the line.
TEST_F(Lending, ChangesThatAreTakenApartKeepTheirPlace) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type(long_text));
  std::vector<std::string> done;
  const auto note = [&](std::string name) {
    return [&done, name](Result<Receipt> receipt) {
      done.push_back(name + (receipt ? "" : " refused"));
    };
  };
  const Bytes one = typist.type("1");
  const Bytes two = typist.type("2");
  Change joined{.intent = as_bytes("not an update")};
  joined.apart = [&] {
    workspace().submit(testing::ann(), object, {.intent = one}, nullptr, note("one"));
    workspace().submit(testing::ann(), object, {.intent = two}, nullptr, note("two"));
  };
  workspace().submit(testing::ann(), object, std::move(joined), nullptr, note("joined"));
  workspace().submit(testing::ann(), object, {.intent = typist.type("3")}, nullptr, note("three"));
  work(2);
  EXPECT_EQ(done, (Names{"one", "two", "three"}));
  EXPECT_EQ(reader.text(), long_text + "123");
  workspace().unsubscribe(object, reader);
}

TEST_F(SmallMemory, AReadMakesACopyAndNobodyWaits) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type("before"));
  std::optional<Result<Workspace::View>> view;
  workspace().read(
      testing::ann(), "large",
      [](const merge::Object& state) { return state.json_pieces(1 << 20); },
      [&](Result<Workspace::View> read) { view = std::move(read); });
  world.loop.run();
  EXPECT_EQ(jobs.waiting(), Names{"read"});
  const auto passes = submit(object, typist.type(" after"));
  EXPECT_TRUE(*passes && passes->value());
  work();
  ASSERT_TRUE(view && *view);
  EXPECT_EQ((*view)->position, 1U);
  EXPECT_EQ(all_of(*(*view)->content), R"({"content":"before"})");
  workspace().unsubscribe(object, reader);
}

TEST_F(Lending, AReadThatIsManyTimesAsLongLeavesTheLoopForASmallerObject) {
  Reader reader;
  LiveObject& object = join("small", reader);
  submit(object, typist.type("text"));
  std::optional<Result<Workspace::View>> view;
  const auto read = [&](std::uint32_t weight) {
    view.reset();
    workspace().read(
        testing::ann(), "small",
        [](const merge::Object& state) { return state.json_pieces(1 << 20); },
        [&](Result<Workspace::View> made) { view = std::move(made); }, {.weight = weight});
    world.loop.run();
  };
  read(1);
  EXPECT_TRUE(view && *view) << "the loop has read it";
  read(1000);
  EXPECT_FALSE(view);
  EXPECT_EQ(jobs.waiting(), Names{"read"});
  work();
  ASSERT_TRUE(view && *view);
  EXPECT_EQ(all_of(*(*view)->content), R"({"content":"text"})");
  workspace().unsubscribe(object, reader);
}

TEST_F(SmallMemory, ALargeObjectIsChangedFromWhatAWorkerRead) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type("a"));
  std::optional<Result<Receipt>> receipt;
  workspace().change(
      "large", {.caller = testing::ann()},
      [&](const merge::Object& now, log::Position position) -> Result<Bytes> {
        EXPECT_EQ(position, 1U);
        EXPECT_EQ(now.to_json(), R"({"content":"a"})");
        return typist.type("b");
      },
      [&](Result<Receipt> changed) { receipt = std::move(changed); });
  world.loop.run();
  EXPECT_EQ(jobs.waiting(), Names{"make"});
  work();
  ASSERT_TRUE(receipt && *receipt);
  EXPECT_EQ((*receipt)->position, 2U);
  EXPECT_EQ(reader.text(), "ab");
  workspace().unsubscribe(object, reader);
}

struct ManyMilestones : Lending {
  ManyMilestones()
      : Lending(store::MemoryStore::CommitMode::kAtOnce, {.bytes = 100'000, .memory = 1},
                {.snapshot_min_bytes = 1000}) {}
};

// The whole state of a large object is encoded by a worker, and nobody elsewhere waits for it.
TEST_F(ManyMilestones, AreMadeElsewhere) {
  Reader reader;
  Reader neighbour;
  LiveObject& object = join("large", reader);
  LiveObject& other = join("other", neighbour);
  submit(object, typist.type(std::string(2000, 'x')));
  EXPECT_EQ(jobs.waiting(), Names{"snapshot"});
  EXPECT_EQ(reader.text().size(), 2000U) << "it was told before";
  const auto passes = submit(other, Typist(2).type("small"));
  EXPECT_TRUE(*passes && passes->value());
  EXPECT_EQ(world.cache.counters().snapshots, 0U);
  work();
  EXPECT_EQ(world.cache.counters().snapshots, 1U);
  workspace().unsubscribe(object, reader);
  workspace().unsubscribe(other, neighbour);
}

// A milestone of a large object needs a copy of it. It stays due.
TEST_F(ManyMilestones, AreMadeLaterWhileMemoryIsShort) {
  Reader reader;
  LiveObject& object = join("large", reader);
  world.memory.set_resident(900);
  submit(object, typist.type(std::string(2000, 'x')));
  EXPECT_TRUE(jobs.waiting().empty());
  EXPECT_EQ(world.memory.used(MemoryUse::kAnswers), 0u);
  world.memory.set_resident(0);
  submit(object, typist.type("y"));
  EXPECT_EQ(jobs.waiting(), Names{"snapshot"});
  EXPECT_GE(world.memory.used(MemoryUse::kAnswers), 2 * 2000u);
  work();
  EXPECT_EQ(world.cache.counters().snapshots, 1u);
  EXPECT_EQ(world.memory.used(MemoryUse::kAnswers), 0u);
  workspace().unsubscribe(object, reader);
}

TEST_F(Lending, WhatReadsMuchBesidesASmallObjectIsMadeElsewhere) {
  Reader reader;
  LiveObject& object = join("small", reader);
  submit(object, typist.type("a"));
  std::optional<Result<Receipt>> receipt;
  const auto change = [&](std::size_t reads) {
    workspace().change(
        "small", {.caller = testing::ann(), .reads = reads},
        [&](const merge::Object&, log::Position) -> Result<Bytes> { return typist.type("b"); },
        [&](Result<Receipt> changed) { receipt = std::move(changed); });
    world.loop.run();
  };
  change(kShare.memory);
  EXPECT_TRUE(receipt && *receipt) << "as much as the loop may read";
  receipt.reset();
  change(kShare.memory + 1);
  EXPECT_EQ(jobs.waiting(), Names{"make"});
  EXPECT_FALSE(receipt);
  work();
  EXPECT_TRUE(receipt && *receipt);
  EXPECT_EQ(reader.text(), "abb");
  workspace().unsubscribe(object, reader);
}

// ---- short changes that cost much

struct FewSteps : Lending {
  FewSteps()
      : Lending(store::MemoryStore::CommitMode::kAtOnce,
                {.bytes = 100'000, .steps = 100, .memory = 1'000'000}) {}

  static constexpr std::uint32_t kStructs = 200;
  static Bytes delete_all() {
    crdt::hostile::UpdateBuilder builder;
    builder.deletes().add(1, 0, kStructs);
    return builder.take();
  }
};

TEST_F(FewSteps, AShortChangeThatDeletesMuchIsMadeElsewhere) {
  Reader reader;
  Reader elsewhere;
  LiveObject& object = join("large", reader);
  LiveObject& other = join("other", elsewhere);
  submit(object, crdt::hostile::apart(kStructs));
  EXPECT_EQ(jobs.waiting(), Names{"prepare"}) << "many structs are long, too";
  work(2);
  const auto short_one = submit(object, Typist(2).type("a"));
  EXPECT_TRUE(*short_one && short_one->value());
  const auto deleted = submit(object, delete_all());
  EXPECT_EQ(jobs.waiting(), Names{"prepare"});
  const auto later = submit(object, Typist(3).type("b"));
  EXPECT_FALSE(*later);
  const auto passes = submit(other, Typist(4).type("c"));
  EXPECT_TRUE(*passes && passes->value());
  work(2);
  ASSERT_TRUE(*deleted && deleted->value());
  ASSERT_TRUE(*later && later->value());
  EXPECT_LT((*deleted)->value().position, (*later)->value().position);
  EXPECT_EQ(reader.doc.text("r").length(), 0U);
  workspace().unsubscribe(object, reader);
  workspace().unsubscribe(other, elsewhere);
}

// Its record is short.
TEST_F(FewSteps, WhatDoesMuchIsReplayedElsewhere) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, crdt::hostile::apart(kStructs));
  work(2);
  std::optional<state::Replayed> replayed;
  state::try_replay(world.sources, "w", "large", log::kNow,
                    [&](state::Replayed done) { replayed = std::move(done); });
  world.loop.run();
  EXPECT_FALSE(replayed);
  EXPECT_EQ(jobs.waiting(), Names{"replay"});
  work();
  ASSERT_TRUE(replayed && *replayed);
  EXPECT_EQ((*replayed)->position, 1U);
  workspace().unsubscribe(object, reader);
}

struct FewestSteps : Lending {
  FewestSteps()
      : Lending(store::MemoryStore::CommitMode::kAtOnce,
                {.bytes = 100'000, .steps = 100, .most_steps = 500, .memory = 1'000'000}) {}
};

TEST_F(FewestSteps, AChangeThatDoesFarTooMuchIsRefusedAndOthersGoOn) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const auto refused = submit(object, crdt::hostile::apart(FewSteps::kStructs));
  const auto waits = submit(object, Typist(2).type("a"));
  work();
  ASSERT_TRUE(*refused);
  EXPECT_EQ((*refused)->error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(jobs.waiting().empty());
  ASSERT_TRUE(*waits && waits->value());
  EXPECT_EQ((*waits)->value().position, 1U);
  workspace().unsubscribe(object, reader);
}

TEST_F(FewSteps, TheSameDeletionAgainIsShort) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, crdt::hostile::apart(kStructs));
  work(2);
  submit(object, delete_all());
  work(2);
  const auto again = submit(object, delete_all());
  work();  // looks at each deleted struct, once
  ASSERT_TRUE(*again && again->value());
  EXPECT_TRUE((*again)->value().known);
  const auto once_more = submit(object, delete_all());
  EXPECT_TRUE(jobs.waiting().empty());
  ASSERT_TRUE(*once_more && once_more->value());
  EXPECT_TRUE((*once_more)->value().known);
  workspace().unsubscribe(object, reader);
}

struct ByHand : Lending {
  ByHand() : Lending(store::MemoryStore::CommitMode::kManual) {}
};

TEST_F(ByHand, AnObjectThatIsLostMeanwhileIsReleasedWhenItComesHome) {
  Reader reader;
  LiveObject& object = join("large", reader);
  const auto refused = submit(object, typist.type("small"));
  const auto large = submit(object, typist.type(long_text));
  const auto waits = submit(object, typist.type("end"));
  work();  // prepared; now it is being applied
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "the disk is full"});
  world.commit();
  ASSERT_TRUE(reader.lost);
  EXPECT_FALSE(*large) << "it is still away";
  EXPECT_EQ(world.cache.residents(), 0U);
  EXPECT_FALSE(workspace().idle());
  work();
  ASSERT_TRUE(*large && *waits);
  EXPECT_EQ(large->value().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(waits->value().error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(workspace().idle());
}

struct ByHandSmallMemory : Lending {
  ByHandSmallMemory()
      : Lending(store::MemoryStore::CommitMode::kManual, {.bytes = 100'000, .memory = 1}) {}
};

// The object that holds the rule is lost while the change waits for it.
TEST_F(ByHandSmallMemory, ARuleInLineEndsWithItsObject) {
  Reader reader;
  LiveObject& object = join("other", reader);
  submit(object, typist.type("text"));
  world.commit();
  Reader rules_reader;
  LiveObject* rules = nullptr;
  workspace().subscribe(testing::ann(), std::string(log::kPinsObject), {}, rules_reader,
                        [&](Result<LiveObject*> live) { rules = live.value(); });
  world.loop.run();
  workspace().state(testing::ann(), *rules, [](const auto&) {});
  std::optional<Result<Receipt>> receipt;
  workspace().change_rules(testing::ann(), identity::Right::kPin, log::SetPin{"v1", 1}, "",
                           [&](Result<Receipt> answer) { receipt = std::move(answer); });
  world.loop.run();
  EXPECT_EQ(jobs.waiting(), Names{"state"});
  submit(object, typist.type("refused"));
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "the disk is full"});
  world.commit();
  ASSERT_TRUE(rules_reader.lost);
  EXPECT_FALSE(receipt);
  work();
  ASSERT_TRUE(receipt && !*receipt);
  EXPECT_EQ(receipt->error(), *rules_reader.lost);
  EXPECT_TRUE(workspace().idle());
}

TEST_F(ByHand, WhatALargeObjectIsIsRestoredElsewhere) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type(long_text));
  work(2);
  world.commit();
  workspace().unsubscribe(object, reader);
  world.loop.run();
  world.cache.forget("w");
  EXPECT_TRUE(jobs.waiting().empty()) << "little memory is freed at once";
  Reader next;
  LiveObject* joined = nullptr;
  workspace().subscribe(testing::ann(), "large", "yjs", next,
                        [&](Result<LiveObject*> live) { joined = live.value(); });
  world.loop.run();
  EXPECT_EQ(jobs.waiting(), Names{"replay"});
  EXPECT_EQ(joined, nullptr);
  work();
  ASSERT_NE(joined, nullptr);
  EXPECT_EQ(joined->object().to_json(), "{\"content\":\"" + long_text + "\"}");
  workspace().unsubscribe(*joined, next);
}

struct MuchToFree : Lending {
  MuchToFree()
      : Lending(store::MemoryStore::CommitMode::kManual, {.bytes = 100'000, .memory = 1'000}) {}
};

TEST_F(MuchToFree, WhatIsDroppedIsFreedElsewhere) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type(long_text));
  world.commit();
  workspace().unsubscribe(object, reader);
  world.loop.run();
  EXPECT_EQ(world.cache.residents(), 1U);
  world.cache.forget("w");
  EXPECT_EQ(world.cache.residents(), 0U);
  EXPECT_EQ(jobs.waiting(), Names{"free"});
  work();
}

TEST_F(MuchToFree, WhatIsLostIsFreedElsewhere) {
  Reader reader;
  LiveObject& object = join("large", reader);
  submit(object, typist.type(long_text));
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "the disk is full"});
  world.commit();
  ASSERT_TRUE(reader.lost);
  EXPECT_EQ(jobs.waiting(), Names{"free"});
  EXPECT_TRUE(workspace().idle());
  work();
}

}  // namespace
}  // namespace syncline::workspace
