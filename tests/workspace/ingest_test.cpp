// A workspace takes over what another region's log accepted, and asks who owns it.
#include <gtest/gtest.h>

#include "log/session_record.h"
#include "one_workspace.h"
#include "support/hand_jobs.h"

namespace syncline::state {
namespace {

using log::Position;

// In region "eu".
struct Region {
  Region() : host(services()) {}

  workspace::Services services() {
    auto services = world.services();
    services.region = "eu";
    return services;
  }

  Result<Position> ingest(std::vector<log::Event> events) {
    return ask<Position>(
        world, [&](auto done) { host.get("w").ingest("us", std::move(events), std::move(done)); });
  }

  std::string json(const std::string& object) {
    return replay(world, object, log::kNow).value().object->to_json();
  }

  TestWorld world;
  workspace::Host host;
};

TEST(Ingest, EventsKeepTheirAuthorAndGetAPlaceHere) {
  TestWorld there;
  there.loop.advance(5'000);  // its clock is ahead
  Typist ann(1);
  submit(there, "note", ann.type("hello"));
  submit(there, "other", Typist(2).type("x"));
  submit(there, "note", ann.type(" world"));
  const auto events = events_of(there);

  Region here;
  submit(here.world, "note", Typist(3).type("local "));
  const auto taken = here.ingest(events);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(*taken, 3u);
  const auto mine = events_of(here.world);
  ASSERT_EQ(mine.size(), 4u);
  EXPECT_EQ(mine[3].position, 4u);
  EXPECT_EQ(mine[3].principal, "ann");
  EXPECT_EQ(mine[3].region, "eu");
  EXPECT_EQ(mine[3].origin, (log::Origin{"us", 3}));
  EXPECT_GT(mine[3].hlc, events[2].hlc);
  EXPECT_NE(here.json("note").find("hello world"), std::string::npos);
}

TEST(Ingest, WhatIsSentAgainIsTakenOverOnce) {
  TestWorld there;
  Typist ann(1);
  for (int i = 0; i < 5; ++i) submit(there, "note", ann.type("x"));
  const auto events = events_of(there);
  Region here;
  EXPECT_EQ(here.ingest({events[0], events[1], events[2]}).value(), 3u);
  EXPECT_EQ(here.ingest({events[1], events[2], events[3], events[4]}).value(), 5u);
  EXPECT_EQ(here.ingest(events).value(), 5u);
  EXPECT_EQ(end_of(here.world), 5u);
  EXPECT_EQ(here.json("note"), R"({"content":"xxxxx"})");
}

// It numbered them there, and may send them again here.
// They say whom the other region has judged; this one judges by itself, and records whom its own rules have judged.
TEST(Ingest, SessionRecordsStayWhereTheyAre) {
  TestWorld there;
  for (int i = 0; i < 2; ++i) submit(there, "o", Typist(static_cast<unsigned>(i) + 1).type("x"));
  auto events = events_of(there);
  events[1].position = 3;
  log::Event record = events[0];
  record.kind = log::EventKind::kSession;
  for (const Position at : {Position{2}, Position{4}}) {
    record.position = at;
    events.insert(events.begin() + static_cast<std::ptrdiff_t>(at) - 1, record);
  }
  Region here;
  EXPECT_EQ(here.ingest(events).value(), 4u);
  EXPECT_EQ(end_of(here.world), 2u);
}

TEST(Ingest, TheChangesOfANamedActorAreKnownHereToo) {
  TestWorld there;
  Typist ann(1);
  submit(there, "note", ann.type("a"));
  submit(there, "note", ann.type("b"));
  submit(there, "note", Typist(7).type("something else"));
  auto events = events_of(there);
  for (log::Event& event : events) {
    event.actor = "tablet";
    event.actor_named = true;
  }
  events[0].actor_seq = 5;
  events[0].further_seqs = 1;
  events[1].actor_seq = 7;
  events[2].actor_seq = 6;  // a number that is recorded by then
  Region here;
  EXPECT_EQ(here.ingest(events).value(), 3u);
  const auto mine = events_of(here.world);
  ASSERT_EQ(mine.size(), 2u);
  EXPECT_TRUE(mine[0].actor_named);
  EXPECT_EQ(mine[0].last_actor_seq(), 6u);
  const auto numbers = ask<log::ActorNumbers>(here.world, [&](auto done) {
    here.world.log->actors().load_actor("w", {"", events[0].principal, "tablet"}, std::move(done));
  });
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->ranges(), (std::vector<log::ActorNumbers::Range>{{5, 7, 2}}));
}

TEST(Ingest, StopsAtWhatItCannotTakeOver) {
  TestWorld there;
  Typist ann(1);
  for (int i = 0; i < 3; ++i) submit(there, "note", ann.type("x"));
  const auto events = events_of(there);
  Region here;
  EXPECT_EQ(here.ingest({events[1], events[0]}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(end_of(here.world), 0u);
  // Its cause has not come.
  EXPECT_EQ(here.ingest({events[1]}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(end_of(here.world), 0u);
  auto unknown = events;
  unknown[1].type = "no such type";
  EXPECT_EQ(here.ingest(unknown).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(end_of(here.world), 1u);
  EXPECT_EQ(here.ingest(events).value(), 3u);
}

// A worker has applied the change by then, so the state in memory is ahead of the log.
TEST(Ingest, AnAppliedChangeThatTheLogCannotTakeIsShownToNobody) {
  TestWorld there;
  there.loop.advance(2 * HlcClock::kMaxAheadMs);
  submit(there, "note", Typist(1).type(std::string(300, 'x')));
  testing::HandJobs jobs;
  TestWorld here(MemoryStore::CommitMode::kAtOnce, {}, &jobs, {.bytes = 200});
  auto services = here.services();
  services.region = "eu";
  workspace::Host host(services);
  std::optional<Result<Position>> taken;
  {
    Visit visit(here, host, "note");
    host.get("w").ingest("us", events_of(there),
                         [&](Result<Position> position) { taken = std::move(position); });
    for (here.loop.run(); !jobs.waiting().empty(); here.loop.run())
      jobs.run_next(here.loop, here.sources);
    EXPECT_EQ(visit.listener().lost, 1);
  }
  ASSERT_TRUE(taken);
  EXPECT_FALSE(*taken);
  Visit later(here, host, "note");
  EXPECT_EQ(later.object().object().to_json(), "{}");
}

class Owners final : public log::Placement {
 public:
  Result<log::Owner> owner_of(std::string_view) const override { return owner; }
  Result<log::Owner> owner = log::Owner{"n1", true, 7};
};

// Names that a new object may not have: those of objects from before are reached by their bytes.
TEST(Ingest, AnObjectKeepsItsNameThatANewOneCouldNotHave) {
  const std::string kHidden = "no\u200bte";
  TestWorld there;
  Typist ann(1);
  submit(there, "note", ann.type("hello"));
  auto events = events_of(there);
  events[0].object = kHidden;
  Region here;
  const auto taken = here.ingest(events);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_NE(here.json(kHidden).find("hello"), std::string::npos);
  submit(here.world, kHidden, ann.type(" again"));
  EXPECT_NE(here.json(kHidden).find("hello again"), std::string::npos);
}

// Its author is judged by what it does, and is no administrator.
TEST(Ingest, AChangeIsJudgedByTheRulesOfThisRegion) {
  TestWorld there;
  submit(there, "note", Typist(1).type("hello"));
  submit(there, "secret", Typist(2).type("x"));
  const auto events = events_of(there);
  Region here;
  submit(here.world, "other", Typist(3).type("local"));
  const auto set_policy = [&](std::string name, std::string text) {
    const auto done = ask<workspace::Receipt>(here.world, [&](auto answer) {
      here.host.get("w").change_rules(testing::ann(), identity::Right::kPolicy,
                                      log::SetPolicy{std::move(name), std::move(text)}, "",
                                      std::move(answer));
    });
    ASSERT_TRUE(done) << done.error().message;
  };
  set_policy("admins", "permit (principal in Role::\"admin\", action, resource);");
  EXPECT_EQ(here.ingest(events).error().code, ErrorCode::kForbidden);
  set_policy("notes",
             "permit (principal == Principal::\"ann\", action, resource in "
             "Object::\"note\");");
  EXPECT_EQ(here.ingest(events).error().code, ErrorCode::kForbidden) << "the second one";
  EXPECT_NE(here.json("note").find("hello"), std::string::npos);
  EXPECT_EQ(here.json("secret"), "{}");
}

// A log of the other region: finance writes, with the record of that.
std::vector<log::Event> recorded_history(std::vector<std::string> groups) {
  TestWorld there;
  submit(there, "note", Typist(1).type("hello"));
  std::vector<log::Event> events = events_of(there);
  log::Event record = events[0];
  record.kind = log::EventKind::kSession;
  record.object = log::kSessionsObject;
  record.intent = log::encode_session({.rights = {"read", "history", "write"},
                                       .groups = std::move(groups),
                                       .source = "jwt",
                                       .address = "203.0.113.5"});
  record.effect.clear();
  events.insert(events.begin(), record);
  events[1].position = 2;
  events[1].session_at = 1;
  return events;
}

void forbid_others(Region& here) {
  submit(here.world, "other", Typist(3).type("local"));
  const auto done = ask<workspace::Receipt>(here.world, [&](auto answer) {
    here.host.get("w").change_rules(
        testing::ann(), identity::Right::kPolicy,
        log::SetPolicy{"finance",
                       "permit (principal, action, resource);\n"
                       "forbid (principal, action in Action::\"write\", resource)\n"
                       "unless { principal in Group::\"finance\" };"},
        "", std::move(answer));
  });
  ASSERT_TRUE(done) << done.error().message;
}

// What the token of the author said travels with the log.
TEST(Ingest, AnAuthorHasTheGroupsOfHisSessionRecord) {
  for (const bool in_finance : {true, false}) {
    const auto events = recorded_history(in_finance ? std::vector<std::string>{"finance"}
                                                    : std::vector<std::string>{"sales"});
    Region here;
    forbid_others(here);
    const auto taken = here.ingest(events);
    EXPECT_EQ(taken.has_value(), in_finance);
    if (!in_finance) EXPECT_EQ(taken.error().code, ErrorCode::kForbidden);
    if (!in_finance) continue;
    // This log records him, too: whoever reads it need not have the other.
    const auto mine = events_of(here.world);
    const log::Event& change = mine.back();
    ASSERT_GT(change.session_at, 0u);
    const auto record = log::session_in(mine[change.session_at - 1]);
    ASSERT_TRUE(record && *record);
    EXPECT_EQ((*record)->groups, std::vector<std::string>{"finance"});
    EXPECT_EQ((*record)->address, "203.0.113.5");
    EXPECT_EQ(mine[change.session_at - 1].principal, change.principal);
  }
}

// The record may be older than what was taken over: it comes again with the event that names it.
TEST(Ingest, AnOlderSessionRecordComesWithTheEventThatNamesIt) {
  auto events = recorded_history({"finance"});
  Region here;
  forbid_others(here);
  ASSERT_EQ(here.ingest({events[0]}).value(), 1u);
  EXPECT_EQ(here.ingest({events[0], events[1]}).value(), 2u);
}

TEST(Ingest, WithoutASessionRecordRulesThatNeedItRefuse) {
  const auto reason_of = [](const std::vector<log::Event>& events) {
    Region here;
    forbid_others(here);
    const auto taken = here.ingest(events);
    EXPECT_FALSE(taken);
    if (taken) return std::string();
    EXPECT_EQ(taken.error().code, ErrorCode::kForbidden);
    return taken.error().message;
  };
  auto events = recorded_history({"finance"});
  EXPECT_NE(reason_of({events[1]}).find("the session record at 1, which did not come with it"),
            std::string::npos);
  events[0].dropped_payload = Hash256{};
  events[0].intent.clear();
  EXPECT_NE(reason_of(events).find("dropped by retention"), std::string::npos);
  events[1].session_at = 0;
  EXPECT_NE(reason_of(events).find("names no session record"), std::string::npos);
  // The record of somebody else says nothing of him.
  events = recorded_history({"finance"});
  events[0].principal = "mallory";
  Region here;
  forbid_others(here);
  EXPECT_EQ(here.ingest(events).error().code, ErrorCode::kInvalid);
  // Rules that look at nobody's token judge him as before.
  Region open;
  EXPECT_TRUE(open.ingest({recorded_history({})[1]}));
}

TEST(Ownership, AppendsCarryTheEpochAndAReplacedOwnerIsRefused) {
  TestWorld world;
  Owners owners;
  auto services = world.services();
  services.placement = &owners;
  workspace::Host host(services);
  Typist typist(1);
  Visit old(world, host, "note");
  old.submit(typist.type("a"));
  EXPECT_EQ(events_of(world)[0].epoch, 7u);

  // Another node takes the workspace over.
  Owners others;
  others.owner = log::Owner{"n2", true, 8};
  auto log = world.store.open_loop(world.loop);
  ObjectCache cache({*log, world.sources.types}, {});
  workspace::Host successor({.log = log->events(),
                             .cache = cache,
                             .types = world.sources.types,
                             .waiting = log->waiting(),
                             .retention = log->retention(),
                             .rules = log->rules(),
                             .scheduler = world.loop,
                             .counters = world.counters,
                             .random = world.random,
                             .on_storage_failure = [](const Error&) {},
                             .placement = &others});
  Visit next(world, successor, "note");
  next.submit(Typist(2).type("b"));
  EXPECT_EQ(events_of(world)[1].epoch, 8u);

  owners.owner = log::Owner{"n2", false, 0};
  const auto refused = old.try_submit(typist.type("c"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << "clients are to connect again";
  EXPECT_EQ(old.listener().lost, 1);
  EXPECT_EQ(end_of(world), 2u);
  Listener late;
  std::optional<Error> error;
  host.get("w").subscribe(testing::ann(), "note", "yjs", late,
                          [&](auto opened) { error = opened.error(); });
  world.loop.run();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "workspace w is on node n2");
}

// ---- deletions

Result<workspace::Receipt> delete_note(TestWorld& world, workspace::Host& host, bool undo = false,
                                       bool erase = false) {
  return ask<workspace::Receipt>(world, [&](auto done) {
    workspace::Deletion wish{.caller = testing::ann(), .object = "note", .erase = erase};
    undo ? host.get("w").undelete_object(std::move(wish), std::move(done))
         : host.get("w").delete_object(std::move(wish), std::move(done));
  });
}

std::vector<log::Event> after(const std::vector<log::Event>& events, std::size_t first) {
  return {events.begin() + static_cast<std::ptrdiff_t>(first), events.end()};
}

TEST(Ingest, ADeletionIsTakenOverWithThePositionsOfHere) {
  TestWorld there;
  Typist ann(1);
  submit(there, "note", ann.type("secret"));
  ASSERT_TRUE(delete_note(there, there.host));
  Typist ben(2);
  submit(there, "note", ben.type("new"));

  Region here;
  for (int i = 0; i < 5; ++i)
    submit(here.world, "other", Typist(static_cast<unsigned>(i) + 9).type("x"));
  const auto events = events_of(there);
  EXPECT_EQ(here.ingest(events).value(), 3u);
  EXPECT_EQ(here.json("note"), R"({"content":"new"})");
  const log::EndedGeneration* ended = here.host.get("w").deletions().last("note");
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->after, 6u) << "of this log, and not of that one";
  EXPECT_EQ(ended->principal, "ann");
  // Again, and nothing happens.
  const Position end = end_of(here.world);
  EXPECT_EQ(here.ingest(events).value(), 3u);
  EXPECT_EQ(end_of(here.world), end);
}

TEST(Ingest, AnUndoneDeletionAndABegunErasureAreTakenOver) {
  TestWorld there;
  submit(there, "note", Typist(1).type("secret"));
  ASSERT_TRUE(delete_note(there, there.host));
  ASSERT_TRUE(delete_note(there, there.host, true));
  Region here;
  EXPECT_EQ(here.ingest(events_of(there)).value(), 3u);
  EXPECT_EQ(here.json("note"), R"({"content":"secret"})");
  ASSERT_TRUE(delete_note(there, there.host));
  ASSERT_TRUE(delete_note(there, there.host, false, true));
  EXPECT_EQ(here.ingest(after(events_of(there), 3)).value(), 5u);
  const log::EndedGeneration* ended = here.host.get("w").deletions().last("note");
  ASSERT_NE(ended, nullptr);
  EXPECT_TRUE(log::is_erased(*ended));
  EXPECT_FALSE(ended->erased) << "here, nothing is erased yet";
}

TEST(Ingest, AnEventOfAnEndedGenerationIsLeftOutAlone) {
  TestWorld there;
  Typist ann(1);
  submit(there, "note", ann.type("a"));
  Region here;
  EXPECT_EQ(here.ingest(events_of(there)).value(), 1u);
  ASSERT_TRUE(delete_note(here.world, here.host));
  submit(there, "note", ann.type("b"));
  submit(there, "other", Typist(2).type("x"));
  ASSERT_TRUE(delete_note(there, there.host));
  submit(there, "last", Typist(3).type("y"));
  EXPECT_EQ(here.ingest(after(events_of(there), 1)).value(), 5u);
  EXPECT_EQ(here.json("other"), R"({"content":"x"})");
  EXPECT_EQ(here.json("last"), R"({"content":"y"})");
  EXPECT_EQ(here.host.get("w").deletions().objects.at("note").size(), 1u);
  std::size_t reported = 0;
  for (const auto& line : here.world.reports.lines())
    reported += line.find("an event of another region was left out") != std::string::npos ? 1 : 0;
  EXPECT_EQ(reported, 2u);
}

TEST(Ingest, ADeletedWorkspaceStaysWhereItIs) {
  TestWorld there;
  submit(there, "note", Typist(1).type("a"));
  ASSERT_TRUE(ask<workspace::Receipt>(there, [&](auto done) {
    there.host.get("w").change_rules(
        testing::ann(), identity::Right::kRetention,
        log::DeleteWorkspace{.erase_at_ms = there.loop.unix_ms() + 1000}, "", std::move(done));
  }));
  Region here;
  EXPECT_EQ(here.ingest(events_of(there)).value(), 2u);
  EXPECT_EQ(here.json("note"), R"({"content":"a"})");
}

}  // namespace
}  // namespace syncline::state
