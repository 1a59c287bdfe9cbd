#include "policy/simulation.h"

#include <gtest/gtest.h>

#include <utility>

#include "log/rules.h"
#include "log/session_record.h"
#include "merge/effect_codec.h"

namespace syncline::policy {
namespace {

using Now = Simulated::Now;
using identity::Rights;
using log::Grantee;
using log::ShareRole;

constexpr const char* kAll = "permit (principal, action, resource);";
constexpr const char* kBudget =
    "forbid (principal, action in Action::\"write\", resource in Path::\"/budget\")\n"
    "unless { principal in Group::\"finance\" };";

// A log of which each event is simulated as it is added.
class History {
 public:
  explicit History(TriedPolicies tried, KnownPeople people = {}, log::HeldRules held = {})
      : simulation_("w", std::move(held), 0, std::move(tried), std::move(people)) {}

  Simulated take(log::Event event) {
    event.position = ++position_;
    event.hlc = HlcStamp::of(1'700'000'000'000, 0);
    auto simulated = simulation_.take(event);
    EXPECT_TRUE(simulated) << simulated.error().message;
    EXPECT_TRUE(*simulated);
    return simulated && *simulated ? **simulated : Simulated{};
  }

  // Sets a key below a root of the document "plan".
  Simulated set(const std::string& who, const std::string& root, const std::string& key) {
    return take(setting(who, root, key));
  }

  Simulated rule(const std::string& who, log::RuleAct act) {
    log::Event event;
    event.principal = who;
    event.object = log::object_of(act);
    event.type = log::kRulesType;
    event.intent = log::encode_rule_change({std::move(act), who, "case", 1});
    merge::Touch touch;
    touch.operation = merge::Operation::kSetKey;
    touch.extent = merge::Extent::kBelow;
    touch.container = {"policies", {}};
    touch.key = "p";
    event.effect = merge::encode_effect({{touch}});
    return take(std::move(event));
  }

  static log::Event setting(const std::string& who, const std::string& root,
                            const std::string& key) {
    merge::Touch touch;
    touch.operation = merge::Operation::kSetKey;
    touch.container = {root, {}};
    touch.key = key;
    log::Event event;
    event.principal = who;
    event.object = "plan";
    event.type = "doc";
    event.intent = Bytes(10);
    event.effect = merge::encode_effect({{touch}});
    return event;
  }

  Simulation& simulation() { return simulation_; }

