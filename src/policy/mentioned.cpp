#include "policy/mentioned.h"

#include "cedar/value.h"
#include "policy/access_schema.h"

namespace syncline::policy {
namespace {

void note_uid(const cedar::Uid& uid, Mentioned& mentioned) {
  const std::string_view type = uid.type->view();
  if (type == "Principal") mentioned.principals.emplace(uid.id->view());
  if (type == "Group") mentioned.groups.emplace(uid.id->view());
}

void note_value(const cedar::Value& value, Mentioned& mentioned) {
  if (!value) return;
  if (value.is(cedar::Kind::kEntity)) note_uid(value.uid(), mentioned);
  if (value.is(cedar::Kind::kSet))
    for (const cedar::Value& each : value.set().elements) note_value(each, mentioned);
}

void note_expression(const cedar::Expr& expr, Mentioned& mentioned) {
  note_value(expr.value, mentioned);
  for (const cedar::Expr* each : expr.args) note_expression(*each, mentioned);
}

}  // namespace

void add_mentioned(const log::HeldRules& rules, Mentioned& mentioned) {
  for (const auto& [of, share] : rules.shares) {
    const log::Grantee& to = of.second;
    if (to.kind == log::Grantee::Kind::kPrincipal) mentioned.principals.insert(to.id);
    if (to.kind == log::Grantee::Kind::kGroup) mentioned.groups.insert(to.id);
  }
  for (const auto& [name, held] : rules.policies) {
    const auto policies = parse_policy_text(name, held.text);
    if (!policies) continue;
    for (const cedar::Policy* policy : policies->policies()) {
      if (policy->principal.uid != nullptr) note_uid(*policy->principal.uid, mentioned);
      for (const cedar::Condition& each : policy->conditions)
        note_expression(*each.body, mentioned);
    }
  }
}

}  // namespace syncline::policy
