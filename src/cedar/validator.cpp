#include "cedar/validator.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "cedar/type_checker.h"

namespace syncline::cedar {

namespace {

using Match = ScopeRule::Match;

// The check of one policy, or of one template for all links that it can have.
class PolicyValidator {
 public:
  PolicyValidator(const Policy& policy, const Text& id, const Uid* principal, const Uid* resource,
                  const Schema& schema, Validation& out)
      : policy_(policy),
        id_(id.view()),
        principal_(principal),
        resource_(resource),
        schema_(schema),
        out_(out) {}

  void run() {
    check_names();
    check_application();
    check_types();
  }

 private:
  void error(Position position, const std::string& message) {
    if (seen_.emplace(position.line, position.column, message).second)
      out_.errors.push_back({id_, position, message});
  }

  // ---- names ----

  void check_uid(Position position, const Uid& uid) {
    const std::string name = to_cedar(uid);
    if (is_action_type(uid.type->view())) {
      if (schema_.find_action(uid) == nullptr) error(position, "the schema has no action " + name);
      return;
    }
    check_type(position, *uid.type);
    const EntityTypeInfo* type = schema_.find_type(*uid.type);
    if (type != nullptr && type->enumerated &&
        !std::ranges::any_of(type->choices, [&](const Text* each) { return same(*each, *uid.id); }))
      error(position,
            "the schema lists all entities of this type, and " + name + " is none of them");
  }

  void check_type(Position position, const Text& type) {
    if (!is_action_type(type.view()) && schema_.find_type(type) == nullptr)
      error(position, "the schema has no type `" + std::string(type.view()) + '`');
  }

  void check_expr(const Expr& e) {
    if (e.op == Op::kLiteral && e.value.is(Kind::kEntity)) check_uid(e.position, e.value.uid());
    if (e.op == Op::kIs) check_type(e.position, *e.names[0]);
    for (const Expr* each : e.args) check_expr(*each);
  }

  void check_rule(const ScopeRule& rule, const Uid* uid) {
    if (rule.type != nullptr) check_type(policy_.position, *rule.type);
    if (uid != nullptr) check_uid(policy_.position, *uid);
  }

  void check_names() {
    check_rule(policy_.principal, principal_);
    check_rule(policy_.resource, resource_);
    for (const Uid* each : policy_.action.uids) check_uid(policy_.position, *each);
    for (const Condition& each : policy_.conditions) check_expr(*each.body);
  }

  // ---- whether the scope fits any action ----

  bool allows(const ScopeRule& rule, const Uid* uid, const EntityTypeInfo& type) const {
    if (rule.type != nullptr && !same(*rule.type, *type.name)) return false;
    if (uid == nullptr) return true;
    if (rule.match == Match::kEqual) return same(*uid->type, *type.name);
    return type.may_be_in(*uid->type);
  }

  bool allows(const ActionInfo& action) const {
    const ActionRule& rule = policy_.action;
    if (rule.match == ActionRule::Match::kAny) return true;
    if (rule.match == ActionRule::Match::kEqual) return same(*rule.uids[0], *action.uid);
    return std::ranges::all_of(rule.uids,
                               [&](const Uid* each) {
                                 return !is_action_type(each->type->view()) ||
                                        schema_.find_action(*each) != nullptr;
                               }) &&
           std::ranges::any_of(rule.uids, [&](const Uid* each) { return action.is_in(*each); });
  }

  void check_application() {
    for (const ActionInfo* action : schema_.actions()) {
      if (!allows(*action)) continue;
      const bool principal = std::ranges::any_of(action->principals, [&](const auto* each) {
        return allows(policy_.principal, principal_, *each);
      });
      const bool resource = std::ranges::any_of(action->resources, [&](const auto* each) {
        return allows(policy_.resource, resource_, *each);
      });
      if (principal && resource) return;
    }
    error(policy_.position, "no action applies to what the scope of this policy says");
  }

  // ---- types ----

