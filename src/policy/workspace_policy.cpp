#include "policy/workspace_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/assert.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "cedar/parser.h"
#include "identity/link.h"
#include "log/rules.h"
#include "policy/access_schema.h"
#include "policy/path_id.h"

namespace syncline::policy {
namespace {

using cedar::Uid;
using merge::Operation;
using Kind = ResourceName::Kind;

constexpr std::string_view kWriting[] = {"insert", "delete", "format", "set"};

// The actions that a touch is, which need a permit.
std::vector<std::string_view> actions_of(Operation operation) {
  switch (operation) {
    case Operation::kInsert: return {"insert"};
    case Operation::kDelete: return {"delete"};
    case Operation::kFormat: return {"format"};
    case Operation::kSetKey: return {"set"};
    case Operation::kDeleteKey: return {"set", "delete"};
  }
  return {kWriting, kWriting + 4};
}

// What such a touch may also do below its place, which may be forbidden there. What it creates there can be anything;
// what it removes can only be removed; and a key that is set anew loses what it held.
std::vector<std::string_view> actions_below(Operation operation) {
  switch (operation) {
    case Operation::kInsert: return {"insert", "set", "format"};
    case Operation::kDelete:
    case Operation::kDeleteKey: return {"delete", "set"};
    case Operation::kFormat: return {"format"};
    case Operation::kSetKey: break;
  }
  return {kWriting, kWriting + 4};
}

ResourceName resource_of(const Question& question) {
  std::string_view object = question.object;
  // Whoever lists by the beginning of names sees those of the folder around them.
  if (question.lists) object = object.substr(0, object.rfind('/') + 1);
  if (object.empty()) return {};
  return {question.lists ? Kind::kFolder : Kind::kObject, object, {}};
}

std::string described(const ResourceName& resource) {
  switch (resource.kind) {
    case Kind::kWorkspace: return " in this workspace";
    case Kind::kFolder:
    case Kind::kObject: return fmt::format(" {}", resource.object);
    case Kind::kPath: break;
  }
  return resource.path.empty() ? "" : fmt::format(" at {}", resource.path);
}

constexpr std::string_view kDoesNotAllow = " does not allow: ";

std::unexpected<Error> not_allowed(std::string_view whose, std::string_view action,
                                   const ResourceName& resource) {
  return fail(ErrorCode::kForbidden, fmt::format("the policy of this {}{}{}{}", whose,
                                                 kDoesNotAllow, action, described(resource)));
}

// Why a link has no right, as a reason of a decision.
constexpr std::string_view kEndedLink = "link: no share names it any more";

cedar::Entities make_actions() {
  cedar::EntitiesBuilder builder;
  for (const cedar::ActionInfo* each : access_schema().actions()) {
    std::vector<const Uid*> in;
    for (const Uid* group : each->ancestors) in.push_back(cedar::copy_uid(builder.arena(), *group));
    const auto added =
        builder.add_action(cedar::copy_uid(builder.arena(), *each->uid), builder.arena().copy(in));
    SYNCLINE_ASSERT(added.has_value());
  }
  auto built = builder.build();
  SYNCLINE_ASSERT(built.has_value());
  return std::move(*built);
}

// They never change.
const cedar::Entities& access_actions() {
  static const cedar::Entities made = make_actions();
  return made;
}

}  // namespace

std::optional<RefusedPlace> refused_place(std::string_view reason) {
  const std::size_t found = reason.find(kDoesNotAllow);
  if (found == reason.npos) return std::nullopt;
  const std::string_view what = reason.substr(found + kDoesNotAllow.size());
  for (const std::string_view action : kWriting) {
    const std::string before = fmt::format("{} at /", action);
    if (!what.starts_with(before)) continue;
    return RefusedPlace{std::string(action), std::string(what.substr(before.size() - 1))};
  }
  return std::nullopt;
}

std::shared_ptr<const WorkspacePolicy> WorkspacePolicy::of(RulesAt own, RulesAt tenant) {
  if (own.rules == nullptr && tenant.rules == nullptr) return nullptr;
  return std::shared_ptr<const WorkspacePolicy>(
      new WorkspacePolicy(std::move(own), std::move(tenant)));
}

std::shared_ptr<const WorkspacePolicy> WorkspacePolicy::make(std::string_view workspace,
                                                             const log::HeldRules& held,
                                                             log::Position at) {
  return of({RuleSet::make(workspace, held.policies, held.shares), at}, {});
}

std::shared_ptr<const WorkspacePolicy> WorkspacePolicy::unreadable(Error error, log::Position at) {
  return of({RuleSet::unreadable(std::move(error)), at}, {});
}

WorkspacePolicy::WorkspacePolicy(RulesAt own, RulesAt tenant)
    : at_(own.rules == nullptr ? 0 : own.at),
      tenant_at_(tenant.rules == nullptr ? 0 : tenant.at),
      tenant_(tenant.rules.get()) {
  for (auto& rules : {std::move(own.rules), std::move(tenant.rules)}) {
    if (rules == nullptr) continue;
    if (rules->damage() && !damage_) damage_ = rules->damage();
    by_path_ = by_path_ || rules->by_path();
    by_context_ = by_context_ || rules->by_context();
    needs_token_ = needs_token_ || rules->needs_token();
    if (rules->decides()) sets_.push_back(rules);
    if (rules->audits() == nullptr) continue;
    if (rules.get() == tenant_ && is_mutated(Mutation::audit_own_rules_only)) continue;
    audits_.push_back(rules);
  }
}

// ---- deciding

// The decision on one question.
class WorkspacePolicy::Judge {
 public:
  // `why`, which may be nullptr, is told of a refusal.
  Judge(const WorkspacePolicy& policy, const Question& question, std::optional<Refusal>* why)
      : policy_(policy),
        question_(question),
        why_(why),
        entities_(fresh(policy), access_actions(), question),
        began_(policy.steps_) {}

