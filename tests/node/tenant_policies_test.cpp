// Policies that hold for a whole tenant, in a node of two loops.
#include "node/tenant_policies.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "log/audit.h"
#include "policy/workspace_policy.h"
#include "support/test_node.h"

namespace syncline::node {
namespace {

using identity::Right;
using testing::TestNode;
using testing::Typist;
using workspace::LiveObject;
using workspace::Receipt;

constexpr const char* kEverything = "permit (principal, action, resource);";
constexpr const char* kNotBob = R"(forbid (principal == Principal::"bob", action, resource);)";

identity::Caller person(std::string id, identity::Rights rights = identity::Rights::writing()) {
  return {.principal = {.id = id, .rights = rights}, .rights = rights, .actor = id + "'s"};
}

// Somebody who has the object "o" of a workspace open.
class Member final : public workspace::Subscriber {
 public:
  Member(TestNode& node, std::string workspace, std::string id)
      : node_(node), name_(std::move(workspace)), caller_(person(std::move(id))) {
    node_.shards->on_owner(name_, [this](Shard& shard) {
      workspace_ = &shard.host.get(name_);
      workspace_->subscribe(caller_, "o", "yjs", *this, [this](Result<LiveObject*> opened) {
        if (opened)
          live_ = *opened;
        else
          refusal = opened.error().message;
      });
    });
    node_.run();
  }
  ~Member() override { leave(); }

  void leave() {
    node_.shards->on_owner(name_, [this](Shard&) {
      if (live_ != nullptr) workspace_->unsubscribe(*live_, *this);
      live_ = nullptr;
    });
    node_.run();
  }
  // "" if it was accepted.
  std::string type(crdt::ClientId client) {
    std::string said = "no answer";
    node_.shards->on_owner(name_, [&](Shard&) {
      const Bytes update = Typist(client).type("x");
      workspace_->submit(caller_, *live_, {.intent = update}, this, [&](Result<Receipt> receipt) {
        said = receipt ? "" : receipt.error().message;
      });
    });
    node_.run();
    return said;
  }

  void on_change(const workspace::Delivery&) override { ++changes; }
  void on_presence(const workspace::Delivery&) override {}
  void on_lost(const Error&) override { live_ = nullptr; }
  void on_rights() override {
    ++looks;
    reads = workspace_->may(caller_, Right::kRead, *live_).has_value();
  }

  bool is_in() const { return live_ != nullptr; }

  std::string refusal;
  int changes = 0;
  int looks = 0;
  bool reads = true;

 private:
  TestNode& node_;
  const std::string name_;
  const identity::Caller caller_;
  workspace::Workspace* workspace_ = nullptr;
  LiveObject* live_ = nullptr;
};

class TenantPoliciesTest : public ::testing::Test {
 protected:
  TenantPoliciesTest() {
    node_.tenants.put({.name = "acme"});
    for (int i = 0; here_.empty() || there_.empty(); ++i) {
      std::string name = "w" + std::to_string(i);
      (node_.owner_of(name) == node_.owner_of(log::kSystemWorkspace) ? here_ : there_) = name;
    }
  }

  // The answer to a change of the tenant's rules; "no answer" if there is none yet.
  std::shared_ptr<std::string> ask_to_change(
      std::string_view tenant, log::RuleAct act,
      identity::Caller caller = person("admin", identity::Rights::all())) {
    auto said = std::make_shared<std::string>("no answer");
    const std::string name = qualified(tenant, log::kSystemWorkspace);
    node_.shards->on_owner(name, [=](Shard& shard) {
      shard.host.get(name).change_rules(caller, Right::kPolicy, act, "", [said](auto receipt) {
        *said = receipt ? "" : receipt.error().message;
      });
    });
    return said;
  }
  void set(std::string_view tenant, std::string name, std::string text) {
    const auto said = ask_to_change(tenant, log::SetPolicy{std::move(name), std::move(text)});
    node_.run();
    ASSERT_EQ(*said, "");
  }
  bool admits(const std::string& workspace, const identity::Caller& caller) {
    bool admitted = false;
    node_.shards->on_owner(workspace, [&](Shard& shard) {
      shard.host.admit(caller, Right::kRead, workspace, "o",
                       [&](Result<void> open) { admitted = open.has_value(); });
    });
    node_.run();
    return admitted;
  }
  log::Event last_event(const std::string& workspace) {
    std::vector<log::Event> events;
    node_.shards->on_owner(workspace, [&](Shard& shard) {
      shard.store->events().read(workspace, 0, {.max_events = 1000},
                                 [&](auto read) { events = read.value(); });
    });
    node_.run();
    return events.back();
  }

