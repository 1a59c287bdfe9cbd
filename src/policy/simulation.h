// What other policies would have decided about the events that a workspace has, and about what was refused there. Each event
// was allowed when it was made; the question is which of them would be refused now. Of what the audit log says was refused
// (log/audit.h), the question is what would be allowed.
//
// What an event says is known: who made it, when, the object and its type, the size of the change, and what it touched.
// If rules judged it, it names its author's session record (log/session_record.h): the groups and rights of his token and
// what else it said, his address and protocol. Not known are his name, and whether a change was a restore (it is judged as
// a change).
//
// Without such a record, because there were no rules or retention has dropped it, the author is judged under several
// assumptions: with the rights to write or with all, in no group, in each group that the rules mention, and in all of them.
// An assumption under which the rules of then would have refused the event is false. If those that remain disagree, or none
// remains, the answer is `kUnclear`. More is known of people who are described (KnownPeople), and of links, whose shares
// say what their tickets allow (policy/link_holder.h).
//
// A refusal is known less well: who, when, what for, and the reason. Its author is judged under the assumptions above, as far
// as the rules of then refuse it to him; if they refuse it under none, it was not for them. Of a change, only the place that was
// refused first is known, if the reason names it, and not what else it would have touched.
//
// Costs. A change of rules compiles what it changes: prepare() compiles one set of rules at a time, so that others have their
// turns in between. An event costs two decisions for each assumption, of which there are at most kMostAssumptions.
//
// Thread-safety: none; it may move between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/caller.h"
#include "log/audit.h"
#include "log/rules_held.h"
#include "policy/workspace_policy.h"

namespace syncline::policy {

// What an application knows of somebody's token.
struct KnownPerson {
  std::vector<std::string> groups = {};
  identity::Rights rights = identity::Rights::writing();
};
using KnownPeople = std::map<std::string, KnownPerson, std::less<>>;  // by principal

// The policies that are tried. Shares stay as they are.
struct TriedPolicies {
  std::map<std::string, std::string, std::less<>> texts = {};  // by name
  // They come to those that there were, and replace those of the same names. False: they replace all.
  bool added = false;
  // They are tried for the tenant of the workspace. False: for the workspace. The policies of the other stay.
  bool of_tenant = false;
};

// kInvalid, kMalformed, kTooLarge: a name or a text that no workspace may have; with the name, line and column.
Result<void> check_tried(const TriedPolicies& tried);

struct Simulated {
  enum class Now : std::uint8_t { kAllowed, kRefused, kUnclear };

  Now now = Now::kAllowed;
  std::string message = {};  // kRefused: what the author would be told. kUnclear: what is not known
  // kRefused, if policies refuse, and of what was refused then: what, and where in the object ("" if it is no place;
  // docs/policy.md).
  std::string action = {};
  std::string path = {};
  // What decided so then, and now. Empty: what allowed it was that there were no rules, or what refused it that nothing
  // permitted it.
  std::vector<std::string> then_by = {};
  std::vector<std::string> now_by = {};
};

class Simulation {
 public:
  static constexpr std::size_t kMostAssumptions = 20;

  // `workspace`: its name within the server. `held`: its rules after the event at `at`. `tried` passes check_tried(). Until
  // set_tenant(), the tenant has no policies.
  Simulation(std::string workspace, log::HeldRules held, log::Position at, TriedPolicies tried,
             KnownPeople people);

  // The policies of the tenant that judged what follows (log::Event::tenant_policy_at).
  void set_tenant(log::HeldRules held, log::Position at);
  log::Position tenant_at() const { return tenant_at_; }

  // The position of the session record of this event's author, if it is not known yet: learn() that event, and then
  // take() this one. 0: nothing is missing.
  log::Position lacks(const log::Event& event) const;
  // Knows what this event holds. If that is no session record, or retention has dropped it, nothing is known there.
  void learn(const log::Event& event);

  // The next event. nullopt: nobody was asked about it. kUnsupported, kInvalid: an event of rules that cannot be read,
  // after which nothing more can be said; kTooLarge: the policies are too many with those of the workspace.
  Result<std::optional<Simulated>> take(const log::Event& event);

  // The next refusal, of this workspace. nullopt: the rules of then do not refuse that. Errors as of take().
  Result<std::optional<Simulated>> take_refusal(const log::AuditEntry& entry);

  // Whether all rules are compiled that take() needs; and compiles one set that is not. Otherwise, take() does all of it.
  // kTooLarge: as above.
  bool prepared() const { return own_ready_ && tenant_ready_ && tried_ready_; }
  Result<void> prepare();

  // How many sets of rules were compiled, which costs as much as hundreds of events if they are many.
  std::size_t compilations() const { return compilations_; }

 private:
  struct Asked;
  struct Refused;

  Result<void> compile();
  static Simulated::Now foresee(const WorkspacePolicy* policy, const Refused& refused,
                                const identity::Caller& caller, std::string_view workspace);
  void explain_both(const Refused& refused, const identity::Caller& caller,
                    Simulated& simulated) const;
  std::vector<std::string> shown(const std::vector<std::string>& reasons) const;
  const std::vector<identity::Caller>& authors_of(const log::Event& event);
  const std::vector<identity::Caller>& assumed(const std::string& principal);
  Simulated judge(const Asked& asked);
  void explain(const Question& refused, Simulated& simulated) const;

  const std::string workspace_;
  const TriedPolicies tried_;
  const KnownPeople people_;
  log::HeldRules held_;
  log::Position at_;
  log::HeldRules tenant_;
  log::Position tenant_at_ = 0;
  bool own_ready_ = false;
  bool tenant_ready_ = false;
  bool tried_ready_ = false;
  std::size_t compilations_ = 0;
  RulesAt own_rules_;
  RulesAt tenant_rules_;
  RulesAt tried_rules_;
  std::shared_ptr<const WorkspacePolicy> then_;
  std::shared_ptr<const WorkspacePolicy> now_;
  std::vector<std::string> groups_;  // that the rules of then or of now mention
  std::map<std::string, std::vector<identity::Caller>, std::less<>> assumed_;
  std::map<log::Position, std::vector<identity::Caller>>
      recorded_;  // by session record; none: it is not known
};

}  // namespace syncline::policy