  // One action on one resource.
  Result<void> ask(std::string_view action, const ResourceName& resource) {
    bool permitted = false;
    for (const auto& rules : policy_.sets_) {
      decide(*rules, action, resource);
      if (forbids(*rules)) {
        if (why_ != nullptr) note(action, resource, refusing(*rules));
        return not_allowed(owner_of(*rules), action, resource);
      }
      permitted = permitted || !policy_.answer_.permitting.empty();
    }
    return permitted ? Result<void>() : not_permitted(action, resource);
  }

  // What these rules alone say, in the answer of the policy.
  void decide(const RuleSet& rules, std::string_view action, const ResourceName& resource) {
    const cedar::Request request = entities_.request(*uid_of(action), resource);
    rules.authorizer().decide(request, entities_, policy_.scratch_, policy_.answer_);
    policy_.steps_ += policy_.answer_.steps;
  }

  // Whether the answer is a denial. A `forbid` that failed is one. A share never fails: its template has no conditions
  // that can.
  bool forbids(const RuleSet& rules) const {
    if (!policy_.answer_.forbidding.empty()) return true;
    return std::ranges::any_of(policy_.answer_.errors, [&](const cedar::PolicyFailure& each) {
      return is_forbid(rules, each.policy->view());
    });
  }

  // A change without a touch is an event all the same.
  Result<void> ask_effect(const merge::Effect& effect) {
    if (effect.touches.empty()) return ask_anything();
    std::unordered_set<std::string> judged;
    for (const merge::Touch& touch : effect.touches) {
      if (touch.operation == Operation::kDelete && is_mutated(Mutation::allow_deletes)) continue;
      TouchedPlace place = place_of(touch);
      if (is_mutated(Mutation::judge_container_alone)) place.below = false;
      if (judged.size() >= kMostPlaces) place = {"", true};
      std::string key(1, static_cast<char>(touch.operation));
      key += place.below ? '1' : '0';
      if (policy_.by_path_) key += place.path;  // otherwise, all are judged alike
      if (!judged.insert(std::move(key)).second) continue;
      if (auto ok = ask_touch(touch.operation, place); !ok) return ok;
      if (policy_.steps_ - began_ > kMostSteps)
        return fail(
            ErrorCode::kForbidden,
            "this change touches too much for the policies that judge it; make it in parts");
    }
    return {};
  }

  // Whether some change of the object could be allowed.
  Result<void> ask_anything() {
    const bool may = std::ranges::any_of(kWriting, [&](std::string_view action) {
      const cedar::Request request = at(action, "");
      const auto may = [](const Outcomes& outcomes) { return outcomes.may_be_yes(); };
      const auto must = [](const Outcomes& outcomes) { return outcomes.surely_yes(); };
      return any_permit(request, may) && find_forbid(action, request, must).rule == nullptr;
    });
    return may ? Result<void>() : not_permitted("write", {Kind::kObject, question_.object, {}});
  }

