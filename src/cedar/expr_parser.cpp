#include "cedar/expr_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace syncline::cedar {

namespace {

struct Operator {
  std::string_view mark;
  Op op;
};

constexpr std::array<Operator, 6> kRelations = {{{"==", Op::kEqual},
                                                 {"!=", Op::kNotEqual},
                                                 {"<", Op::kLess},
                                                 {"<=", Op::kLessEqual},
                                                 {">", Op::kGreater},
                                                 {">=", Op::kGreaterEqual}}};

struct Method {
  std::string_view name;
  Op op;
  std::size_t arguments;
};

constexpr std::array<Method, 6> kMethods = {{{"contains", Op::kContains, 1},
                                             {"containsAll", Op::kContainsAll, 1},
                                             {"containsAny", Op::kContainsAny, 1},
                                             {"isEmpty", Op::kIsEmpty, 0},
                                             {"getTag", Op::kGetTag, 1},
                                             {"hasTag", Op::kHasTag, 1}}};

constexpr std::size_t kMostNegations = 4;

}  // namespace

const Expr* ExprParser::checked(const Expr* expr) {
  if (build_.too_deep())
    reader_.fail_at(expr->position, "this is nested too deep", ErrorCode::kTooLarge);
  return expr;
}

const Expr* ExprParser::expression() {
  const Position position = reader_.peek().position;
  const Level level(reader_);
  if (!level) return nothing(position);
  if (!reader_.take_word("if")) return disjunction();
  const Expr* condition = expression();
  reader_.expect_word("then");
  const Expr* then = expression();
  reader_.expect_word("else");
  const Expr* otherwise = expression();
  return checked(build_.node(position, Op::kIf, {condition, then, otherwise}));
}

const Expr* ExprParser::disjunction() {
  const Expr* left = conjunction();
  while (reader_.peek_mark("||")) {
    const Position position = reader_.take().position;
    left = checked(build_.node(position, Op::kOr, {left, conjunction()}));
  }
  return left;
}

const Expr* ExprParser::conjunction() {
  const Expr* left = relation();
  while (reader_.peek_mark("&&")) {
    const Position position = reader_.take().position;
    left = checked(build_.node(position, Op::kAnd, {left, relation()}));
  }
  return left;
}

const Expr* ExprParser::relation() {
  const Expr* left = sum();
  const Position position = reader_.peek().position;
  std::optional<Op> op;
  if (reader_.peek().kind == TokenKind::kMark) {
    const auto at = std::ranges::find(kRelations, reader_.peek().text, &Operator::mark);
    if (at != kRelations.end()) op = at->op;
  } else if (reader_.peek_word("in")) {
    op = Op::kIn;
  }
  if (op) {
    reader_.take();
    left = checked(build_.node(position, *op, {left, sum()}));
  } else if (reader_.take_word("has")) {
    left = has(position, left);
  } else if (reader_.take_word("like")) {
    left = like(position, left);
  } else if (reader_.take_word("is")) {
    left = is(position, left);
  }
  return checked(left);
}

const Expr* ExprParser::has(Position position, const Expr* left) {
  if (reader_.peek().kind == TokenKind::kString) {
    const std::string name = reader_.expect_string("an attribute");
    return build_.named(position, Op::kHas, {left}, {name});
  }
  std::vector<std::string_view> names;
  do {
    names.push_back(reader_.expect_identifier("an attribute"));
  } while (reader_.take_mark("."));
  return build_.named(position, Op::kHas, {left}, names);
}

const Expr* ExprParser::like(Position position, const Expr* left) {
  const Token token = reader_.peek();
  if (token.kind != TokenKind::kString) {
    reader_.fail_here("a pattern in quotes");
    return left;
  }
  reader_.take();
  std::vector<std::string> pieces;
  if (!unescape_pattern(token.text, pieces))
    reader_.fail_at(token.position, "the pattern has a wrong escape");
  return build_.like(position, left, pieces);
}

const Expr* ExprParser::is(Position position, const Expr* left) {
  const std::string type = type_name();
  if (!reader_.take_word("in")) return build_.named(position, Op::kIs, {left}, {type});
  const Expr* in = sum();
  return build_.named(position, Op::kIs, {left, in}, {type});
}

