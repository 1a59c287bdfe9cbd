#include "cedar/expr_builder.h"

#include <algorithm>

namespace syncline::cedar {

Expr* ExprBuilder::make(Position position, Op op, std::span<const Expr* const> args) {
  Expr* expr = arena_.make<Expr>();
  expr->op = op;
  expr->position = position;
  std::uint32_t depth = 0;
  for (const Expr* each : args) depth = std::max<std::uint32_t>(depth, each->depth);
  if (depth >= kMaxDepth) {
    too_deep_ = true;
    return expr;
  }
  expr->depth = static_cast<std::uint16_t>(depth + 1);
  expr->args = arena_.copy(args);
  return expr;
}

const Expr* ExprBuilder::literal(Position position, Value value) {
  Expr* expr = make(position, Op::kLiteral, {});
  expr->value = value;
  return expr;
}

const Expr* ExprBuilder::variable(Position position, Op op) {
  return make(position, op, {});
}

const Expr* ExprBuilder::node(Position position, Op op, std::span<const Expr* const> args) {
  Expr* expr = make(position, op, args);
  if (op == Op::kSet) fold(*expr);
  return expr;
}

const Expr* ExprBuilder::named(Position position, Op op, std::initializer_list<const Expr*> args,
                               const std::vector<std::string_view>& names) {
  Expr* expr = make(position, op, std::span<const Expr* const>(args.begin(), args.size()));
  const std::span<const Text*> kept = arena_.array<const Text*>(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) kept[i] = make_text(arena_, names[i]);
  expr->names = kept;
  return expr;
}

const Expr* ExprBuilder::like(Position position, const Expr* argument,
                              const std::vector<std::string>& pieces) {
  Expr* expr = make(position, Op::kLike, std::span(&argument, 1));
  std::vector<PatternPart> parts;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    parts.push_back({i > 0, make_text(arena_, pieces[i])});
  expr->pattern = arena_.copy(parts);
  return expr;
}

const Expr* ExprBuilder::record(Position position, const std::vector<std::string_view>& keys,
                                std::span<const Expr* const> values) {
  std::vector<std::string_view> sorted = keys;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) return nullptr;
  Expr* expr = make(position, Op::kRecord, values);
  const std::span<const Text*> names = arena_.array<const Text*>(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) names[i] = make_text(arena_, keys[i]);
  expr->names = names;
  if (!too_deep_) fold(*expr);
  return expr;
}

const Expr* ExprBuilder::call(Position position, Function function,
                              std::span<const Expr* const> args) {
  Expr* expr = make(position, Op::kCall, args);
  expr->function = function;
  if (is_constructor(function) && expr->args.size() == 1 && args[0]->value.is(Kind::kString))
    expr->value = construct(arena_, function, args[0]->value.text().view());
  return expr;
}

void ExprBuilder::fold(Expr& expr) {
  if (!std::ranges::all_of(expr.args, [](const Expr* each) { return bool(each->value); })) return;
  if (expr.op == Op::kSet) {
    const std::span<Value> elements = arena_.array<Value>(expr.args.size());
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = expr.args[i]->value;
    expr.value = Value::of(make_set_in_place(arena_, elements));
  } else {
    const std::span<Field> fields = arena_.array<Field>(expr.args.size());
    for (std::size_t i = 0; i < fields.size(); ++i)
      fields[i] = {expr.names[i], expr.args[i]->value};
    expr.value = Value::of(make_record_in_place(arena_, fields));
  }
}

}  // namespace syncline::cedar