  TestNode node_{{}, 2};
  std::string here_;   // a workspace on the loop of the system workspace
  std::string there_;  // one on the other
};

TEST_F(TenantPoliciesTest, AChangeHoldsInAllWorkspacesBeforeItIsAnswered) {
  for (const std::string& name : {here_, there_}) {
    node_.change(name, "o", Typist(1).type("x"));
    node_.change(qualified("acme", name), "o", Typist(1).type("x"));
  }
  Member bob(node_, here_, "bob");
  Member far(node_, there_, "bob");
  Member other(node_, qualified("acme", there_), "bob");
  set("", "all", kEverything);
  EXPECT_EQ(bob.looks + far.looks, 2);
  EXPECT_TRUE(bob.reads && far.reads);
  const auto said = ask_to_change("", log::SetPolicy{"not-bob", kNotBob});
  const auto system_loop = node_.owner_of(log::kSystemWorkspace);
  node_.loops[system_loop]->run();
  EXPECT_EQ(*said, "no answer") << "the other loop does not know it";
  node_.run();
  EXPECT_EQ(*said, "");
  EXPECT_FALSE(bob.reads);
  EXPECT_FALSE(far.reads);
  EXPECT_EQ(far.type(7), "the policy of this tenant does not allow: insert at /content/*");
  EXPECT_TRUE(other.reads && other.looks == 0) << "another tenant";
}

TEST_F(TenantPoliciesTest, AWorkspaceThatIsLoadedLaterTakesThemUp) {
  for (const std::string& name : {here_, there_}) node_.change(name, "o", Typist(1).type("x"));
  set("", "all", kEverything);
  set("", "not-bob", kNotBob);
  for (auto& loop : node_.loops) loop->advance(10'000);  // no workspace stays in memory
  node_.run();
  for (const std::string& name : {here_, there_}) {
    EXPECT_FALSE(admits(name, person("bob")));
    EXPECT_TRUE(admits(name, person("ann")));
    EXPECT_EQ(Member(node_, name, "bob").refusal,
              "the policy of this tenant does not allow: read o");
    EXPECT_TRUE(Member(node_, name, "ann").is_in());
  }
}

TEST_F(TenantPoliciesTest, EventsNameWhatJudgedThem) {
  node_.change(there_, "o", Typist(1).type("x"));
  Member ann(node_, there_, "ann");
  EXPECT_EQ(ann.type(2), "");
  EXPECT_EQ(last_event(there_).tenant_policy_at, 0u);
  set("", "all", kEverything);
  set("", "more", kEverything);
  EXPECT_EQ(ann.type(3), "");
  const log::Event event = last_event(there_);
  EXPECT_EQ(event.tenant_policy_at, 3u) << "behind the session record of who set the second";
  EXPECT_EQ(event.policy_at, 0u) << "the workspace has no rules of its own";
  const auto removed = ask_to_change("", log::RemovePolicy{"all"});
  const auto all = ask_to_change("", log::RemovePolicy{"more"});
  node_.run();
  EXPECT_EQ(*removed + *all, "");
  EXPECT_EQ(ann.type(4), "");
  EXPECT_EQ(last_event(there_).tenant_policy_at, 0u);
}

// A permit may stand in either, and a deny wins wherever it stands.
TEST_F(TenantPoliciesTest, AreOneSetWithThoseOfTheWorkspace) {
  node_.change(there_, "o", Typist(1).type("x"));
  const auto own = [&](log::RuleAct act) {
    node_.shards->on_owner(there_, [&](Shard& shard) {
      shard.host.get(there_).change_rules(person("admin", identity::Rights::all()), Right::kPolicy,
                                          act, "", [](auto done) { ASSERT_TRUE(done); });
    });
    node_.run();
  };
  const log::Grantee bob{log::Grantee::Kind::kPrincipal, "bob"};
  set("", "auditor", R"(permit (principal == Principal::"eve", action, resource);)");
  EXPECT_TRUE(admits(there_, person("eve")));
  EXPECT_FALSE(admits(there_, person("bob")));
  own(log::Share{"o", bob, log::ShareRole::kViewer});
  EXPECT_TRUE(admits(there_, person("bob")));
  EXPECT_TRUE(admits(there_, person("eve")));
  EXPECT_FALSE(admits(there_, person("ann")));
  own(log::SetPolicy{"not-eve", R"(forbid (principal == Principal::"eve", action, resource);)"});
  EXPECT_FALSE(admits(there_, person("eve")));
  set("", "not-bob", kNotBob);
  EXPECT_FALSE(admits(there_, person("bob")));
}

// More than one turn takes up.
TEST_F(TenantPoliciesTest, HoldInHoweverManyWorkspaces) {
  std::vector<std::string> names;
  for (int i = 0; i < 600; ++i) names.push_back("many" + std::to_string(i));
  for (const std::string& name : names)
    node_.shards->on_owner(name, [&](Shard& shard) { shard.host.get(name).open([](auto) {}); });
  node_.run();
  set("", "none", R"(permit (principal == Principal::"nobody", action, resource);)");
  std::size_t refused = 0;
  for (const std::string& name : names)
    node_.shards->on_owner(name, [&](Shard& shard) {
      const policy::WorkspacePolicy* policy = shard.host.get(name).policy();
      const identity::Caller ann = person("ann");
      refused +=
          policy != nullptr && policy->tenant_at() == 1 &&
                  !policy->decide({.caller = ann, .right = Right::kRead, .workspace = name}).allowed
              ? 1
              : 0;
    });
  node_.run();
  EXPECT_EQ(refused, names.size());
}

// Nobody knows what they would forbid.
TEST_F(TenantPoliciesTest, ThatCannotBeReadLetNobodyIn) {
  node_.change(there_, "o", Typist(1).type("x"));
  set("", "all", kEverything);
  EXPECT_TRUE(admits(there_, person("ann")));
  node_.run();
  for (std::size_t i = 0; i < node_.loops.size(); ++i) {
    node_.shards->set(i, nullptr);
    node_.shards->set(
        i, std::make_unique<Shard>(*node_.loops[i], std::make_unique<testing::TestRandom>(),
                                   node_.store.open_loop(*node_.loops[i]), node_.identity,
                                   node_.shards->placement(), i,
                                   ShardOptions{.tenant_policies_through = node_.shards.get()}));
  }
  node_.store.damage_event(std::string(log::kSystemWorkspace), 1);
  EXPECT_FALSE(admits(there_, person("ann")));
  EXPECT_FALSE(admits(there_, person("admin", identity::Rights::all())));
  const std::string refusal = Member(node_, there_, "ann").refusal;
  EXPECT_TRUE(
      refusal.starts_with("workspace .system is closed, because an object that holds its "
                          "rules cannot be read"))
      << refusal;
}

TEST_F(TenantPoliciesTest, SharesAreOfOneWorkspace) {
  const auto said = ask_to_change("", log::Share{"", {}, log::ShareRole::kOwner});
  node_.run();
  EXPECT_EQ(*said,
            "what holds for a whole tenant is said by policies; shares are of one workspace");
  const auto not_allowed = ask_to_change("acme", log::SetPolicy{"all", kEverything}, person("bob"));
  node_.run();
  EXPECT_EQ(*not_allowed, "only an administrator may do this here");
}

}  // namespace
}  // namespace syncline::node