  // Whether something in the workspace could be read: a permit may fit, and no forbid fits all of it.
  bool may_show() {
    const cedar::Request request = entities_.request(*uid_of("read"), {});
    const cedar::Entity& principal = *entities_.find(*request.principal);
    bool permitted = false;
    for (const auto& rules : policy_.sets_) {
      RegionOutcomes region(rules->varying(), request, entities_, policy_.scratch_);
      const auto concerns = [&](const RuleSet::Rule& rule) {
        return region.fits_action(rule.policy->action) &&
               region.fits_principal(rule.policy->principal, rule.principal);
      };
      if (std::ranges::any_of(rules->forbids(), [&](const RuleSet::Rule& rule) {
            return rule.policy->conditions.empty() && is_of_all(rule, request) && concerns(rule);
          }))
        return false;
      permitted = permitted || rules->any_permit(principal, concerns);
    }
    return permitted;
  }

  bool is_audited(std::string_view action, const ResourceName& resource) {
    return std::ranges::any_of(policy_.audits_, [&](const auto& rules) {
      const cedar::Request request = entities_.request(*uid_of(action), resource);
      rules->audits()->decide(request, entities_, policy_.scratch_, policy_.answer_);
      return !policy_.answer_.permitting.empty() || !policy_.answer_.errors.empty();
    });
  }

  const Uid* uid_of(std::string_view action) {
    return cedar::make_uid(policy_.made_, "Action", action);
  }

 private:
  static cedar::Arena& fresh(const WorkspacePolicy& policy) {
    policy.made_.clear();
    policy.scratch_.clear();
    return policy.made_;
  }

  // Whether the scope of the rule contains the workspace of the request with all that is in it.
  bool is_of_all(const RuleSet::Rule& rule, const cedar::Request& request) const {
    using Match = cedar::ScopeRule::Match;
    const Match match = rule.policy->resource.match;
    if (match == Match::kAny) return true;
    return match == Match::kIn && (cedar::same(*request.resource, *rule.resource) ||
                                   entities_.find(*request.resource)->is_in(*rule.resource));
  }

  // A rule that forbids, and the rules that it is of; nullptr: there is none.
  struct Forbidding {
    const RuleSet* rules = nullptr;
    const RuleSet::Rule* rule = nullptr;
  };

  // For people.
  std::string_view owner_of(const RuleSet& rules) const {
    return &rules == policy_.tenant_ ? "tenant" : "workspace";
  }

  cedar::Request at(std::string_view action, std::string_view path) {
    return entities_.request(*uid_of(action), {Kind::kPath, question_.object, path});
  }

  Result<void> ask_touch(Operation operation, const TouchedPlace& place) {
    const ResourceName resource{Kind::kPath, question_.object, place.path};
    for (const std::string_view action : actions_of(operation)) {
      if (!place.below) {
        if (auto ok = ask(action, resource); !ok) return ok;
      } else if (!is_permitted_below(action, place.path)) {
        return not_permitted(action, resource);
      }
    }
    if (!place.below) return {};
    for (const std::string_view action : actions_below(operation)) {
      const auto [rules, forbids] = find_forbid_below(action, place.path);
      if (forbids == nullptr) continue;
      if (why_ != nullptr) note(action, resource, {std::string(forbids->policy->id->view())});
      return fail(ErrorCode::kForbidden,
                  fmt::format("the policy of this {} may not allow: {} at or below {}",
                              owner_of(*rules), action, place.path.empty() ? "/" : place.path));
    }
    return {};
  }

  bool is_permitted_below(std::string_view action, std::string_view path) {
    return any_permit(at(action, path),
                      [](const Outcomes& outcomes) { return outcomes.surely_yes(); });
  }

  // A failure counts as a `forbid`.
  Forbidding find_forbid_below(std::string_view action, std::string_view path) {
    return find_forbid(action, at(action, path), [](const Outcomes& outcomes) {
      return outcomes.may_be_yes() || outcomes.may_fail();
    });
  }

  // Whether one of the permits comes to such outcomes.
  template <typename AreSuch>
  bool any_permit(const cedar::Request& request, AreSuch are_such) {
    const cedar::Entity& principal = *entities_.find(*request.principal);
    return std::ranges::any_of(policy_.sets_, [&](const auto& rules) {
      RegionOutcomes region(rules->varying(), request, entities_, policy_.scratch_);
      return rules->any_permit(
          principal, [&](const RuleSet::Rule& rule) { return are_such(of(region, rule)); });
    });
  }

  // A forbid that comes to such outcomes.
  template <typename AreSuch>
  Forbidding find_forbid(std::string_view action, const cedar::Request& request, AreSuch are_such) {
    const cedar::Entity& principal = *entities_.find(*request.principal);
    for (const auto& rules : policy_.sets_) {
      RegionOutcomes region(rules->varying(), request, entities_, policy_.scratch_);
      const RuleSet::Rule* found = nullptr;
      rules->any_forbid(action, principal, [&](const RuleSet::Rule& rule) {
        if (are_such(of(region, rule))) found = &rule;
        return found != nullptr;
      });
      if (found != nullptr) return {rules.get(), found};
    }
    return {};
  }

