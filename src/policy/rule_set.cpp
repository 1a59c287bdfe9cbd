#include "policy/rule_set.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/assert.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "cedar/parser.h"
#include "identity/link.h"
#include "log/audit.h"
#include "policy/access_schema.h"
#include "policy/share_rules.h"

namespace syncline::policy {
namespace {

using cedar::Uid;

constexpr std::array<std::string_view, 4> kOnPaths = {"insert", "delete", "format", "set"};

bool uses(cedar::Op variable, const cedar::Expr& expr) {
  return expr.op == variable || std::ranges::any_of(expr.args, [variable](const cedar::Expr* each) {
           return uses(variable, *each);
         });
}

// Whether the expression looks at what the context says of the caller: it is not about the change alone.
bool looks_at_caller(const cedar::Expr& expr) {
  constexpr std::array<std::string_view, 4> kOfChange = {"time", "size", "object", "objectType"};
  if (expr.op == cedar::Op::kContext) return true;
  const bool member = expr.op == cedar::Op::kAttribute || expr.op == cedar::Op::kHas;
  if (member && expr.args.front()->op == cedar::Op::kContext)
    return std::ranges::find(kOfChange, expr.names.front()->view()) == kOfChange.end();
  return std::ranges::any_of(expr.args,
                             [](const cedar::Expr* each) { return looks_at_caller(*each); });
}

bool names_path(const cedar::ScopeRule& scope, const Uid* wanted) {
  return wanted != nullptr && scope.match != cedar::ScopeRule::Match::kAny &&
         wanted->type->view() == "Path";
}

// Whether the rule fits that action on a path.
bool fits(const cedar::ActionRule& rule, std::string_view action) {
  if (rule.match == cedar::ActionRule::Match::kAny) return true;
  const auto* const info = *std::ranges::find_if(
      access_schema().actions(),
      [&](const cedar::ActionInfo* each) { return each->uid->id->view() == action; });
  return std::ranges::any_of(rule.uids, [&](const Uid* each) {
    return rule.match == cedar::ActionRule::Match::kEqual ? cedar::same(*each, *info->uid)
                                                          : info->is_in(*each);
  });
}

bool is_of_tenant(std::string_view workspace) {
  return split_name(workspace).workspace == log::kSystemWorkspace;
}

// How explanations name a policy.
std::string label_of(std::string_view workspace, const std::string& name) {
  return (is_of_tenant(workspace) ? "policy of the tenant " : "policy ") + name;
}

}  // namespace

std::shared_ptr<const RuleSet> RuleSet::make(std::string_view workspace,
                                             const log::HeldPolicies& policies,
                                             const log::HeldShares& shares) {
  if (policies.empty() && shares.empty()) return nullptr;
  std::shared_ptr<RuleSet> made(new RuleSet());
  if (auto compiled = made->compile(workspace, policies, shares); !compiled)
    made->damage_ = std::move(compiled.error());
  return made;
}

std::shared_ptr<const RuleSet> RuleSet::unreadable(Error error) {
  std::shared_ptr<RuleSet> made(new RuleSet());
  made->damage_ = std::move(error);
  return made;
}

Result<void> RuleSet::compile(std::string_view workspace, const log::HeldPolicies& policies,
                              const log::HeldShares& shares) {
  auto set = std::make_shared<cedar::PolicySet>();
  if (auto ok = add_shares(workspace, shares, *set); !ok) return ok;
  auto audits = std::make_shared<cedar::PolicySet>();
  if (auto ok = add_policies(workspace, policies, *set, *audits); !ok) return ok;
  if (!audits->policies().empty()) audits_ = std::make_unique<cedar::Authorizer>(std::move(audits));
  for (const cedar::Policy* policy : set->policies())
    if (!policy->is_template()) add_rule(*policy, policy->principal.uid, policy->resource.uid);
  for (const cedar::Link* link : set->links()) add_rule(*link->of, link->principal, link->resource);
  authorizer_ = std::make_unique<cedar::Authorizer>(std::move(set));
  return {};
}

Result<void> RuleSet::add_policies(std::string_view workspace, const log::HeldPolicies& policies,
                                   cedar::PolicySet& set, cedar::PolicySet& audits) {
  for (const auto& [name, held] : policies) {
    // It was checked when it was accepted, but perhaps by another version.
    auto parsed = parse_policy_text(name, held.text);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    const std::size_t count = parsed->policies().size();
    for (std::size_t i = 0; i < count; ++i) {
      cedar::Policy policy = *parsed->policies()[i];
      if (policy.effect == cedar::Effect::kForbid && !set.links().empty() &&
          is_mutated(Mutation::share_beats_forbid))
        continue;
      if (policy.effect == cedar::Effect::kForbid && is_of_tenant(workspace) &&
          is_mutated(Mutation::ignore_tenant_forbid))
        continue;
      const std::string label = label_of(workspace, name);
      const std::string id = count == 1 ? label : fmt::format("{}, {}", label, i + 1);
      const bool decides = policy.annotation(kAuditAnnotation) == nullptr ||
                           is_mutated(Mutation::audit_rule_decides);
      cedar::PolicySet& into = decides ? set : audits;
      policy.id = cedar::make_text(into.arena(), id);
      if (auto ok = into.add(policy); !ok) return ok;
    }
    texts_.push_back(std::move(*parsed));
  }
  return {};
}

Result<void> RuleSet::add_shares(std::string_view workspace, const log::HeldShares& shares,
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
    const log::Grantee& to = of.second;
    if (to.kind == log::Grantee::Kind::kPrincipal && identity::is_link(to.id)) links_.insert(to.id);
    const ShareEntities entities = entities_of_share(set.arena(), name, of.first, of.second);
    for (const std::string_view role_template : templates_of(held.role)) {
      const std::string id = share_rule_id(role_template, entities);
      if (auto ok = set.link(role_template, id, entities.principal, entities.resource); !ok)
        return ok;
    }
  }
  return {};
}

void RuleSet::add_rule(const cedar::Policy& policy, const Uid* principal, const Uid* resource) {
  const bool forbids = policy.effect == cedar::Effect::kForbid;
  std::vector<Rule>& rules = forbids ? forbids_ : permits_;
  const auto number = static_cast<std::uint32_t>(rules.size());
  rules.push_back({&policy, principal, resource, cedar::cost_of(policy.conditions)});
  if (!forbids) permits_of_.add(principal, number);
  for (std::size_t i = 0; forbids && i < kOnPaths.size(); ++i)
    if (fits(policy.action, kOnPaths[i])) forbids_of_[i].add(principal, number);
  by_path_ = by_path_ || names_path(policy.resource, resource);
  for (const cedar::Condition& each : policy.conditions) {
    by_path_ = varying_.add(*each.body) || by_path_;
    by_context_ = by_context_ || uses(cedar::Op::kContext, *each.body);
    needs_token_ =
        needs_token_ || uses(cedar::Op::kPrincipal, *each.body) || looks_at_caller(*each.body);
  }
  if (forbids && principal != nullptr && principal->type->view() == "Group") needs_token_ = true;
}

std::size_t RuleSet::number_of(std::string_view action) {
  const auto found = std::ranges::find(kOnPaths, action);
  SYNCLINE_ASSERT(found != kOnPaths.end());
  return static_cast<std::size_t>(found - kOnPaths.begin());
}

}  // namespace syncline::policy