 private:
  Simulation simulation_;
  log::Position position_ = 0;
};

KnownPeople known(const std::string& who, std::vector<std::string> groups,
                  Rights rights = Rights::writing()) {
  return {{who, {std::move(groups), rights}}};
}

TEST(Simulation, SaysWhatWouldBeRefusedAndByWhat) {
  History history({.texts = {{"all", kAll}, {"budget", kBudget}}}, known("ann", {}));
  EXPECT_EQ(history.set("ann", "plan", "title").now, Now::kAllowed);
  const Simulated refused = history.set("ann", "budget", "travel");
  EXPECT_EQ(refused.now, Now::kRefused);
  EXPECT_EQ(refused.action, "set");
  EXPECT_EQ(refused.path, "/budget/travel");
  EXPECT_EQ(refused.now_by, std::vector<std::string>{"policy budget"});
  EXPECT_EQ(refused.then_by, std::vector<std::string>{});
  EXPECT_EQ(refused.message, "the policy of this workspace does not allow: set at /budget/travel");
}

TEST(Simulation, WhatIsKnownOfPeopleDecides) {
  const TriedPolicies tried{.texts = {{"all", kAll}, {"budget", kBudget}}};
  EXPECT_EQ(History(tried, known("fin", {"finance"})).set("fin", "budget", "travel").now,
            Now::kAllowed);
  // Of others, nothing is known: the answer depends on it.
  const Simulated unclear = History(tried).set("fin", "budget", "travel");
  EXPECT_EQ(unclear.now, Now::kUnclear);
  EXPECT_EQ(unclear.message, "it depends on the groups or the rights of fin");
  // What no group changes is certain.
  const TriedPolicies nobody{.texts = {{"none", "forbid (principal, action, resource);"}}};
  EXPECT_EQ(History(nobody).set("fin", "budget", "travel").now, Now::kRefused);
}

TEST(Simulation, WhatWasAllowedThenTellsOfTheAuthor) {
  // Only finance wrote there, so whoever did is in it.
  log::HeldRules held;
  held.policies["all"] = {kAll, "ada", 1};
  held.policies["budget"] = {kBudget, "ada", 1};
  const TriedPolicies tried{
      .texts = {{"finance", "permit (principal in Group::\"finance\", action, resource);"}}};
  History history(tried, {}, held);
  EXPECT_EQ(history.set("fin", "budget", "travel").now, Now::kAllowed);
  EXPECT_EQ(history.set("fin", "plan", "title").now, Now::kUnclear);
  // What is said of somebody, and cannot be true, decides nothing.
  History wrong(tried, known("fin", {}), held);
  const Simulated unclear = wrong.set("fin", "budget", "travel");
  EXPECT_EQ(unclear.now, Now::kUnclear);
  EXPECT_EQ(unclear.message, "the log does not hold what decided then");
}

TEST(Simulation, SharesStayAndPoliciesAreReplacedOrAdded) {
  log::HeldRules held;
  held.shares[{"plan", {Grantee::Kind::kPrincipal, "ann"}}] = {ShareRole::kEditor, "ada", 1};
  held.policies["bobs"] = {"permit (principal == Principal::\"bob\", action, resource);", "ada", 1};
  const TriedPolicies replaced{.texts = {{"titles",
                                          "forbid (principal, action, resource in "
                                          "Path::\"/plan/title\");"}}};
  TriedPolicies added = replaced;
  added.added = true;
  EXPECT_EQ(History(replaced, {}, held).set("ann", "plan", "goal").now, Now::kAllowed);
  EXPECT_EQ(History(replaced, {}, held).set("bob", "plan", "goal").now, Now::kRefused);
  EXPECT_EQ(History(added, {}, held).set("bob", "plan", "goal").now, Now::kAllowed);
  const Simulated refused = History(added, {}, held).set("ann", "plan", "title");
  EXPECT_EQ(refused.now, Now::kRefused);
  EXPECT_EQ(refused.then_by,
            std::vector<std::string>{"share: ada gave role editor on plan to principal:ann"});
  EXPECT_EQ(refused.now_by, std::vector<std::string>{"policy titles"});
}

TEST(Simulation, FollowsTheChangesOfRules) {
  History history({.texts = {{"x", "forbid (principal, action, resource in Path::\"/x\");"}}});
  EXPECT_EQ(history.set("ann", "plan", "title").now, Now::kRefused) << "nothing permits it";
  // Whoever set a rule was an administrator, and may always.
  EXPECT_EQ(
      history.rule("ada", log::Share{"", {Grantee::Kind::kEveryone, ""}, ShareRole::kEditor}).now,
      Now::kAllowed);
  EXPECT_EQ(history.set("ann", "plan", "title").now, Now::kAllowed);
  EXPECT_EQ(history.set("ann", "x", "y").now, Now::kRefused);
  EXPECT_EQ(history.rule("ada", log::SetPin{"release", 1}).now, Now::kAllowed);
  const Simulated hold = history.rule("ada", log::PutHold{});
  EXPECT_EQ(hold.now, Now::kUnclear) << "then as now, the share gives no such right";
  history.rule("ada", log::Unshare{"", {Grantee::Kind::kEveryone, ""}});
  EXPECT_EQ(history.set("ann", "plan", "title").now, Now::kRefused);
}

TEST(Simulation, PoliciesOfTheTenantJudgeThenAndNow) {
  log::HeldRules tenant;
  tenant.policies["all"] = {kAll, "ada", 1};
  // Those that are tried are of the workspace: the tenant still permits.
  const TriedPolicies own{
      .texts = {{"x", "forbid (principal, action, resource in Path::\"/x\");"}}};
  History history(own);
  history.simulation().set_tenant(tenant, 3);
  EXPECT_EQ(history.simulation().tenant_at(), 3u);
  EXPECT_EQ(history.set("ann", "plan", "title").now, Now::kAllowed);
  const Simulated refused = history.set("ann", "x", "y");
  EXPECT_EQ(refused.now, Now::kRefused);
  EXPECT_EQ(refused.then_by, std::vector<std::string>{"policy of the tenant all"});
  EXPECT_EQ(refused.now_by, std::vector<std::string>{"policy x"});
  // And the other way round.
  log::HeldRules held;
  held.policies["all"] = {kAll, "ada", 1};
  TriedPolicies of_tenant = own;
  of_tenant.of_tenant = true;
  History other(of_tenant, {}, held);
  EXPECT_EQ(other.set("ann", "plan", "title").now, Now::kAllowed);
  EXPECT_EQ(other.set("ann", "x", "y").now_by, std::vector<std::string>{"policy of the tenant x"});
}

// Without the record, the groups of ann would decide.
TEST(Simulation, WhoHasASessionRecordIsJudgedByIt) {
  for (const bool in_finance : {true, false}) {
    History history({.texts = {{"all", kAll}, {"budget", kBudget}}});
    log::Event record;
    record.kind = log::EventKind::kSession;
    record.principal = "ann";
    record.position = 40;
    record.intent = log::encode_session(
        {.rights = {"read", "write"},
         .groups = in_finance ? std::vector<std::string>{"finance"} : std::vector<std::string>{}});
    log::Event event = History::setting("ann", "budget", "travel");
    event.session_at = 40;
    EXPECT_EQ(history.simulation().lacks(event), 40u);
    history.simulation().learn(record);
    EXPECT_EQ(history.simulation().lacks(event), 0u);
    EXPECT_EQ(history.take(event).now, in_finance ? Now::kAllowed : Now::kRefused);
    event.principal = "bob";
    EXPECT_EQ(history.take(event).now, Now::kUnclear) << "the record is not his";
  }
}

TEST(Simulation, ADroppedSessionRecordSaysNothing) {
  History history({.texts = {{"all", kAll}, {"budget", kBudget}}});
  log::Event record;
  record.kind = log::EventKind::kSession;
  record.position = 40;
  record.dropped_payload = Hash256{};
  history.simulation().learn(record);
  log::Event event = History::setting("ann", "budget", "travel");
  event.session_at = 40;
  EXPECT_EQ(history.simulation().lacks(event), 0u);
  EXPECT_EQ(history.take(event).now, Now::kUnclear);
}

// Nobody keeps its ticket, but its share says what that allows: no groups, no administrator.
TEST(Simulation, ALinkIsJudgedWithItsTicketAndItsShare) {
  const std::string link = "link:2000000000-abcdefghijklmnop";
  log::HeldRules held;
  held.shares[{"plan", {Grantee::Kind::kPrincipal, link}}] = {ShareRole::kEditor, "ada", 1};
  const TriedPolicies tried{
      .texts = {
          {"staff",
           "forbid (principal, action in Action::\"write\", resource in Path::\"/x\") unless { "
           "principal in Group::\"staff\" || principal in Role::\"admin\" };"},
          {"tickets",
           "forbid (principal, action in Action::\"write\", resource in Path::\"/y\") when { "
           "principal.source == \"ticket\" };"}}};
  History history(tried, {}, held);
  EXPECT_EQ(history.set(link, "plan", "title").now, Now::kAllowed);
  EXPECT_EQ(history.set(link, "x", "key").now, Now::kRefused) << "a link is in no group";
  EXPECT_EQ(history.set(link, "y", "key").now_by, std::vector<std::string>{"policy tickets"});
  // Without its share, nobody could have come by it.
  EXPECT_EQ(History(tried).set(link, "plan", "title").now, Now::kUnclear);
}

// What ann was refused, as the audit log has it.
std::optional<Simulated> refused(const TriedPolicies& tried, const log::HeldRules& held,
                                 std::string right, std::string reason, KnownPeople people = {}) {
  Simulation simulation("w", held, 1, tried, std::move(people));
  const auto taken = simulation.take_refusal({.kind = log::AuditEntry::Kind::kRefusal,
                                              .unix_ms = 1'700'000'000'000,
                                              .principal = "ann",
                                              .right = std::move(right),
                                              .workspace = "w",
                                              .object = "plan",
                                              .reason = std::move(reason)});
  EXPECT_TRUE(taken) << taken.error().message;
  return taken.value_or(std::nullopt);
}

TEST(Simulation, SaysWhatWasRefusedAndWouldBeAllowed) {
  log::HeldRules held;
  held.policies["all"] = {kAll, "ada", 1};
  held.policies["budget"] = {kBudget, "ada", 1};
  held.policies["closed"] = {"forbid (principal, action == Action::\"read\", resource);", "ada", 1};
  const TriedPolicies open{.texts = {{"open", kAll}}};
  const auto read =
      refused(open, held, "read", "the policy of this workspace does not allow: read plan");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->now, Now::kAllowed);
  EXPECT_EQ(read->action, "read");
  EXPECT_EQ(read->then_by, std::vector<std::string>{"policy closed"});
  EXPECT_EQ(read->now_by, std::vector<std::string>{"policy open"});
  // Of a change, the place is known that was refused.
  const std::string reason = "the policy of this workspace does not allow: set at /budget/travel";
  const auto set = refused(open, held, "write", reason);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->now, Now::kAllowed);
  EXPECT_EQ(set->action, "set");
  EXPECT_EQ(set->path, "/budget/travel");
  EXPECT_EQ(set->then_by, std::vector<std::string>{"policy budget"});
  EXPECT_EQ(set->message, reason);
  const TriedPolicies same{.texts = {{"all", kAll}, {"budget", kBudget}}};
  EXPECT_EQ(refused(same, held, "write", reason)->now, Now::kRefused);
  // Nobody knows whether ann is in sales, unless it is said.
  const TriedPolicies sales{
      .texts = {{"sales", "permit (principal in Group::\"sales\", action, resource);"}}};
  EXPECT_EQ(refused(sales, held, "write", reason)->now, Now::kUnclear);
  EXPECT_EQ(refused(sales, held, "write", reason, known("ann", {"sales"}))->now, Now::kAllowed);
  EXPECT_EQ(refused(sales, held, "write", reason, known("ann", {}))->now, Now::kRefused);
  // Whoever is in finance was refused for another reason, and so was whoever asked where there are no rules.
  EXPECT_FALSE(refused(open, held, "write", reason, known("ann", {"finance"})));
  EXPECT_FALSE(refused(open, {}, "write", reason));
  EXPECT_FALSE(refused(open, held, "no such right", reason));
}

