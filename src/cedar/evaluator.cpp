#include "cedar/evaluator.h"

#include <algorithm>
#include <utility>

namespace syncline::cedar {

namespace {

constexpr std::int64_t kDayMilliseconds = 86'400'000;

}  // namespace

Evaluator::Evaluator(const Request& request, const EntitySource& entities, Arena& scratch)
    : request_(request),
      entities_(entities),
      scratch_(scratch),
      principal_(entities.find(*request.principal)),
      action_(entities.find(*request.action)),
      resource_(entities.find(*request.resource)) {}

const Entity* Evaluator::find(const Uid& uid) const {
  if (&uid == request_.principal) return principal_;
  if (&uid == request_.resource) return resource_;
  if (&uid == request_.action) return action_;
  return entities_.find(uid);
}

bool Evaluator::is_in(const Uid& uid, const Uid& other) const {
  if (same(uid, other)) return true;
  const Entity* entity = find(uid);
  return entity != nullptr && entity->is_in(other);
}

Result<Value> Evaluator::evaluate(const Expr& expr) {
  const Value result = value(expr);
  if (result) return result;
  return fail(ErrorCode::kInvalid, at_position(error_.position, error_.message));
}

Value Evaluator::fail_with(const Expr& at, std::string message) {
  error_ = {at.position, std::move(message)};
  return {};
}

Value Evaluator::type_error(const Expr& at, std::string_view expected, const Value& got) {
  std::string message = "expected ";
  message += expected;
  message += ", got ";
  message += to_string(got.kind());
  return fail_with(at, std::move(message));
}

Value Evaluator::of_kind(const Expr& expr, Kind kind) {
  const Value got = value(expr);
  if (got.is(kind) || !got) return got;
  return type_error(expr, to_string(kind), got);
}

Value Evaluator::value(const Expr& e) {
  if (e.value) return e.value;
  switch (e.op) {
    case Op::kLiteral: return e.value;
    case Op::kPrincipal: return Value::of(request_.principal);
    case Op::kAction: return Value::of(request_.action);
    case Op::kResource: return Value::of(request_.resource);
    case Op::kContext: return Value::of(request_.context);
    case Op::kIf: return conditional(e);
    case Op::kAnd: return both(e, false);
    case Op::kOr: return both(e, true);
    case Op::kNot: {
      const Value operand = of_kind(*e.args[0], Kind::kBool);
      return operand ? Value::of(!operand.flag()) : operand;
    }
    case Op::kEqual:
    case Op::kNotEqual: {
      const Value left = value(*e.args[0]);
      if (!left) return left;
      const Value right = value(*e.args[1]);
      return right ? Value::of(same(left, right) == (e.op == Op::kEqual)) : right;
    }
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual: return compared(e);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply: return arithmetic(e);
    case Op::kNegate: return negated(e);
    case Op::kIn: return in(e);
    case Op::kHas: return has(e);
    case Op::kLike: return like(e);
    case Op::kIs: return is(e);
    case Op::kAttribute: return attribute(e);
    case Op::kContains:
    case Op::kContainsAll:
    case Op::kContainsAny:
    case Op::kIsEmpty: return set_operation(e);
    case Op::kGetTag:
    case Op::kHasTag: return tag(e);
    case Op::kSet: return set(e);
    case Op::kRecord: return record(e);
    case Op::kCall: return call(e);
  }
  return {};
}

// `&&` ends with the first false, `||` with the first true.
Value Evaluator::both(const Expr& e, bool ending) {
  const Value left = of_kind(*e.args[0], Kind::kBool);
  if (!left || left.flag() == ending) return left;
  return of_kind(*e.args[1], Kind::kBool);
}

Value Evaluator::conditional(const Expr& e) {
  const Value condition = of_kind(*e.args[0], Kind::kBool);
  if (!condition) return condition;
  return value(*e.args[condition.flag() ? 1 : 2]);
}

Value Evaluator::compared(const Expr& e) {
  const Value left = value(*e.args[0]);
  if (!left) return left;
  const Value right = value(*e.args[1]);
  if (!right) return right;
  const Kind kind = left.kind();
  if (kind != Kind::kLong && kind != Kind::kDatetime && kind != Kind::kDuration)
    return type_error(*e.args[0], "long, datetime or duration", left);
  if (!right.is(kind)) return type_error(*e.args[1], to_string(kind), right);
  switch (e.op) {
    case Op::kLess: return Value::of(left.number() < right.number());
    case Op::kLessEqual: return Value::of(left.number() <= right.number());
    case Op::kGreater: return Value::of(left.number() > right.number());
    default: return Value::of(left.number() >= right.number());
  }
}

Value Evaluator::arithmetic(const Expr& e) {
  const Value left = of_kind(*e.args[0], Kind::kLong);
  if (!left) return left;
  const Value right = of_kind(*e.args[1], Kind::kLong);
  if (!right) return right;
  std::int64_t result = 0;
  const bool overflow =
      e.op == Op::kAdd        ? __builtin_add_overflow(left.number(), right.number(), &result)
      : e.op == Op::kSubtract ? __builtin_sub_overflow(left.number(), right.number(), &result)
                              : __builtin_mul_overflow(left.number(), right.number(), &result);
  return overflow ? fail_with(e, "integer overflow") : Value::of(result);
}

Value Evaluator::negated(const Expr& e) {
  const Value operand = of_kind(*e.args[0], Kind::kLong);
  if (!operand) return operand;
  std::int64_t result = 0;
  if (__builtin_sub_overflow(std::int64_t{0}, operand.number(), &result))
    return fail_with(e, "integer overflow");
  return Value::of(result);
}

// ---- entities ----

Value Evaluator::in(const Expr& e) {
  const Value left = of_kind(*e.args[0], Kind::kEntity);
  if (!left) return left;
  const Value right = value(*e.args[1]);
  if (right.is(Kind::kEntity)) return Value::of(is_in(left.uid(), right.uid()));
  if (right.is(Kind::kSet)) return in_any(*e.args[1], left.uid(), right.set());
  return right ? type_error(*e.args[1], "entity or a set of entities", right) : right;
}

Value Evaluator::in_any(const Expr& e, const Uid& uid, const Set& set) {
  // Elements are in the order of their kinds, so the first and the last tell of all.
  for (const std::size_t at : {std::size_t{0}, set.elements.size() - 1}) {
    if (at < set.elements.size() && !set.elements[at].is(Kind::kEntity))
      return type_error(e, "a set of entities", set.elements[at]);
  }
  const Entity* entity = find(uid);
  return Value::of(std::ranges::any_of(set.elements, [&](const Value& each) {
    return same(uid, each.uid()) || (entity != nullptr && entity->is_in(each.uid()));
  }));
}

// `e has a.b.c`: each but the last attribute must itself have attributes.
Value Evaluator::has(const Expr& e) {
  Value at = value(*e.args[0]);
  for (const Text* name : e.names) {
    if (!at) return at;
    const Record* record = nullptr;
    if (at.is(Kind::kRecord)) {
      record = &at.record();
    } else if (at.is(Kind::kEntity)) {
      const Entity* entity = find(at.uid());
      if (entity == nullptr) return Value::of(false);
      record = entity->attributes;
    } else {
      return type_error(e, "record or entity", at);
    }
    const Value* found = record->find(*name);
    if (found == nullptr) return Value::of(false);
    at = *found;
  }
  return Value::of(true);
}

Value Evaluator::is(const Expr& e) {
  const Value operand = of_kind(*e.args[0], Kind::kEntity);
  if (!operand) return operand;
  if (!same(*operand.uid().type, *e.names[0])) return Value::of(false);
  if (e.args.size() < 2) return Value::of(true);
  const Value right = value(*e.args[1]);
  if (right.is(Kind::kEntity)) return Value::of(is_in(operand.uid(), right.uid()));
  if (right.is(Kind::kSet)) return in_any(*e.args[1], operand.uid(), right.set());
  return right ? type_error(*e.args[1], "entity or a set of entities", right) : right;
}

Value Evaluator::attribute(const Expr& e) {
  const Value of = value(*e.args[0]);
  const Text& name = *e.names[0];
  const Record* record = nullptr;
  if (of.is(Kind::kRecord)) {
    record = &of.record();
  } else if (of.is(Kind::kEntity)) {
    const Entity* entity = find(of.uid());
    if (entity == nullptr) return fail_with(e, "there is no entity " + to_cedar(of.uid()));
    record = entity->attributes;
  } else {
    return of ? type_error(e, "record or entity", of) : of;
  }
  const Value* found = record->find(name);
  if (found != nullptr) return *found;
  return fail_with(e, "there is no attribute `" + std::string(name.view()) + '`');
}

Value Evaluator::tag(const Expr& e) {
  const Value of = of_kind(*e.args[0], Kind::kEntity);
  if (!of) return of;
  const Value key = of_kind(*e.args[1], Kind::kString);
  if (!key) return key;
  const Entity* entity = find(of.uid());
  const Value* found = entity == nullptr ? nullptr : entity->tags->find(key.text());
  if (e.op == Op::kHasTag) return Value::of(found != nullptr);
  if (found != nullptr) return *found;
  if (entity == nullptr) return fail_with(e, "there is no entity " + to_cedar(of.uid()));
  return fail_with(e, "there is no tag `" + std::string(key.text().view()) + '`');
}

// ---- texts, sets, records ----

bool matches(std::span<const PatternPart> pattern, std::string_view text) {
  const std::string_view first = pattern.front().text->view();
  if (!text.starts_with(first)) return false;
  text.remove_prefix(first.size());
  if (pattern.size() == 1) return text.empty();
  for (const PatternPart& part : pattern.subspan(1, pattern.size() - 2)) {
    const std::size_t at = text.find(part.text->view());
    if (at == text.npos) return false;
    text.remove_prefix(at + part.text->size);
  }
  return text.ends_with(pattern.back().text->view());
}

Value Evaluator::like(const Expr& e) {
  const Value text = of_kind(*e.args[0], Kind::kString);
  return text ? Value::of(matches(e.pattern, text.text().view())) : text;
}

Value Evaluator::set_operation(const Expr& e) {
  const Value left = of_kind(*e.args[0], Kind::kSet);
  if (!left) return left;
  const Set& set = left.set();
  if (e.op == Op::kIsEmpty) return Value::of(set.elements.empty());
  const Value right = e.op == Op::kContains ? value(*e.args[1]) : of_kind(*e.args[1], Kind::kSet);
  if (!right) return right;
  if (e.op == Op::kContains) return Value::of(set.contains(right));
  const auto known = [&](const Value& each) { return set.contains(each); };
  return Value::of(e.op == Op::kContainsAll ? std::ranges::all_of(right.set().elements, known)
                                            : std::ranges::any_of(right.set().elements, known));
}

Value Evaluator::set(const Expr& e) {
  const std::span<Value> elements = scratch_.array<Value>(e.args.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements[i] = value(*e.args[i]);
    if (!elements[i]) return {};
  }
  return Value::of(make_set_in_place(scratch_, elements));
}

Value Evaluator::record(const Expr& e) {
  const std::span<Field> fields = scratch_.array<Field>(e.args.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fields[i] = {e.names[i], value(*e.args[i])};
    if (!fields[i].value) return {};
  }
  return Value::of(make_record_in_place(scratch_, fields));
}

// ---- extensions ----

Value Evaluator::constructed(const Expr& e) {
  const Value text = of_kind(*e.args[0], Kind::kString);
  if (!text) return text;
  const Value made = construct(scratch_, e.function, text.text().view());
  if (made) return made;
  std::string message = "this is no ";
  message += to_string(info_of(e.function).result);
  message += ": ";
  append_quoted(message, text.text().view());
  return fail_with(e, std::move(message));
}

Value Evaluator::call(const Expr& e) {
  const FunctionInfo& info = info_of(e.function);
  if (e.args.size() != info.arguments)
    return fail_with(e, "wrong number of arguments of `" + std::string(info.name) + '`');
  if (is_constructor(e.function)) return constructed(e);
  const Value first = of_kind(*e.args[0], info.first);
  if (!first) return first;
  if (info.arguments < 2) return method(e, first, {});
  const Value second = of_kind(*e.args[1], info.second);
  return second ? method(e, first, second) : second;
}

Value Evaluator::method(const Expr& e, const Value& first, const Value& second) {
  constexpr std::int64_t kMilliseconds = 1000;
  switch (e.function) {
    case Function::kLessThan: return Value::of(first.number() < second.number());
    case Function::kLessThanOrEqual: return Value::of(first.number() <= second.number());
    case Function::kGreaterThan: return Value::of(first.number() > second.number());
    case Function::kGreaterThanOrEqual: return Value::of(first.number() >= second.number());
    case Function::kIsIpv4: return Value::of(!first.ip().v6);
    case Function::kIsIpv6: return Value::of(first.ip().v6);
    case Function::kIsLoopback: return Value::of(is_loopback(first.ip()));
    case Function::kIsMulticast: return Value::of(is_multicast(first.ip()));
    case Function::kIsInRange: return Value::of(is_in_range(first.ip(), second.ip()));
    case Function::kToMilliseconds: return Value::of(first.number());
    case Function::kToSeconds: return Value::of(first.number() / kMilliseconds);
    case Function::kToMinutes: return Value::of(first.number() / (60 * kMilliseconds));
    case Function::kToHours: return Value::of(first.number() / (3600 * kMilliseconds));
    case Function::kToDays: return Value::of(first.number() / kDayMilliseconds);
    default: return datetime_method(e, first.number(), second);
  }
}

Value Evaluator::datetime_method(const Expr& e, std::int64_t first, const Value& second) {
  // The time of day is never negative, also before 1970.
  std::int64_t time = first % kDayMilliseconds;
  if (time < 0) time += kDayMilliseconds;
  std::int64_t result = 0;
  switch (e.function) {
    case Function::kToTime: return Value::of(Kind::kDuration, time);
    case Function::kToDate:
      if (__builtin_sub_overflow(first, time, &result)) break;
      return Value::of(Kind::kDatetime, result);
    case Function::kOffset:
      if (__builtin_add_overflow(first, second.number(), &result)) break;
      return Value::of(Kind::kDatetime, result);
    default:
      if (__builtin_sub_overflow(first, second.number(), &result)) break;
      return Value::of(Kind::kDuration, result);
  }
  return fail_with(e, "datetime overflow");
}

}  // namespace syncline::cedar