  Outcomes of(RegionOutcomes& region, const RuleSet::Rule& rule) {
    ++policy_.steps_;
    const cedar::Policy& policy = *rule.policy;
    if (!region.fits_action(policy.action) ||
        !region.fits_principal(policy.principal, rule.principal))
      return Outcomes::no();
    const Outcomes scope = region.of(policy.resource, rule.resource);
    if (!scope.may_be_yes()) return scope;
    policy_.steps_ += rule.cost;
    return Outcomes::both(scope, region.of(policy.conditions));
  }

  static bool is_forbid(const RuleSet& rules, std::string_view id) {
    const cedar::Policy* policy = rules.authorizer().policies().find(id);
    return policy != nullptr && policy->effect == cedar::Effect::kForbid;
  }

  std::unexpected<Error> not_permitted(std::string_view action, const ResourceName& resource) {
    if (why_ != nullptr) note(action, resource, {});
    return not_allowed("workspace", action, resource);
  }

  // The policies that refuse what these rules decided last.
  std::vector<std::string> refusing(const RuleSet& rules) const {
    std::vector<std::string> ids;
    if (!policy_.answer_.forbidding.empty())
      for (const cedar::Text* each : policy_.answer_.reasons) ids.emplace_back(each->view());
    for (const cedar::PolicyFailure& each : policy_.answer_.errors)
      if (is_forbid(rules, each.policy->view())) ids.emplace_back(each.policy->view());
    return ids;
  }

  void note(std::string_view action, const ResourceName& resource,
            std::vector<std::string> reasons) {
    *why_ = Refusal{std::string(action), resource.kind, std::string(resource.object),
                    std::string(resource.path), std::move(reasons)};
  }

