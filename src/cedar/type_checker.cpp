#include "cedar/type_checker.h"

#include <algorithm>

#include "cedar/print.h"

namespace syncline::cedar {

namespace {

using Form = Type::Form;

bool fits_bool(const Type& type) {
  return type.is_bool() || type.is(Form::kNever);
}

bool fits_long(const Type& type) {
  return type.is(Form::kLong) || type.is(Form::kNever);
}

bool fits_string(const Type& type) {
  return type.is(Form::kString) || type.is(Form::kNever);
}

bool fits_set(const Type& type) {
  return type.is(Form::kSet) || type.is(Form::kNever);
}

bool fits_entity(const Type& type) {
  return type.is(Form::kEntity) || type.is(Form::kNever);
}

bool fits_attributes(const Type& type) {
  return type.is(Form::kEntity) || type.is(Form::kRecord) || type.is(Form::kNever);
}

bool fits_entities(const Type& type) {
  return fits_entity(type) || (type.is(Form::kSet) && fits_entity(*type.element));
}

bool fits_kind(const Type& type, Kind kind) {
  return type.is(Form::kNever) ||
         (kind == Kind::kString ? type.is(Form::kString)
                                : type.is(Form::kExtension) && type.extension == kind);
}

bool is_ordered(const Type& type) {
  return type.is(Form::kLong) || (type.is(Form::kExtension) && (type.extension == Kind::kDatetime ||
                                                                type.extension == Kind::kDuration));
}

bool knows(const Capabilities& capabilities, const Capability& wanted) {
  return std::ranges::any_of(capabilities, [&](const Capability& each) {
    if (!same(*each.of, *wanted.of)) return false;
    if ((each.attribute == nullptr) != (wanted.attribute == nullptr)) return false;
    return wanted.attribute != nullptr ? same(*each.attribute, *wanted.attribute)
                                       : same(*each.tag, *wanted.tag);
  });
}

Capabilities either(Capabilities a, const Capabilities& b) {
  for (const Capability& each : b) {
    if (!knows(a, each)) a.push_back(each);
  }
  return a;
}

Capabilities shared(const Capabilities& a, const Capabilities& b) {
  Capabilities both;
  for (const Capability& each : a) {
    if (knows(b, each)) both.push_back(each);
  }
  return both;
}

Typed success(const Type& type, Capabilities capabilities = {}) {
  return {true, &type, std::move(capabilities)};
}

// The result of a check whose parts may have failed.
Typed settled(bool ok, const Type& type, Capabilities capabilities = {}) {
  return {ok, &type, ok ? std::move(capabilities) : Capabilities()};
}

}  // namespace

bool same(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  if (a.op != b.op || a.depth != b.depth || a.args.size() != b.args.size() ||
      a.names.size() != b.names.size() || a.pattern.size() != b.pattern.size())
    return false;
  if (a.op == Op::kLiteral) return same(a.value, b.value);
  if (a.op == Op::kCall && a.function != b.function) return false;
  for (std::size_t i = 0; i < a.names.size(); ++i) {
    if (!same(*a.names[i], *b.names[i])) return false;
  }
  for (std::size_t i = 0; i < a.pattern.size(); ++i) {
    if (!same(*a.pattern[i].text, *b.pattern[i].text)) return false;
  }
  return std::ranges::equal(a.args, b.args,
                            [](const Expr* x, const Expr* y) { return same(*x, *y); });
}

TypeChecker::TypeChecker(const Schema& schema, const ActionInfo& action,
                         const EntityTypeInfo& principal, const EntityTypeInfo& resource,
                         Arena& arena, std::size_t& steps, Report report)
    : schema_(schema),
      action_(action),
      arena_(arena),
      build_(arena),
      steps_(steps),
      report_(std::move(report)),
      principal_(entity_type(principal.name)),
      resource_(entity_type(resource.name)),
      action_type_(entity_type(action.uid->type)),
      action_literal_(build_.literal({}, Value::of(action.uid))) {}

const Type* TypeChecker::entity_type(const Text* name) {
  return arena_.make<Type>(Type{.form = Form::kEntity, .entity = name});
}

Typed TypeChecker::fail_at(const Expr& e, std::string message, const Type* type) {
  report_(e.position, std::move(message));
  return {false, type, {}};
}

const Type* TypeChecker::join(const Expr& e, const Type* a, const Type* b) {
  if (a == nullptr || b == nullptr) return nullptr;
  const Type* joined = join_types(arena_, *a, *b);
  if (joined == nullptr)
    report_(e.position,
            "the types " + to_string(*a) + " and " + to_string(*b) + " do not go together");
  return joined;
}

Typed TypeChecker::expect(const Capabilities& prior, const Expr& e, Fits fits,
                          std::string_view expected) {
  Typed typed = check(prior, e);
  if (typed.type == nullptr) return {};
  if (fits(*typed.type)) return typed;
  return fail_at(e, "expected " + std::string(expected) + ", got " + to_string(*typed.type));
}

Typed TypeChecker::check_bool(const Capabilities& prior, const Expr& e) {
  return expect(prior, e, fits_bool, "Bool");
}

Typed TypeChecker::check(const Capabilities& prior, const Expr& e) {
  if (++steps_ > kMostSteps) {
    if (steps_ == kMostSteps + 1) return fail_at(e, "checking this policy costs too much");
    return {};
  }
  switch (e.op) {
    case Op::kLiteral: return literal(e);
    case Op::kPrincipal: return success(*principal_);
    case Op::kAction: return success(*action_type_);
    case Op::kResource: return success(*resource_);
    case Op::kContext: return success(*action_.context);
    case Op::kIf: return conditional(prior, e);
    case Op::kAnd: return conjunction(prior, e);
    case Op::kOr: return disjunction(prior, e);
    case Op::kNot: return negation(prior, e);
    case Op::kEqual:
    case Op::kNotEqual: return equality(prior, e);
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual: return comparison(prior, e);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kNegate: return arithmetic(prior, e);
    case Op::kIn: return in(prior, e);
    case Op::kHas: return has(prior, e);
    case Op::kLike: {
      const Typed operand = expect(prior, *e.args[0], fits_string, "String");
      return settled(operand.ok, bool_type());
    }
    case Op::kIs: return is(prior, e);
    case Op::kAttribute: return attribute(prior, e);
    case Op::kContains:
    case Op::kContainsAll:
    case Op::kContainsAny:
    case Op::kIsEmpty: return contains(prior, e);
    case Op::kGetTag:
    case Op::kHasTag: return tag(prior, e);
    case Op::kSet: return set(prior, e);
    case Op::kRecord: return record(prior, e);
    case Op::kCall: return call(prior, e);
  }
  return {};
}

// ---- literals and logic ----

Typed TypeChecker::literal(const Expr& e) {
  switch (e.value.kind()) {
    case Kind::kBool: return success(bool_type(e.value.flag()));
    case Kind::kLong: return success(long_type());
    case Kind::kString: return success(string_type());
    case Kind::kEntity: {
      const Uid& uid = e.value.uid();
      // What the schema does not know is reported once for the whole policy.
      const bool known = is_action_type(uid.type->view()) ? schema_.find_action(uid) != nullptr
                                                          : schema_.find_type(*uid.type) != nullptr;
      return known ? success(*entity_type(uid.type)) : Typed{};
    }
    default: return {};
  }
}

Typed TypeChecker::conditional(const Capabilities& prior, const Expr& e) {
  const Typed test = check_bool(prior, *e.args[0]);
  const bool is_true = test.type != nullptr && test.type->is(Form::kTrue);
  const bool is_false = test.type != nullptr && test.type->is(Form::kFalse);
  Typed then;
  Typed otherwise;
  if (!is_false) {
    then = check(either(prior, test.capabilities), *e.args[1]);
    then.capabilities = either(std::move(then.capabilities), test.capabilities);
    if (is_true) {
      then.ok = then.ok && test.ok;
      return then;
    }
  }
  otherwise = check(prior, *e.args[2]);
  if (is_false) {
    otherwise.ok = otherwise.ok && test.ok;
    return otherwise;
  }
  const Type* type = join(e, then.type, otherwise.type);
  const bool ok = test.ok && then.ok && otherwise.ok && type != nullptr;
  return {ok, type, ok ? shared(otherwise.capabilities, then.capabilities) : Capabilities()};
}

Typed TypeChecker::conjunction(const Capabilities& prior, const Expr& e) {
  Typed left = check_bool(prior, *e.args[0]);
  if (left.type != nullptr && left.type->is(Form::kFalse))
    return settled(left.ok, bool_type(false));
  Typed right = check_bool(either(prior, left.capabilities), *e.args[1]);
  const bool ok = left.ok && right.ok;
  if (left.type == nullptr || right.type == nullptr) return {false, &bool_type(), {}};
  if (right.type->is(Form::kFalse)) return settled(ok, bool_type(false));
  const Type& type = right.type->is(Form::kTrue)  ? *left.type
                     : left.type->is(Form::kTrue) ? *right.type
                                                  : bool_type();
  return settled(ok, type, either(std::move(left.capabilities), right.capabilities));
}

Typed TypeChecker::disjunction(const Capabilities& prior, const Expr& e) {
  Typed left = check_bool(prior, *e.args[0]);
  if (left.type != nullptr && left.type->is(Form::kTrue)) return left;
  Typed right = check_bool(prior, *e.args[1]);
  const bool ok = left.ok && right.ok;
  if (left.type == nullptr || right.type == nullptr) return {false, &bool_type(), {}};
  if (right.type->is(Form::kTrue))
    return settled(ok, bool_type(true), std::move(right.capabilities));
  if (right.type->is(Form::kFalse)) return settled(ok, *left.type, std::move(left.capabilities));
  if (left.type->is(Form::kFalse)) return settled(ok, *right.type, std::move(right.capabilities));
  return settled(ok, bool_type(), shared(right.capabilities, left.capabilities));
}

Typed TypeChecker::negation(const Capabilities& prior, const Expr& e) {
  const Typed operand = check_bool(prior, *e.args[0]);
  if (operand.type == nullptr) return {false, &bool_type(), {}};
  if (operand.type->is(Form::kTrue)) return settled(operand.ok, bool_type(false));
  if (operand.type->is(Form::kFalse)) return settled(operand.ok, bool_type(true));
  return settled(operand.ok, bool_type());
}

// ---- comparisons and numbers ----

const Expr& TypeChecker::known_action(const Expr& e) const {
  return e.op == Op::kAction ? *action_literal_ : e;
}

Typed TypeChecker::equality(const Capabilities& prior, const Expr& e) {
  const Typed left = check(prior, *e.args[0]);
  const Typed right = check(prior, *e.args[1]);
  const bool ok = left.ok && right.ok;
  const bool negated = e.op == Op::kNotEqual;
  const Expr& a = known_action(*e.args[0]);
  const Expr& b = known_action(*e.args[1]);
  if (left.type != nullptr && right.type != nullptr && left.type->is(Form::kEntity) &&
      right.type->is(Form::kEntity) && !same(*left.type->entity, *right.type->entity))
    return settled(ok, bool_type(negated));
  if (a.op == Op::kLiteral && b.op == Op::kLiteral)
    return settled(ok, bool_type(same(a.value, b.value) != negated));
  if (left.type == nullptr || right.type == nullptr) return settled(ok, bool_type());
  return settled(ok && join(e, left.type, right.type) != nullptr, bool_type());
}

Typed TypeChecker::comparison(const Capabilities& prior, const Expr& e) {
  const Typed left = check(prior, *e.args[0]);
  const Typed right = check(prior, *e.args[1]);
  if (left.type == nullptr || right.type == nullptr) return {false, &bool_type(), {}};
  if (is_ordered(*left.type) && same(*left.type, *right.type))
    return settled(left.ok && right.ok, bool_type());
  return fail_at(
      e, "the types " + to_string(*left.type) + " and " + to_string(*right.type) + " have no order",
      &bool_type());
}

Typed TypeChecker::arithmetic(const Capabilities& prior, const Expr& e) {
  bool ok = true;
  for (const Expr* each : e.args) ok = expect(prior, *each, fits_long, "Long").ok && ok;
  return settled(ok, long_type());
}

// ---- entities ----

const Uid* TypeChecker::literal_uid(const Expr& e) const {
  const Expr& known = known_action(e);
  return known.op == Op::kLiteral && known.value.is(Kind::kEntity) ? &known.value.uid() : nullptr;
}

bool TypeChecker::may_be_in(const Text& type, const Text& other) const {
  if (same(type, other)) return true;
  const EntityTypeInfo* info = schema_.find_type(type);
  if (info != nullptr && info->may_be_in(other)) return true;
  return std::ranges::any_of(schema_.actions(), [&](const ActionInfo* each) {
    return same(*each->uid->type, type) && std::ranges::any_of(each->ancestors, [&](const Uid* in) {
             return same(*in->type, other);
           });
  });
}

const Type* TypeChecker::action_in(const Uid& action, const std::vector<const Uid*>& others) const {
  bool any = false;
  bool found = false;
  for (const Uid* each : others) {
    if (!is_action_type(each->type->view())) continue;
    any = true;
    if (schema_.find_action(*each) == nullptr) return nullptr;
    found = found || schema_.find_action(action)->is_in(*each);
  }
  return &bool_type(any && found);
}

// The type of `left in right`; null if it is wrong.
const Type* TypeChecker::in_type(const Expr& e, const Type& left, const Type& right) {
  if (const Uid* uid = literal_uid(*e.args[0]);
      uid != nullptr && is_action_type(uid->type->view())) {
    const Expr& others = *e.args[1];
    std::vector<const Uid*> uids;
    if (const Uid* other = literal_uid(others); other != nullptr) return action_in(*uid, {other});
    if (others.op == Op::kSet) {
      for (const Expr* each : others.args) uids.push_back(literal_uid(*each));
      if (std::ranges::find(uids, nullptr) == uids.end()) return action_in(*uid, uids);
    }
  }
  const Type& target = right.is(Form::kSet) ? *right.element : right;
  if (left.is(Form::kEntity) && target.is(Form::kEntity) &&
      !may_be_in(*left.entity, *target.entity))
    return &bool_type(false);
  return &bool_type();
}

Typed TypeChecker::in(const Capabilities& prior, const Expr& e) {
  const Typed left = expect(prior, *e.args[0], fits_entity, "an entity");
  const Typed right = expect(prior, *e.args[1], fits_entities, "an entity or a set of entities");
  if (!left.ok || !right.ok) return {false, &bool_type(), {}};
  const Type* type = in_type(e, *left.type, *right.type);
  return type != nullptr ? success(*type) : Typed{false, &bool_type(), {}};
}

Typed TypeChecker::is(const Capabilities& prior, const Expr& e) {
  if (e.args.size() == 2) {
    // `e is T in x` means `e is T && e in x`.
    const std::vector<std::string_view> name = {e.names[0]->view()};
    const Expr* test = build_.named(e.position, Op::kIs, {e.args[0]}, name);
    const Expr* within = build_.node(e.position, Op::kIn, {e.args[0], e.args[1]});
    return conjunction(prior, *build_.node(e.position, Op::kAnd, {test, within}));
  }
  const Typed operand = expect(prior, *e.args[0], fits_entity, "an entity");
  if (operand.type == nullptr || !operand.type->is(Form::kEntity)) return {false, &bool_type(), {}};
  return settled(operand.ok, bool_type(same(*operand.type->entity, *e.names[0])));
}

const AttributeType* TypeChecker::attribute_of(const Type& type, const Text& name) const {
  if (type.is(Form::kRecord)) return find_attribute(type, name);
  if (!type.is(Form::kEntity)) return nullptr;
  const EntityTypeInfo* info = schema_.find_type(*type.entity);
  return info == nullptr ? nullptr : find_attribute(*info->shape, name);
}

Typed TypeChecker::has(const Capabilities& prior, const Expr& e) {
  if (e.names.size() > 1) {
    // `e has a.b` means `e has a && e.a has b`.
    const Expr* of = e.args[0];
    const Expr* all = nullptr;
    for (const Text* each : e.names) {
      const std::vector<std::string_view> name = {each->view()};
      const Expr* one = build_.named(e.position, Op::kHas, {of}, name);
      all = all == nullptr ? one : build_.node(e.position, Op::kAnd, {all, one});
      of = build_.named(e.position, Op::kAttribute, {of}, name);
    }
    if (build_.too_deep()) return fail_at(e, "this is nested too deep");
    return check(prior, *all);
  }
  const Typed operand = expect(prior, *e.args[0], fits_attributes, "an entity or a record");
  if (operand.type == nullptr) return {false, &bool_type(), {}};
  const AttributeType* attribute = attribute_of(*operand.type, *e.names[0]);
  if (attribute == nullptr) return settled(operand.ok, bool_type(false));
  const Capability capability{e.args[0], e.names[0], nullptr};
  const bool known =
      (attribute->required && operand.type->is(Form::kRecord)) || knows(prior, capability);
  return settled(operand.ok, known ? bool_type(true) : bool_type(), {capability});
}

Typed TypeChecker::attribute(const Capabilities& prior, const Expr& e) {
  const Typed operand = expect(prior, *e.args[0], fits_attributes, "an entity or a record");
  if (operand.type == nullptr) return {};
  const AttributeType* attribute = attribute_of(*operand.type, *e.names[0]);
  const std::string name(e.names[0]->view());
  if (attribute == nullptr)
    return fail_at(e, "the type " + to_string(*operand.type) + " has no attribute `" + name + '`');
  if (attribute->required || knows(prior, {e.args[0], e.names[0], nullptr}))
    return settled(operand.ok, *attribute->type);
  return fail_at(e, "the attribute `" + name + "` may be missing; check with `has` first",
                 attribute->type);
}

Typed TypeChecker::tag(const Capabilities& prior, const Expr& e) {
  const bool asks = e.op == Op::kHasTag;
  const Typed of = expect(prior, *e.args[0], fits_entity, "an entity");
  const Typed key = expect(prior, *e.args[1], fits_string, "String");
  if (of.type == nullptr || !of.type->is(Form::kEntity)) return {};
  const EntityTypeInfo* info = schema_.find_type(*of.type->entity);
  const Type* tags = info == nullptr ? nullptr : info->tags;
  const bool ok = of.ok && key.ok;
  const Capability capability{e.args[0], nullptr, e.args[1]};
  const bool known = knows(prior, capability);
  if (asks) {
    const Type& type = tags == nullptr ? bool_type(false) : known ? bool_type(true) : bool_type();
    return settled(ok, type, {capability});
  }
  if (!known) return fail_at(e, "the tag may be missing; check with `hasTag` first");
  if (tags == nullptr) return fail_at(e, "the type " + to_string(*of.type) + " has no tags");
  return settled(ok, *tags);
}

// ---- sets and records ----

Typed TypeChecker::contains(const Capabilities& prior, const Expr& e) {
  const Typed set = expect(prior, *e.args[0], fits_set, "a set");
  if (e.op == Op::kIsEmpty) return settled(set.ok, bool_type());
  const bool one = e.op == Op::kContains;
  const Typed other = one ? check(prior, *e.args[1]) : expect(prior, *e.args[1], fits_set, "a set");
  bool ok = set.ok && other.ok;
  if (set.type != nullptr && other.type != nullptr && set.type->is(Form::kSet)) {
    const Type* left = one ? set.type->element : set.type;
    ok = join(e, left, other.type) != nullptr && ok;
  }
  return settled(ok, bool_type());
}

Typed TypeChecker::set(const Capabilities& prior, const Expr& e) {
  if (e.args.empty()) return fail_at(e, "the type of an empty set is not known");
  bool ok = true;
  const Type* element = &never_type();
  bool all = true;
  std::vector<const Type*> types;
  for (const Expr* each : e.args) {
    const Typed typed = check(prior, *each);
    ok = ok && typed.ok;
    all = all && typed.type != nullptr;
    types.push_back(typed.type);
  }
  if (!all) return {};
  for (const Type* each : types) {
    element = join(e, element, each);
    if (element == nullptr) return {};
  }
  const Type* type =
      arena_.make<Type>(Type{.form = Form::kSet, .size = element->size + 1, .element = element});
  return settled(ok, *type);
}

Typed TypeChecker::record(const Capabilities& prior, const Expr& e) {
  bool ok = true;
  bool all = true;
  std::vector<AttributeType> attributes;
  std::uint32_t size = 1;
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    const Typed typed = check(prior, *e.args[i]);
    ok = ok && typed.ok;
    all = all && typed.type != nullptr;
    attributes.push_back({e.names[i], typed.type, true});
    if (typed.type != nullptr) size = std::min(size + typed.type->size, kMaxTypeSize);
  }
  if (!all) return {};
  std::ranges::sort(attributes, [](const AttributeType& a, const AttributeType& b) {
    return compare(*a.name, *b.name) < 0;
  });
  const Type* type = arena_.make<Type>(
      Type{.form = Form::kRecord, .size = size, .attributes = arena_.copy(attributes)});
  return settled(ok, *type);
}

