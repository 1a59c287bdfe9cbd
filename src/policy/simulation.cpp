#include "policy/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "base/qualified_name.h"
#include "identity/link.h"
#include "identity/recorded_session.h"
#include "log/audit.h"
#include "log/session_record.h"
#include "merge/effect_codec.h"
#include "policy/access_schema.h"
#include "policy/every_change.h"
#include "policy/link_holder.h"
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
    own_ready_ = false;
    tried_ready_ = tried_ready_ && tried_.of_tenant;
  }
  return simulated;
}

void Simulation::set_tenant(log::HeldRules held, log::Position at) {
  tenant_ = std::move(held);
  tenant_at_ = at;
  tenant_ready_ = false;
  tried_ready_ = tried_ready_ && !tried_.of_tenant;
}

Result<void> Simulation::prepare() {
  const std::string system = qualified(split_name(workspace_).tenant, log::kSystemWorkspace);
  if (!own_ready_) {
    own_rules_ = {RuleSet::make(workspace_, held_.policies, held_.shares), at_};
    own_ready_ = true;
  } else if (!tenant_ready_) {
    tenant_rules_ = {RuleSet::make(system, tenant_.policies, {}), tenant_at_};
    tenant_ready_ = true;
  } else if (!tried_ready_) {
    const auto tried = with_tried(tried_.of_tenant ? tenant_ : held_, tried_);
    if (!tried) return std::unexpected(tried.error());
    const std::string& of = tried_.of_tenant ? system : workspace_;
    tried_rules_ = {RuleSet::make(of, tried->policies, tried->shares), at_};
    tried_ready_ = true;
  } else {
    return {};
  }
  ++compilations_;
  if (!prepared()) return {};
  then_ = WorkspacePolicy::of(own_rules_, tenant_rules_);
  now_ = tried_.of_tenant ? WorkspacePolicy::of(own_rules_, tried_rules_)
                          : WorkspacePolicy::of(tried_rules_, tenant_rules_);
  Mentioned mentioned;
  for (const log::HeldRules* each : {&held_, &tenant_}) add_mentioned(*each, mentioned);
  log::HeldRules tried;
  for (const auto& [name, text] : tried_.texts) tried.policies[name].text = text;
  add_mentioned(tried, mentioned);
  groups_.assign(mentioned.groups.begin(), mentioned.groups.end());
  assumed_.clear();
  return {};
}

Result<void> Simulation::compile() {
  while (!prepared())
    if (auto made = prepare(); !made) return made;
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
  if (identity::is_link(principal)) {
    const std::string_view workspace = split_name(workspace_).workspace;
    callers.push_back(link_holder(principal, workspace, "", held_.shares));
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

std::vector<std::string> Simulation::shown(const std::vector<std::string>& reasons) const {
  const std::string_view workspace = split_name(workspace_).workspace;
  std::vector<std::string> list;
  for (const std::string& reason : reasons)
    list.push_back(shown_reason(reason, workspace, held_.shares));
  return list;
}

void Simulation::explain(const Question& refused, Simulated& simulated) const {
  const auto why = now_ == nullptr ? std::nullopt : now_->why_refused(refused);
  if (!why) return;
  simulated.action = why->action;
  simulated.path = why->path;
  simulated.now_by = shown(why->reasons);
  if (then_ == nullptr) return;
  if (const auto then = then_->explain(refused, why->action, why->resource()))
    simulated.then_by = shown(then->reasons);
}

// ---- what was refused

// What somebody was refused.
struct Simulation::Refused {
  const log::AuditEntry& entry;
  Right right;
  std::optional<RefusedPlace> place;  // of a change, if it is known

  Question question(const Caller& caller, std::string_view workspace) const {
    return {.caller = caller,
            .right = right,
            .workspace = workspace,
            .object = entry.object,
            .unix_ms = entry.unix_ms};
  }
  ResourceName resource() const {
    return {ResourceName::Kind::kPath, entry.object, place ? place->path : std::string_view()};
  }
};

// What these rules come to. kUnclear: it depends on what the change would have touched.
Simulated::Now Simulation::foresee(const WorkspacePolicy* policy, const Refused& refused,
                                   const Caller& caller, std::string_view workspace) {
  using Now = Simulated::Now;
  Question question = refused.question(caller, workspace);
  if (!decide({}, policy, question).allowed) return Now::kRefused;
  const bool changes = refused.right == Right::kWrite || refused.right == Right::kRestore;
  if (!changes || policy == nullptr) return Now::kAllowed;
  if (refused.place) {
    const auto explained = policy->explain(question, refused.place->action, refused.resource());
    return explained && explained->allowed ? Now::kAllowed : Now::kRefused;
  }
  question.effect = &every_change();
  return decide({}, policy, question).allowed ? Now::kAllowed : Now::kUnclear;
}

Result<std::optional<Simulated>> Simulation::take_refusal(const log::AuditEntry& entry) {
  using Now = Simulated::Now;
  const auto* const right = std::ranges::find(identity::kRightNames, entry.right);
  if (entry.kind != log::AuditEntry::Kind::kRefusal || entry.principal.empty() ||
      right == std::end(identity::kRightNames))
    return std::nullopt;
  if (auto made = compile(); !made) return std::unexpected(std::move(made.error()));
  const Refused refused{entry, static_cast<Right>(right - std::begin(identity::kRightNames)),
                        refused_place(entry.reason)};
  std::optional<Caller> first;
  std::size_t outcomes[3] = {};  // by what is decided now
  for (const Caller& caller : assumed(entry.principal)) {
    if (foresee(then_.get(), refused, caller, workspace_) == Now::kAllowed) continue;
    if (!first) first = caller;
    ++outcomes[static_cast<std::size_t>(foresee(now_.get(), refused, caller, workspace_))];
  }
  if (!first) return std::nullopt;
  const std::size_t allowed = outcomes[static_cast<std::size_t>(Now::kAllowed)];
  const std::size_t still = outcomes[static_cast<std::size_t>(Now::kRefused)];
  Simulated simulated{.message = entry.reason};
  if (outcomes[static_cast<std::size_t>(Now::kUnclear)] > 0)
    simulated = {.now = Now::kUnclear,
                 .message = "the audit log does not hold what it would have changed"};
  else if (allowed > 0 && still > 0)
    simulated = {
        .now = Now::kUnclear,
        .message = fmt::format("it depends on the groups or the rights of {}", entry.principal)};
  else if (still > 0)
    simulated.now = Now::kRefused;
  explain_both(refused, *first, simulated);
  return simulated;
}

void Simulation::explain_both(const Refused& refused, const Caller& caller,
                              Simulated& simulated) const {
  const Question question = refused.question(caller, workspace_);
  ResourceName resource = refused.resource();
  simulated.action = identity::name_of(refused.right);
  if (refused.place) {
    simulated.action = refused.place->action;
    simulated.path = refused.place->path;
    if (const auto then = then_ == nullptr ? Result<WorkspacePolicy::Explained>()
                                           : then_->explain(question, simulated.action, resource))
      simulated.then_by = shown(then->reasons);
  } else {
    const auto why = then_ == nullptr ? std::nullopt : then_->why_refused(question);
    if (!why) return;
    simulated.action = why->action;
    simulated.then_by = shown(why->reasons);
    resource = why->resource();
    resource.object = refused.entry.object;
  }
  if (now_ == nullptr || simulated.now == Simulated::Now::kUnclear) return;
  if (const auto now = now_->explain(question, simulated.action, resource))
    simulated.now_by = shown(now->reasons);
}

}  // namespace syncline::policy
