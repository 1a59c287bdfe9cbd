#include "policy/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/qualified_name.h"
#include "identity/recorded_session.h"
#include "log/audit.h"
#include "log/session_record.h"
#include "merge/effect_codec.h"
#include "policy/access_schema.h"
#include "policy/mentioned.h"
#include "policy/rule_right.h"
#include "policy/rule_set.h"
#include "policy/share_rules.h"

namespace syncline::policy {
namespace {

using identity::Caller;
using identity::Right;
using identity::Rights;

// With more groups than this, a person is assumed to be in none or in all of them.
constexpr std::size_t kMostGroupsAlone = Simulation::kMostAssumptions / 2 - 2;
constexpr std::size_t kMostAssumedPeople = 1024;
constexpr std::size_t kMostRecorded = 4096;

Caller caller_of(const std::string& principal, std::vector<std::string> groups, Rights rights) {
  identity::Identity identity{.source = identity::Identity::Source::kJwt,
                              .groups = std::move(groups)};
  return {
      .principal = {.id = principal,
                    .rights = rights,
                    .identity = std::make_shared<const identity::Identity>(std::move(identity))},
      .rights = rights};
}

// The rules with the policies that are tried.
Result<log::HeldRules> with_tried(log::HeldRules held, const TriedPolicies& tried) {
  if (!tried.added) held.policies.clear();
  for (const auto& [name, text] : tried.texts)
    if (auto done = log::carry_out(held, {log::SetPolicy{name, text}, "", "", 0}); !done)
      return std::unexpected(std::move(done.error()));
  return held;
}

}  // namespace

Result<void> check_tried(const TriedPolicies& tried) {
  for (const auto& [name, text] : tried.texts) {
    if (auto fits = log::check_access_act(log::SetPolicy{name, text}); !fits) return fits;
    if (auto fits = check_policy_text(name, text); !fits) return fits;
  }
  const auto together = with_tried({}, tried);
  return together ? Result<void>() : std::unexpected(together.error());
}

Simulation::Simulation(std::string workspace, log::HeldRules held, log::Position at,
                       TriedPolicies tried, KnownPeople people)
    : workspace_(std::move(workspace)),
      tried_(std::move(tried)),
      people_(std::move(people)),
      held_(std::move(held)),
      at_(at) {}

// What is asked about an event.
struct Simulation::Asked {
  const log::Event& event;
  Right right;
  std::optional<merge::Effect> effect;  // nullopt: not known
  bool complete = true;                 // it is all that the event touched
};

Result<std::optional<Simulated>> Simulation::take(const log::Event& event) {
  if (event.kind == log::EventKind::kSession) learn(event);
  if (event.kind != log::EventKind::kChange) return std::nullopt;
  const auto change = log::rule_change_in(event);
  if (!change) return std::unexpected(change.error());
  if (auto made = compile(); !made) return std::unexpected(std::move(made.error()));
  Asked asked{.event = event, .right = Right::kWrite, .effect = {}};
  if (*change) asked.right = right_of((*change)->act);
  // The touches of the first version do not say what they cover.
  const bool told = merge::effect_version(event.effect) == merge::kEffectVersion;
  auto stored = told ? merge::decode_effect(event.effect)
                     : Result<merge::StoredEffect>(merge::StoredEffect{.truncated = true});
  if (!stored) return std::unexpected(std::move(stored.error()));
  if (told) asked.effect = std::move(stored->effect);
  asked.complete = !stored->truncated;
  Simulated simulated = judge(asked);
  if (asked.right == Right::kPolicy) {
    if (auto done = log::carry_out(held_, **change); !done)
      return std::unexpected(std::move(done.error()));
    at_ = event.position;
    compiled_ = false;
  }
  return simulated;
}

void Simulation::set_tenant(log::HeldRules held, log::Position at) {
  tenant_ = std::move(held);
  tenant_at_ = at;
  compiled_ = false;
}

Result<void> Simulation::compile() {
  if (compiled_) return {};
  auto tried = with_tried(tried_.of_tenant ? tenant_ : held_, tried_);
  if (!tried) return std::unexpected(std::move(tried.error()));
  const std::string system = qualified(split_name(workspace_).tenant, log::kSystemWorkspace);
  const RulesAt own{RuleSet::make(workspace_, held_.policies, held_.shares), at_};
  const RulesAt tenant{RuleSet::make(system, tenant_.policies, {}), tenant_at_};
  const std::string& of = tried_.of_tenant ? system : workspace_;
  const RulesAt other{RuleSet::make(of, tried->policies, tried->shares), at_};
  then_ = WorkspacePolicy::of(own, tenant);
  now_ = tried_.of_tenant ? WorkspacePolicy::of(own, other) : WorkspacePolicy::of(other, tenant);
  Mentioned mentioned;
  for (const log::HeldRules* each : {&held_, &tenant_, &*tried}) add_mentioned(*each, mentioned);
  groups_.assign(mentioned.groups.begin(), mentioned.groups.end());
  assumed_.clear();
  compiled_ = true;
  ++compilations_;
  return {};
}

log::Position Simulation::lacks(const log::Event& event) const {
  const bool judged = event.kind == log::EventKind::kChange && event.session_at > 0;
  return judged && !recorded_.contains(event.session_at) ? event.session_at : 0;
}

void Simulation::learn(const log::Event& event) {
  if (recorded_.size() >= kMostRecorded) recorded_.clear();
  std::vector<Caller>& callers = recorded_[event.position];
  callers.clear();
  const auto record = log::session_in(event);
  if (record && *record)
    callers.push_back(identity::caller_of(**record, event.principal, event.tenant));
}

// Who may have made it. The record is of its author, whoever wrote the log.
const std::vector<Caller>& Simulation::authors_of(const log::Event& event) {
  const auto found = recorded_.find(event.session_at);
  if (event.session_at > 0 && found != recorded_.end() && !found->second.empty() &&
      found->second.front().principal.id == event.principal)
    return found->second;
  return assumed(event.principal);
}

const std::vector<Caller>& Simulation::assumed(const std::string& principal) {
  if (const auto found = assumed_.find(principal); found != assumed_.end()) return found->second;
  if (assumed_.size() >= kMostAssumedPeople) assumed_.clear();
  std::vector<Caller>& callers = assumed_[principal];
  if (const auto known = people_.find(principal); known != people_.end()) {
    callers.push_back(caller_of(principal, known->second.groups, known->second.rights));
    return callers;
  }
  std::vector<std::vector<std::string>> memberships = {{}};
  if (groups_.size() <= kMostGroupsAlone)
    for (const std::string& group : groups_) memberships.push_back({group});
  if (groups_.size() > 1) memberships.push_back(groups_);
  for (const Rights rights : {Rights::writing(), Rights::all()})
    for (const auto& groups : memberships) callers.push_back(caller_of(principal, groups, rights));
  return callers;
}

Simulated Simulation::judge(const Asked& asked) {
  const log::Event& event = asked.event;
  std::size_t allowed = 0;
  std::optional<Simulated> refused;
  std::size_t refusals = 0;
  for (const Caller& caller : authors_of(event)) {
    const Question question{.caller = caller,
                            .right = asked.right,
                            .workspace = workspace_,
                            .object = event.object,
                            .type = event.type,
                            .effect = asked.effect ? &*asked.effect : nullptr,
                            .size = event.intent.size(),
                            .unix_ms = event.accepted_ms()};
    if (!decide({}, then_.get(), question).allowed) continue;
    const Verdict now = decide({}, now_.get(), question);
    if (now.allowed) {
      ++allowed;
    } else if (++refusals == 1) {
      refused = Simulated{.now = Simulated::Now::kRefused, .message = now.allowed.error().message};
      explain(question, *refused);
    }
  }
  const auto unclear = [](std::string why) {
    return Simulated{.now = Simulated::Now::kUnclear, .message = std::move(why)};
  };
  if (allowed > 0 && refusals > 0)
    return unclear(fmt::format("it depends on the groups or the rights of {}", event.principal));
  if (allowed + refusals == 0) return unclear("the log does not hold what decided then");
  if (refused) return std::move(*refused);
  if (!asked.complete) return unclear("the log does not hold all that it touched");
  return {};
}

void Simulation::explain(const Question& refused, Simulated& simulated) const {
  const auto why = now_ == nullptr ? std::nullopt : now_->why_refused(refused);
  if (!why) return;
  const std::string_view workspace = split_name(workspace_).workspace;
  simulated.action = why->action;
  simulated.path = why->path;
  for (const std::string& reason : why->reasons)
    simulated.now_by.push_back(shown_reason(reason, workspace, held_.shares));
  if (then_ == nullptr) return;
  const auto then = then_->explain(refused, why->action, why->resource());
  if (!then) return;
  for (const std::string& reason : then->reasons)
    simulated.then_by.push_back(shown_reason(reason, workspace, held_.shares));
}

}  // namespace syncline::policy