  // The scope as expressions, in their order; what says nothing is left out.
  std::vector<const Expr*> scope(ExprBuilder& build) const {
    std::vector<const Expr*> list;
    const Position at = policy_.position;
    const auto add = [&](Op variable, const ScopeRule& rule, const Uid* uid) {
      const Expr* subject = build.variable(at, variable);
      if (rule.type != nullptr)
        list.push_back(build.named(at, Op::kIs, {subject}, {rule.type->view()}));
      // A slot without a link can be anything that fits.
      if (uid == nullptr) return;
      const Op op = rule.match == Match::kEqual ? Op::kEqual : Op::kIn;
      list.push_back(build.node(at, op, {subject, build.literal(at, Value::of(uid))}));
    };
    add(Op::kPrincipal, policy_.principal, principal_);
    const ActionRule& rule = policy_.action;
    if (rule.match != ActionRule::Match::kAny) {
      std::vector<const Expr*> uids;
      for (const Uid* each : rule.uids) uids.push_back(build.literal(at, Value::of(each)));
      const Expr* action = build.variable(at, Op::kAction);
      if (rule.match == ActionRule::Match::kEqual)
        list.push_back(build.node(at, Op::kEqual, {action, uids[0]}));
      else
        list.push_back(build.node(at, Op::kIn,
                                  {action, rule.list ? build.node(at, Op::kSet, uids) : uids[0]}));
    }
    add(Op::kResource, policy_.resource, resource_);
    return list;
  }

  struct Outcome {
    bool ok;
    bool impossible;
  };

  // One kind of request: all of the scope, and then all conditions, joined with `&&`.
  Outcome check_types(const ActionInfo& action, const EntityTypeInfo& principal,
                      const EntityTypeInfo& resource) {
    Arena arena;
    ExprBuilder build(arena);
    bool reported = false;
    TypeChecker checker(schema_, action, principal, resource, arena, steps_,
                        [&](Position position, const std::string& message) {
                          reported = true;
                          error(position, message);
                        });
    Capabilities known;
    bool ok = true;
    const auto goes_on = [&](const Expr& e) {
      const Typed typed = checker.check_bool(known, e);
      ok = ok && typed.ok;
      if (typed.ok) known.insert(known.end(), typed.capabilities.begin(), typed.capabilities.end());
      return typed.type == nullptr || !typed.type->is(Type::Form::kFalse);
    };
    for (const Expr* each : scope(build)) {
      if (!goes_on(*each)) return {!reported, true};
    }
    for (const Condition& each : policy_.conditions) {
      const Expr* e =
          each.unless ? build.node(each.body->position, Op::kNot, {each.body}) : each.body;
      if (!goes_on(*e)) return {!reported, true};
    }
    return {ok, false};
  }

  void check_types() {
    bool ok = true;
    bool impossible = true;
    for (const ActionInfo* action : schema_.actions()) {
      for (const EntityTypeInfo* principal : action->principals) {
        for (const EntityTypeInfo* resource : action->resources) {
          const Outcome outcome = check_types(*action, *principal, *resource);
          ok = ok && outcome.ok;
          impossible = impossible && outcome.impossible;
          if (steps_ > TypeChecker::kMostSteps) return;
        }
      }
    }
    if (impossible)
      out_.warnings.push_back({id_, policy_.position, "this policy can never be satisfied"});
    // A part without a type was reported with the names, unless this engine is wrong.
    if (!ok && seen_.empty()) error(policy_.position, "this policy has no type");
  }

  const Policy& policy_;
  std::string id_;
  const Uid* principal_;
  const Uid* resource_;
  const Schema& schema_;
  Validation& out_;
  std::size_t steps_ = 0;
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::string>> seen_;
};

}  // namespace

Validation validate(const PolicySet& policies, const Schema& schema) {
  Validation result;
  for (const Policy* each : policies.policies())
    PolicyValidator(*each, *each->id, each->principal.uid, each->resource.uid, schema, result)
        .run();
  for (const Link* each : policies.links()) {
    const Policy& of = *each->of;
    PolicyValidator(of, *each->id, of.principal.slot ? each->principal : of.principal.uid,
                    of.resource.slot ? each->resource : of.resource.uid, schema, result)
        .run();
  }
  return result;
}

}  // namespace syncline::cedar