// ---- extensions ----

Typed TypeChecker::call(const Capabilities& prior, const Expr& e) {
  const FunctionInfo& info = info_of(e.function);
  const Type& result = info.result == Kind::kBool   ? bool_type()
                       : info.result == Kind::kLong ? long_type()
                                                    : extension_type(info.result);
  const std::string name = '`' + std::string(info.name) + '`';
  bool ok = true;
  const auto refuse = [&](std::string message) {
    report_(e.position, std::move(message));
    ok = false;
  };
  if (e.args.size() != info.arguments) {
    refuse("wrong number of arguments of " + name);
  } else if (is_constructor(e.function)) {
    const Expr& text = *e.args[0];
    if (text.op != Op::kLiteral)
      refuse("the argument of " + name + " must be a literal");
    else if (text.value.is(Kind::kString) && !e.value)
      refuse("the argument of " + name + " has the wrong form");
  }
  if (!ok) {
    for (const Expr* each : e.args) check(prior, *each);
    return {false, &result, {}};
  }
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    const Kind wanted = i == 0 ? info.first : info.second;
    const Typed typed = check(prior, *e.args[i]);
    ok = ok && typed.ok;
    if (typed.type == nullptr) {
      ok = false;
    } else if (!fits_kind(*typed.type, wanted)) {
      refuse("expected " + std::string(to_string(wanted)) + ", got " + to_string(*typed.type));
    }
  }
  return {ok, &result, {}};
}

}  // namespace syncline::cedar