TEST(Simulation, ARefusedChangeWithoutAPlaceIsUnclearIfSomeChangesAreAllowed) {
  log::HeldRules held;
  held.policies["all"] = {kAll, "ada", 1};
  held.policies["budget"] = {kBudget, "ada", 1};
  const std::string reason = "the policy of this workspace may not allow: delete at or below /";
  const TriedPolicies part{
      .texts = {{"all", kAll},
                {"x", "forbid (principal, action == Action::\"set\", resource in Path::\"/x\");"}}};
  const auto unclear = refused(part, held, "write", reason);
  ASSERT_TRUE(unclear);
  EXPECT_EQ(unclear->now, Now::kUnclear);
  EXPECT_EQ(unclear->message, "the audit log does not hold what it would have changed");
  EXPECT_EQ(refused({.texts = {{"all", kAll}}}, held, "write", reason)->now, Now::kAllowed);
  EXPECT_EQ(
      refused({.texts = {{"no", "forbid (principal, action, resource);"}}}, held, "write", reason)
          ->now,
      Now::kRefused);
}

// Each set of rules is compiled by itself, and only when it has changed.
TEST(Simulation, CompilesOneSetAtATime) {
  History history({.texts = {{"x", kAll}}, .of_tenant = true});
  Simulation& simulation = history.simulation();
  EXPECT_FALSE(simulation.prepared());
  for (std::size_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(simulation.prepare());
    EXPECT_EQ(simulation.compilations(), i);
    EXPECT_EQ(simulation.prepared(), i == 3);
  }
  ASSERT_TRUE(simulation.prepare());
  EXPECT_EQ(simulation.compilations(), 3u);
  history.rule("ada", log::Share{"", {Grantee::Kind::kEveryone, ""}, ShareRole::kEditor});
  EXPECT_FALSE(simulation.prepared());
  EXPECT_EQ(history.set("ann", "plan", "title").now, Now::kAllowed);
  EXPECT_EQ(simulation.compilations(), 4u) << "what is tried for the tenant stands";
  simulation.set_tenant({}, 3);
  EXPECT_EQ(history.set("ann", "plan", "title").now, Now::kAllowed);
  EXPECT_EQ(simulation.compilations(), 6u);
}