  const WorkspacePolicy& policy_;
  const Question& question_;
  std::optional<Refusal>* const why_;
  QuestionEntities entities_;
  const std::uint64_t began_;  // policy_.steps_ before
};

bool WorkspacePolicy::is_ended_link(std::string_view principal) const {
  return identity::is_link(principal) && !is_mutated(Mutation::keep_undone_link) &&
         std::ranges::none_of(sets_, [&](const auto& set) { return set->names_link(principal); });
}

Verdict WorkspacePolicy::decide(const Question& question) const {
  Verdict verdict{.rules = at_};
  if (question.caller.local) return verdict;
  if (is_ended_link(question.caller.principal.id)) {
    verdict.allowed = std::unexpected(ended_link());
    return verdict;
  }
  if (by_context_ || damage_) {
    verdict.allowed = judge(question);
    return verdict;
  }
  const std::string_view key = remembered_.key_of(question, by_path_);
  if (!key.empty() && remembered_.contains(key)) return verdict;
  verdict.allowed = judge(question);
  if (verdict.allowed) remembered_.add(key, question);
  return verdict;
}

namespace {

// The target of a change of shares, as its effect says (state/rules_object.h); nullopt: it is a change of policies.
std::optional<std::string> shared_resource(const merge::Effect& effect) {
  if (effect.touches.size() != 1) return std::nullopt;
  const merge::Path& container = effect.touches.front().container;
  if (container.root != "shares" || container.steps.size() != 1) return std::nullopt;
  const auto* resource = std::get_if<std::string>(&container.steps.front());
  return resource == nullptr ? std::nullopt : std::optional(*resource);
}

// The object that a deletion is about: as its effect says, or as the question names it. nullopt: that is not known yet.
std::optional<std::string_view> deleted_object(const Question& question) {
  if (!log::is_system_object(question.object)) return question.object;
  if (question.effect == nullptr || question.effect->touches.size() != 1) return std::nullopt;
  return question.effect->touches.front().key;
}

}  // namespace

Result<void> WorkspacePolicy::judge(const Question& question, std::optional<Refusal>* why) const {
  const bool about_policy =
      question.right == identity::Right::kPolicy || question.right == identity::Right::kSeePolicy;
  if (about_policy && identity::administers(question.caller.rights)) return {};
  if (damage_)
    return fail(ErrorCode::kForbidden,
                "the policies of this workspace cannot be read; ask an administrator");
  if (sets_.empty())
    return about_policy ? fail(ErrorCode::kForbidden, "only an administrator may do this here")
                        : Result<void>();
  Judge judge(*this, question, why);
  switch (question.right) {
    case identity::Right::kRead:
      if (question.lists && is_mutated(Mutation::list_any_folder)) return {};
      return judge.ask("read", resource_of(question));
    case identity::Right::kHistory:
      return judge.ask(is_mutated(Mutation::history_for_readers) ? "read" : "history",
                       resource_of(question));
    case identity::Right::kPresence: return judge.ask("presence", resource_of(question));
    case identity::Right::kExport: return judge.ask("export", {});
    case identity::Right::kPin: return judge.ask("pin", {});
    case identity::Right::kRetention: return judge.ask("retention", {});
    case identity::Right::kHold: return judge.ask("hold", {});
    case identity::Right::kQuarantine: return judge.ask("quarantine", {});
    case identity::Right::kDelete:
    case identity::Right::kErase: {
      const auto object = deleted_object(question);
      const bool erase = question.right == identity::Right::kErase;
      return object ? judge.ask(erase ? "eraseObject" : "deleteObject",
                                {ResourceName::Kind::kObject, *object})
                    : Result<void>();
    }
    case identity::Right::kSeePolicy: return judge.ask("share", resource_of(question));
    case identity::Right::kPolicy: {
      if (question.effect == nullptr) return {};
      const auto shared = shared_resource(*question.effect);
      return shared ? judge.ask("share", ResourceName::of_share(*shared)) : judge.ask("policy", {});
    }
    case identity::Right::kRestore: {
      const bool asked = !is_mutated(Mutation::restore_as_write);
      auto may = asked ? judge.ask("restore", resource_of(question)) : Result<void>();
      if (may && asked) may = judge.ask("history", resource_of(question));
      if (is_mutated(Mutation::restore_unjudged)) return may;
      return may && question.effect != nullptr ? judge.ask_effect(*question.effect) : may;
    }
    case identity::Right::kWrite:
      if (question.effect != nullptr) return judge.ask_effect(*question.effect);
      return judge.ask_anything();
    default: return {};  // it concerns the server
  }
}

bool WorkspacePolicy::is_audited(const Question& question) const {
  if (audits_.empty() || question.caller.local) return false;
  const std::string_view action = question.right == identity::Right::kRead      ? "read"
                                  : question.right == identity::Right::kHistory ? "history"
                                                                                : "";
  return !action.empty() &&
         Judge(*this, question, nullptr).is_audited(action, resource_of(question));
}

bool WorkspacePolicy::may_show(const Question& question) const {
  if (question.caller.local || identity::administers(question.caller.rights)) return true;
  return !damage_ && (sets_.empty() || Judge(*this, question, nullptr).may_show());
}

Result<WorkspacePolicy::Explained> WorkspacePolicy::explain(const Question& question,
                                                            std::string_view action,
                                                            const ResourceName& resource) const {
  if (damage_) return std::unexpected(*damage_);
  Judge judge(*this, question, nullptr);
  if (access_schema().find_action(*judge.uid_of(action)) == nullptr)
    return fail(ErrorCode::kInvalid, fmt::format("there is no action '{}'", action));
  Explained explained;
  if (is_ended_link(question.caller.principal.id)) {
    explained.reasons.emplace_back(kEndedLink);
    return explained;
  }
  std::vector<std::string> permits;
  std::vector<std::string> forbids;
  bool denied = false;
  for (const auto& rules : sets_) {
    judge.decide(*rules, action, resource);
    denied = denied || judge.forbids(*rules);
    std::vector<std::string>& reasons = answer_.forbidding.empty() ? permits : forbids;
    for (const cedar::Text* reason : answer_.reasons) reasons.emplace_back(reason->view());
    for (const cedar::PolicyFailure& each : answer_.errors)
      explained.errors.push_back(
          fmt::format("{}: {}", each.policy->view(),
                      cedar::at_position(each.error.position, each.error.message)));
  }
  explained.allowed = !permits.empty() && !denied;
  explained.reasons = std::move(forbids.empty() ? permits : forbids);
  return explained;
}

std::optional<WorkspacePolicy::Refusal> WorkspacePolicy::why_refused(
    const Question& question) const {
  if (question.caller.local) return std::nullopt;
  if (is_ended_link(question.caller.principal.id)) {
    const ResourceName resource = resource_of(question);
    return Refusal{std::string(name_of(question.right)),
                   resource.kind,
                   std::string(resource.object),
                   {},
                   {std::string(kEndedLink)}};
  }
  std::optional<Refusal> why;
  (void)judge(question, &why);
  return why;
}

}  // namespace syncline::policy