const Expr* ExprParser::sum() {
  const Expr* left = product();
  while (reader_.peek_mark("+") || reader_.peek_mark("-")) {
    const Token token = reader_.take();
    const Op op = token.text == "+" ? Op::kAdd : Op::kSubtract;
    left = checked(build_.node(token.position, op, {left, product()}));
  }
  return left;
}

const Expr* ExprParser::product() {
  const Expr* left = unary();
  while (reader_.peek_mark("*")) {
    const Position position = reader_.take().position;
    left = checked(build_.node(position, Op::kMultiply, {left, unary()}));
  }
  return left;
}

const Expr* ExprParser::unary() {
  const Position position = reader_.peek().position;
  const std::string_view mark = reader_.peek_mark("!") ? "!" : "-";
  std::size_t times = 0;
  while (reader_.take_mark(mark)) ++times;
  if (times > kMostNegations) reader_.fail_at(position, "more than four negations in a row");
  if (mark == "-" && times > 0) return negative(position, times);
  const Expr* expr = member();
  for (; times > 0; --times) expr = checked(build_.node(position, Op::kNot, {expr}));
  return expr;
}

// Only with its sign is the smallest number in range; so a sign before digits belongs to them, unless
// something is asked of the number: `-5.a` is `-(5.a)`.
const Expr* ExprParser::negative(Position position, std::size_t times) {
  const Expr* expr = nullptr;
  if (reader_.peek().kind == TokenKind::kNumber) {
    const Token digits = reader_.take();
    const bool asked = reader_.peek_mark(".") || reader_.peek_mark("[");
    expr = asked ? accesses(number(digits)) : negative_number(position, digits);
    if (!asked) --times;
  } else {
    expr = member();
  }
  for (; times > 0; --times) expr = checked(build_.node(position, Op::kNegate, {expr}));
  return expr;
}

const Expr* ExprParser::negative_number(Position position, const Token& token) {
  constexpr std::string_view kSmallest = "9223372036854775808";
  const std::size_t zeros = std::min(token.text.find_first_not_of('0'), token.text.size());
  if (token.text.substr(zeros) == kSmallest)
    return build_.literal(position, Value::of(std::numeric_limits<std::int64_t>::min()));
  return build_.literal(position, Value::of(-number(token)->value.number()));
}

const Expr* ExprParser::member() {
  return accesses(primary());
}

const Expr* ExprParser::accesses(const Expr* of) {
  while (reader_.peek_mark(".") || reader_.peek_mark("[")) of = access(of);
  return of;
}

const Expr* ExprParser::access(const Expr* of) {
  const Position position = reader_.take().position;
  if (reader_.peek().kind == TokenKind::kString) {
    const std::string name = reader_.expect_string("an attribute");
    reader_.expect_mark("]");
    return checked(build_.named(position, Op::kAttribute, {of}, {name}));
  }
  const Position at = reader_.peek().position;
  const std::string_view name = reader_.expect_identifier("an attribute");
  if (reader_.take_mark("(")) return checked(method(at, of, name));
  return checked(build_.named(position, Op::kAttribute, {of}, {name}));
}

const Expr* ExprParser::method(Position position, const Expr* of, std::string_view name) {
  Exprs args = list(")");
  args.insert(args.begin(), of);
  if (const auto at = std::ranges::find(kMethods, name, &Method::name); at != kMethods.end()) {
    if (args.size() != at->arguments + 1)
      reader_.fail_at(position, "`" + std::string(name) + "` takes " +
                                    std::to_string(at->arguments) + " arguments");
    return build_.node(position, at->op, args);
  }
  const FunctionInfo* info = find_function(name);
  if (info == nullptr || !info->method) {
    reader_.fail_at(position, "there is no method `" + std::string(name) + "`");
    return nothing(position);
  }
  return build_.call(position, info->function, args);
}

const Expr* ExprParser::primary() {
  const Token token = reader_.peek();
  switch (token.kind) {
    case TokenKind::kWord: return word();
    case TokenKind::kNumber: return number(reader_.take());
    case TokenKind::kString:
      return build_.literal(token.position,
                            make_string(build_.arena(), reader_.expect_string("a string")));
    case TokenKind::kSlot:
      reader_.fail_at(token.position, "a slot may only stand in the scope of a policy");
      return nothing(token.position);
    default: break;
  }
  if (reader_.peek_mark("[")) return set();
  if (reader_.peek_mark("{")) return record();
  if (!reader_.take_mark("(")) {
    reader_.fail_here("an expression");
    return nothing(token.position);
  }
  const Expr* inner = expression();
  reader_.expect_mark(")");
  return inner;
}