TEST(Simulation, WhatTheLogDoesNotHoldIsUnclear) {
  const TriedPolicies tried{.texts = {{"all", kAll}}};
  log::Event dropped = History::setting("ann", "plan", "title");
  dropped.effect.clear();
  dropped.intent.clear();
  dropped.dropped_payload = Hash256{};
  EXPECT_EQ(History(tried).take(dropped).now, Now::kUnclear);
  // But who may write nothing would not have written that.
  EXPECT_EQ(
      History({.texts = {{"none", "forbid (principal, action, resource);"}}}).take(dropped).now,
      Now::kRefused);
  merge::Effect large;
  for (int i = 0; i < 300; ++i) {
    merge::Touch touch;
    touch.operation = merge::Operation::kSetKey;
    touch.container = {"plan", {}};
    touch.key = "key " + std::to_string(i);
    large.touches.push_back(touch);
  }
  log::Event cut = History::setting("ann", "plan", "title");
  cut.effect = merge::encode_effect(large);
  EXPECT_EQ(History(tried).take(cut).now, Now::kUnclear);
  EXPECT_EQ(History({.texts = {{"all", kAll},
                               {"no",
                                "forbid (principal, action, resource in "
                                "Path::\"/plan/key 7\");"}}})
                .take(cut)
                .now,
            Now::kRefused);
}

TEST(Simulation, ReadsOnlyPoliciesThatAWorkspaceMayHave) {
  EXPECT_TRUE(check_tried({.texts = {{"all", kAll}}}));
  EXPECT_EQ(check_tried({.texts = {{"1st", kAll}}}).error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(check_tried({.texts = {{"bad", "permit (principal"}}}));
  TriedPolicies many;
  for (std::size_t i = 0; i <= log::kMaxPolicies; ++i) many.texts["p" + std::to_string(i)] = kAll;
  EXPECT_EQ(check_tried(many).error().code, ErrorCode::kTooLarge);
  log::Event other = History::setting("ann", "plan", "title");
  other.kind = static_cast<log::EventKind>(77);
  History history({.texts = {{"all", kAll}}});
  EXPECT_EQ(history.simulation().take(other).value(), std::nullopt);
}

}  // namespace
}  // namespace syncline::policy
