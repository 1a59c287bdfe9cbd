#include "policy/workspace_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/assert.h"
#include "base/qualified_name.h"
#include "cedar/parser.h"
#include "log/rules.h"
#include "policy/access_schema.h"
#include "policy/path_id.h"
#include "policy/share_rules.h"

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

std::unexpected<Error> no_permission(std::string_view action, const ResourceName& resource) {
  return fail(ErrorCode::kForbidden,
              fmt::format("the policy of this workspace does not allow: {}{}", action,
                          described(resource)));
}

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

bool uses_context(const cedar::Expr& expr) {
  return expr.op == cedar::Op::kContext ||
         std::ranges::any_of(expr.args,
                             [](const cedar::Expr* each) { return uses_context(*each); });
}

bool names_path(const cedar::ScopeRule& scope, const Uid* wanted) {
  return wanted != nullptr && scope.match != cedar::ScopeRule::Match::kAny &&
         wanted->type->view() == "Path";
}

}  // namespace

// ---- compiling

std::shared_ptr<const WorkspacePolicy> WorkspacePolicy::make(std::string_view workspace,
                                                             const log::HeldRules& held,
                                                             log::Position at) {
  if (held.policies.empty() && held.shares.empty()) return nullptr;
  std::shared_ptr<WorkspacePolicy> made(new WorkspacePolicy(at));
  if (auto compiled = made->compile(workspace, held); !compiled)
    made->damage_ = std::move(compiled.error());
  return made;
}

std::shared_ptr<const WorkspacePolicy> WorkspacePolicy::unreadable(Error error, log::Position at) {
  std::shared_ptr<WorkspacePolicy> made(new WorkspacePolicy(at));
  made->damage_ = std::move(error);
  return made;
}

Result<void> WorkspacePolicy::compile(std::string_view workspace, const log::HeldRules& held) {
  auto set = std::make_shared<cedar::PolicySet>();
  if (auto ok = add_shares(workspace, held.shares, *set); !ok) return ok;
  if (auto ok = add_policies(held.policies, *set); !ok) return ok;
  actions_ = make_actions();
  find_rules(*set);
  authorizer_ = std::make_unique<cedar::Authorizer>(std::move(set));
  return {};
}

Result<void> WorkspacePolicy::add_policies(const log::HeldPolicies& policies,
                                           cedar::PolicySet& set) {
  for (const auto& [name, held] : policies) {
    // It was checked when it was accepted, but perhaps by another version.
    auto parsed = parse_policy_text(name, held.text);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    const std::size_t count = parsed->policies().size();
    for (std::size_t i = 0; i < count; ++i) {
      cedar::Policy policy = *parsed->policies()[i];
      const std::string id =
          count == 1 ? "policy " + name : fmt::format("policy {}, {}", name, i + 1);
      policy.id = cedar::make_text(set.arena(), id);
      if (auto ok = set.add(policy); !ok) return ok;
    }
    texts_.push_back(std::move(*parsed));
  }
  return {};
}

Result<void> WorkspacePolicy::add_shares(std::string_view workspace, const log::HeldShares& shares,
                                         cedar::PolicySet& set) {
  if (shares.empty()) return {};
  auto templates = cedar::parse_policies(role_templates_text());
  SYNCLINE_ASSERT(templates.has_value());
  for (const cedar::Policy* each : templates->policies()) {
    cedar::Policy role = *each;
    role.id = each->annotation("id")->value;
    if (auto ok = set.add(role); !ok) return ok;
  }
  texts_.push_back(std::move(*templates));
  const std::string_view name = split_name(workspace).workspace;
  for (const auto& [of, held] : shares) {
    const ShareEntities entities = entities_of_share(set.arena(), name, of.first, of.second);
    for (const std::string_view role_template : templates_of(held.role)) {
      const std::string id = share_rule_id(role_template, entities);
      if (auto ok = set.link(role_template, id, entities.principal, entities.resource); !ok)
        return ok;
    }
  }
  return {};
}