const Expr* ExprParser::word() {
  const Token token = reader_.take();
  if (token.text == "true" || token.text == "false")
    return build_.literal(token.position, Value::of(token.text == "true"));
  if (reader_.peek_mark("::") || reader_.peek_mark("(")) return name_or_call(token);
  constexpr std::array<Operator, 4> kVariables = {{{"principal", Op::kPrincipal},
                                                   {"action", Op::kAction},
                                                   {"resource", Op::kResource},
                                                   {"context", Op::kContext}}};
  const auto at = std::ranges::find(kVariables, token.text, &Operator::mark);
  if (at != kVariables.end()) return build_.variable(token.position, at->op);
  reader_.fail_at(token.position, "there is no variable `" + std::string(token.text) + "`");
  return nothing(token.position);
}

const Expr* ExprParser::name_or_call(const Token& first) {
  const std::string name = path(first.text);
  if (reader_.take_mark("(")) {
    const Exprs args = list(")");
    const FunctionInfo* info = find_function(name);
    if (info == nullptr || info->method) {
      reader_.fail_at(first.position, "there is no function `" + name + "`");
      return nothing(first.position);
    }
    return checked(build_.call(first.position, info->function, args));
  }
  if (!reader_.failed() && !is_type_name(name))
    reader_.fail_at(first.position, "a part of this name is a reserved word");
  const std::string id = reader_.expect_string("the id of an entity in quotes");
  return build_.literal(first.position, Value::of(make_uid(build_.arena(), name, id)));
}

// `first` and what `::` joins to it, up to the id in quotes.
std::string ExprParser::path(std::string_view first) {
  std::string name(first);
  while (reader_.take_mark("::") && reader_.peek().kind == TokenKind::kWord) {
    name += "::";
    name += reader_.take().text;
  }
  return name;
}

const Uid* ExprParser::uid() {
  const Position position = reader_.peek().position;
  if (reader_.peek().kind != TokenKind::kWord)
    reader_.fail_here("an entity, such as User::\"alice\"");
  const std::string type = path(reader_.take().text);
  if (!reader_.failed() && !is_type_name(type))
    reader_.fail_at(position, "a part of this name is a reserved word");
  const std::string id = reader_.expect_string("the id of an entity in quotes");
  return make_uid(build_.arena(), type, id);
}

std::string ExprParser::type_name() {
  std::string name(reader_.expect_identifier("the type of an entity"));
  while (reader_.take_mark("::")) {
    name += "::";
    name += reader_.expect_identifier("a part of a name");
  }
  return name;
}

const Expr* ExprParser::number(const Token& token) {
  std::int64_t value = 0;
  const char* end = token.text.data() + token.text.size();
  if (std::from_chars(token.text.data(), end, value).ec != std::errc{})
    reader_.fail_at(token.position, "this number is out of range");
  return build_.literal(token.position, Value::of(value));
}

const Expr* ExprParser::set() {
  const Position position = reader_.take().position;
  const Exprs elements = list("]");
  return checked(build_.node(position, Op::kSet, elements));
}

const Expr* ExprParser::record() {
  const Position position = reader_.take().position;
  std::vector<std::string> keys;
  Exprs values;
  while (!reader_.failed() && !reader_.peek_mark("}")) {
    if (reader_.peek().kind == TokenKind::kString)
      keys.push_back(reader_.expect_string("a key"));
    else
      keys.emplace_back(reader_.expect_identifier("a key"));
    reader_.expect_mark(":");
    values.push_back(expression());
    if (!reader_.take_mark(",")) break;
  }
  reader_.expect_mark("}");
  const Expr* expr =
      build_.record(position, std::vector<std::string_view>(keys.begin(), keys.end()), values);
  if (expr != nullptr) return checked(expr);
  reader_.fail_at(position, "a key of this record is there twice");
  return nothing(position);
}

ExprParser::Exprs ExprParser::list(std::string_view end) {
  Exprs elements;
  while (!reader_.failed() && !reader_.peek_mark(end)) {
    elements.push_back(expression());
    if (!reader_.take_mark(",")) break;
  }
  reader_.expect_mark(end);
  return elements;
}

}  // namespace syncline::cedar
