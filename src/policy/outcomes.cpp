#include "policy/outcomes.h"

#include <algorithm>

#include "policy/path_id.h"

namespace syncline::policy {
namespace {

using cedar::Expr;
using cedar::Op;
using cedar::Uid;
using Match = cedar::ScopeRule::Match;

constexpr std::string_view kPathType = "Path";

bool is_path(const Uid& uid) {
  return uid.type->view() == kPathType;
}

bool is_resource(const Expr& e) {
  return e.op == Op::kResource;
}

// The entities that a literal names. A set of none is one that names no path, too.
bool names_paths(const Expr& literal) {
  if (!literal.value) return true;  // not known before it is evaluated
  if (literal.value.is(cedar::Kind::kEntity)) return is_path(literal.value.uid());
  if (!literal.value.is(cedar::Kind::kSet)) return false;
  return std::ranges::any_of(literal.value.set().elements, [](const cedar::Value& each) {
    return each.is(cedar::Kind::kEntity) && is_path(each.uid());
  });
}

// Whether the node uses the resource in a way that is the same for all places of an object: paths have no
// attributes and no tags, all are of one type, and they are in the same objects and folders.
bool is_steady_use(const Expr& e) {
  switch (e.op) {
    case Op::kAttribute:
    case Op::kHas: return true;
    case Op::kGetTag:
    case Op::kHasTag: return e.args[1]->value.is(cedar::Kind::kString);
    case Op::kIs: return e.args.size() < 2 || !names_paths(*e.args[1]);
    case Op::kIn: return !names_paths(*e.args[1]);
    default: return false;
  }
}

}  // namespace

bool Varying::add(const Expr& expr) {
  if (expr.value) return false;
  bool varies = is_resource(expr);
  if (!expr.args.empty() && is_resource(*expr.args[0]) && is_steady_use(expr)) return false;
  for (const Expr* each : expr.args)
    if (add(*each)) varies = true;
  if (varies) varying_.insert(&expr);
  return varies;
}

RegionOutcomes::RegionOutcomes(const Varying& varying, const cedar::Request& request,
                               const cedar::EntitySource& entities, cedar::Arena& scratch)
    : varying_(varying),
      request_(request),
      evaluator_(request, entities, scratch),
      place_(request.resource->id->view()) {}

// Of `resource in other`.
Outcomes RegionOutcomes::is_in(const Uid& other) const {
  if (!is_path(other)) return Outcomes::of(evaluator_.is_in(*request_.resource, other));
  switch (side_of(other.id->view(), place_)) {
    case Side::kAround: return Outcomes::yes();
    case Side::kBelow: return Outcomes::either();
    case Side::kApart: break;
  }
  return Outcomes::no();
}

Outcomes RegionOutcomes::of(const cedar::ScopeRule& scope, const Uid* wanted) const {
  const bool typed = scope.match == Match::kIs || scope.match == Match::kIsIn;
  if (typed && scope.type->view() != kPathType) return Outcomes::no();
  switch (scope.match) {
    case Match::kAny:
    case Match::kIs: return Outcomes::yes();
    case Match::kIn:
    case Match::kIsIn: return is_in(*wanted);
    case Match::kEqual: break;
  }
  // There is always something below a place, as far as anybody knows.
  const bool within = is_path(*wanted) && (side_of(wanted->id->view(), place_) == Side::kBelow ||
                                           wanted->id->view() == place_);
  return within ? Outcomes::either() : Outcomes::no();
}

bool RegionOutcomes::fits_principal(const cedar::ScopeRule& scope, const Uid* wanted) const {
  const Uid& principal = *request_.principal;
  const bool typed = scope.match == Match::kIs || scope.match == Match::kIsIn;
  if (typed && !cedar::same(*principal.type, *scope.type)) return false;
  switch (scope.match) {
    case Match::kAny:
    case Match::kIs: return true;
    case Match::kEqual: return cedar::same(principal, *wanted);
    case Match::kIn:
    case Match::kIsIn: return evaluator_.is_in(principal, *wanted);
  }
  return false;
}

bool RegionOutcomes::fits_action(const cedar::ActionRule& rule) const {
  if (rule.match == cedar::ActionRule::Match::kAny) return true;
  const bool equal = rule.match == cedar::ActionRule::Match::kEqual;
  return std::ranges::any_of(rule.uids, [&](const Uid* each) {
    return equal ? cedar::same(*each, *request_.action) : evaluator_.is_in(*request_.action, *each);
  });
}

Outcomes RegionOutcomes::of(std::span<const cedar::Condition> conditions) {
  Outcomes all = Outcomes::yes();
  for (const cedar::Condition& each : conditions) {
    if (!all.may_be_yes()) break;
    const Outcomes one = of(*each.body);
    all = Outcomes::both(all, each.unless ? one.negated() : one);
  }
  return all;
}

Outcomes RegionOutcomes::evaluated(const Expr& expr) {
  const cedar::Value value = evaluator_.value(expr);
  return value.is(cedar::Kind::kBool) ? Outcomes::of(value.flag()) : Outcomes::error();
}

Outcomes RegionOutcomes::of(const Expr& expr) {
  if (expr.value || !varying_.contains(expr)) return evaluated(expr);
  switch (expr.op) {
    case Op::kAnd: {
      const Outcomes first = of(*expr.args[0]);
      return first.may_be_yes() ? Outcomes::both(first, of(*expr.args[1])) : first;
    }
    case Op::kOr: {
      const Outcomes first = of(*expr.args[0]).negated();
      return (first.may_be_yes() ? Outcomes::both(first, of(*expr.args[1]).negated()) : first)
          .negated();
    }
    case Op::kNot: return of(*expr.args[0]).negated();
    case Op::kIf: {
      const Outcomes condition = of(*expr.args[0]);
      Outcomes all = condition.may_fail() ? Outcomes::error() : Outcomes::none();
      if (condition.may_be_yes()) all = all.with(of(*expr.args[1]));
      if (condition.may_be_no()) all = all.with(of(*expr.args[2]));
      return all;
    }
    case Op::kIs:
    case Op::kIn: return in(expr);
    case Op::kEqual: return equal(expr);
    case Op::kNotEqual: return equal(expr).negated();
    default: return Outcomes::any();
  }
}

// `resource in …`, `resource is Path in …`
Outcomes RegionOutcomes::in(const Expr& e) const {
  if (!is_resource(*e.args[0]) || !e.args[1]->value) return Outcomes::any();
  if (e.op == Op::kIs && e.names[0]->view() != kPathType) return Outcomes::no();
  const cedar::Value& others = e.args[1]->value;
  if (others.is(cedar::Kind::kEntity)) return is_in(others.uid());
  if (!others.is(cedar::Kind::kSet)) return Outcomes::error();
  Outcomes all = Outcomes::no();
  for (const cedar::Value& each : others.set().elements) {
    if (!each.is(cedar::Kind::kEntity)) return Outcomes::error();
    const Outcomes one = is_in(each.uid());
    if (one.surely_yes()) return one;
    all = all.with(one);
  }
  return all;
}

// `resource == Path::"/a"`, either way round.
Outcomes RegionOutcomes::equal(const Expr& e) const {
  const bool first = is_resource(*e.args[0]);
  const Expr& other = *e.args[first ? 1 : 0];
  if (!is_resource(*e.args[first ? 0 : 1]) || !other.value.is(cedar::Kind::kEntity))
    return Outcomes::any();
  const Uid& uid = other.value.uid();
  if (!is_path(uid)) return Outcomes::no();
  const bool within = side_of(uid.id->view(), place_) == Side::kBelow || uid.id->view() == place_;
  return within ? Outcomes::either() : Outcomes::no();
}

}  // namespace syncline::policy