void WorkspacePolicy::find_rules(const cedar::PolicySet& set) {
  const auto add = [&](const cedar::Policy& policy, const Uid* principal, const Uid* resource) {
    const bool forbids = policy.effect == cedar::Effect::kForbid;
    const auto number = static_cast<std::uint32_t>(permits_.size());
    (forbids ? forbids_ : permits_).push_back({&policy, principal, resource});
    if (!forbids && principal != nullptr) permits_of_.add(principal, number);
    if (!forbids && principal == nullptr) permits_of_anyone_.push_back(number);
    by_path_ = by_path_ || names_path(policy.resource, resource);
    for (const cedar::Condition& each : policy.conditions) {
      by_path_ = varying_.add(*each.body) || by_path_;
      by_context_ = by_context_ || uses_context(*each.body);
    }
  };
  for (const cedar::Policy* policy : set.policies())
    if (!policy->is_template()) add(*policy, policy->principal.uid, policy->resource.uid);
  for (const cedar::Link* link : set.links()) add(*link->of, link->principal, link->resource);
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
        entities_(fresh(policy), policy.actions_, question) {}

  // One action on one resource.
  Result<void> ask(std::string_view action, const ResourceName& resource) {
    decide(action, resource);
    if (policy_.answer_.allowed && !any_forbid_failed()) return {};
    if (why_ != nullptr) note(action, resource, refusing());
    return no_permission(action, resource);
  }

  // Fills the answer of the policy.
  void decide(std::string_view action, const ResourceName& resource) {
    const cedar::Request request = entities_.request(*uid_of(action), resource);
    policy_.authorizer_->decide(request, entities_, policy_.scratch_, policy_.answer_);
  }

  // A share never fails: its template has no conditions that can.
  bool any_forbid_failed() const {
    return std::ranges::any_of(policy_.answer_.errors, [&](const cedar::PolicyFailure& each) {
      return is_forbid(each.policy->view());
    });
  }

  // A change without a touch is an event all the same.
  Result<void> ask_effect(const merge::Effect& effect) {
    if (effect.touches.empty()) return ask_anything();
    std::unordered_set<std::string> judged;
    for (const merge::Touch& touch : effect.touches) {
      TouchedPlace place = place_of(touch);
      if (judged.size() >= kMostPlaces) place = {"", true};
      std::string key(1, static_cast<char>(touch.operation));
      key += place.below ? '1' : '0';
      if (policy_.by_path_) key += place.path;  // otherwise, all are judged alike
      if (!judged.insert(std::move(key)).second) continue;
      if (auto ok = ask_touch(touch.operation, place); !ok) return ok;
    }
    return {};
  }

  // Whether some change of the object could be allowed.
  Result<void> ask_anything() {
    const bool may = std::ranges::any_of(kWriting, [&](std::string_view action) {
      const cedar::Request request = at(action, "");
      RegionOutcomes region(policy_.varying_, request, entities_, policy_.scratch_);
      const auto may = [&](const Rule& rule) { return of(region, rule).may_be_yes(); };
      const auto must = [&](const Rule& rule) { return of(region, rule).surely_yes(); };
      return any_permit(request, may) && std::ranges::none_of(policy_.forbids_, must);
    });
    if (may) return {};
    const ResourceName object{Kind::kObject, question_.object, {}};
    if (why_ != nullptr) note("write", object, {});
    return no_permission("write", object);
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

  cedar::Request at(std::string_view action, std::string_view path) {
    return entities_.request(*uid_of(action), {Kind::kPath, question_.object, path});
  }

  Result<void> ask_touch(Operation operation, const TouchedPlace& place) {
    const ResourceName resource{Kind::kPath, question_.object, place.path};
    for (const std::string_view action : actions_of(operation)) {
      if (!place.below) {
        if (auto ok = ask(action, resource); !ok) return ok;
      } else if (!is_permitted_below(action, place.path)) {
        if (why_ != nullptr) note(action, resource, {});
        return no_permission(action, resource);
      }
    }
    if (!place.below) return {};
    for (const std::string_view action : actions_below(operation)) {
      const Rule* forbids = forbidding_below(action, place.path);
      if (forbids == nullptr) continue;
      if (why_ != nullptr) note(action, resource, {std::string(forbids->policy->id->view())});
      return fail(ErrorCode::kForbidden,
                  fmt::format("the policy of this workspace may not allow: {} at or below {}",
                              action, place.path.empty() ? "/" : place.path));
    }
    return {};
  }

  bool is_permitted_below(std::string_view action, std::string_view path) {
    const cedar::Request request = at(action, path);
    RegionOutcomes region(policy_.varying_, request, entities_, policy_.scratch_);
    return any_permit(request, [&](const Rule& rule) { return of(region, rule).surely_yes(); });
  }

  // Whether one of the permits whose scope may fit the principal is of that kind. A workspace has many shares, and a
  // principal few.
  template <typename IsOfKind>
  bool any_permit(const cedar::Request& request, IsOfKind is_of_kind) const {
    const auto any_of = [&](std::span<const std::uint32_t> numbers) {
      return std::ranges::any_of(
          numbers, [&](std::uint32_t each) { return is_of_kind(policy_.permits_[each]); });
    };
    if (any_of(policy_.permits_of_anyone_) || any_of(policy_.permits_of_.find(*request.principal)))
      return true;
    return std::ranges::any_of(entities_.find(*request.principal)->ancestors, [&](const Uid* each) {
      return any_of(policy_.permits_of_.find(*each));
    });
  }

  // A rule that may forbid it there; nullptr: there is none. A failure counts as a `forbid`.
  const Rule* forbidding_below(std::string_view action, std::string_view path) {
    const cedar::Request request = at(action, path);
    RegionOutcomes region(policy_.varying_, request, entities_, policy_.scratch_);
    const auto found = std::ranges::find_if(policy_.forbids_, [&](const Rule& rule) {
      const Outcomes outcomes = of(region, rule);
      return outcomes.may_be_yes() || outcomes.may_fail();
    });
    return found == policy_.forbids_.end() ? nullptr : &*found;
  }

  static Outcomes of(RegionOutcomes& region, const Rule& rule) {
    const cedar::Policy& policy = *rule.policy;
    if (!region.fits_action(policy.action) ||
        !region.fits_principal(policy.principal, rule.principal))
      return Outcomes::no();
    const Outcomes scope = region.of(policy.resource, rule.resource);
    return scope.may_be_yes() ? Outcomes::both(scope, region.of(policy.conditions)) : scope;
  }

  bool is_forbid(std::string_view id) const {
    const cedar::Policy* policy = policy_.authorizer_->policies().find(id);
    return policy != nullptr && policy->effect == cedar::Effect::kForbid;
  }

  // The policies that refuse what was decided last; none, if nothing permits it.
  std::vector<std::string> refusing() const {
    std::vector<std::string> ids;
    if (!policy_.answer_.allowed)
      for (const cedar::Text* each : policy_.answer_.reasons) ids.emplace_back(each->view());
    for (const cedar::PolicyFailure& each : policy_.answer_.errors)
      if (is_forbid(each.policy->view())) ids.emplace_back(each.policy->view());
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
};

Verdict WorkspacePolicy::decide(const Question& question) const {
  if (question.caller.local) return {.rules = at_};
  if (by_context_ || damage_) return {.allowed = judge(question), .rules = at_};
  const std::string_view key = remembered_.key_of(question, by_path_);
  if (!key.empty() && remembered_.contains(key)) return {.rules = at_};
  Result<void> allowed = judge(question);
  if (allowed) remembered_.add(key, question);
  return {.allowed = std::move(allowed), .rules = at_};
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

}  // namespace

Result<void> WorkspacePolicy::judge(const Question& question, std::optional<Refusal>* why) const {
  const bool about_policy =
      question.right == identity::Right::kPolicy || question.right == identity::Right::kSeePolicy;
  if (about_policy && identity::administers(question.caller.rights)) return {};
  if (damage_)
    return fail(ErrorCode::kForbidden,
                "the policies of this workspace cannot be read; ask an administrator");
  Judge judge(*this, question, why);
  switch (question.right) {
    case identity::Right::kRead: return judge.ask("read", resource_of(question));
    case identity::Right::kHistory: return judge.ask("history", resource_of(question));
    case identity::Right::kPresence: return judge.ask("presence", resource_of(question));
    case identity::Right::kExport: return judge.ask("export", {});
    case identity::Right::kPin: return judge.ask("pin", {});
    case identity::Right::kRetention: return judge.ask("retention", {});
    case identity::Right::kHold: return judge.ask("hold", {});
    case identity::Right::kQuarantine: return judge.ask("quarantine", {});
    case identity::Right::kSeePolicy: return judge.ask("share", resource_of(question));
    case identity::Right::kPolicy: {
      if (question.effect == nullptr) return {};
      const auto shared = shared_resource(*question.effect);
      return shared ? judge.ask("share", ResourceName::of_share(*shared)) : judge.ask("policy", {});
    }
    case identity::Right::kRestore: {
      auto may = judge.ask("restore", resource_of(question));
      if (may) may = judge.ask("history", resource_of(question));
      return may && question.effect != nullptr ? judge.ask_effect(*question.effect) : may;
    }
    case identity::Right::kWrite:
      if (question.effect != nullptr) return judge.ask_effect(*question.effect);
      return judge.ask_anything();
    default: return {};  // it concerns the server
  }
}

Result<WorkspacePolicy::Explained> WorkspacePolicy::explain(const Question& question,
                                                            std::string_view action,
                                                            const ResourceName& resource) const {
  if (damage_) return std::unexpected(*damage_);
  Judge judge(*this, question, nullptr);
  if (access_schema().find_action(*judge.uid_of(action)) == nullptr)
    return fail(ErrorCode::kInvalid, fmt::format("there is no action '{}'", action));
  judge.decide(action, resource);
  Explained explained{.allowed = answer_.allowed && !judge.any_forbid_failed()};
  for (const cedar::Text* reason : answer_.reasons) explained.reasons.emplace_back(reason->view());
  for (const cedar::PolicyFailure& each : answer_.errors)
    explained.errors.push_back(
        fmt::format("{}: {}", each.policy->view(),
                    cedar::at_position(each.error.position, each.error.message)));
  return explained;
}

std::optional<WorkspacePolicy::Refusal> WorkspacePolicy::why_refused(
    const Question& question) const {
  std::optional<Refusal> why;
  (void)judge(question, &why);
  return why;
}

}  // namespace syncline::policy
