// The parser of expressions: recursive descent over the tokens of a TokenReader, which holds the
// first error. After an error it returns nodes without meaning, and never null.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/expr_builder.h"
#include "cedar/token_reader.h"

namespace syncline::cedar {

class ExprParser {
 public:
  ExprParser(TokenReader& reader, Arena& arena) : reader_(reader), build_(arena) {}

  const Expr* expression();
  // `A::B::"id"`
  const Uid* uid();
  // `A::B`
  std::string type_name();

 private:
  using Exprs = std::vector<const Expr*>;

  const Expr* disjunction();
  const Expr* conjunction();
  const Expr* relation();
  const Expr* has(Position position, const Expr* left);
  const Expr* like(Position position, const Expr* left);
  const Expr* is(Position position, const Expr* left);
  const Expr* sum();
  const Expr* product();
  const Expr* unary();
  const Expr* negative(Position position, std::size_t times);
  const Expr* member();
  const Expr* negative_number(Position position, const Token& token);
  const Expr* accesses(const Expr* of);
  const Expr* access(const Expr* of);
  const Expr* method(Position position, const Expr* of, std::string_view name);
  const Expr* primary();
  const Expr* word();
  const Expr* name_or_call(const Token& first);
  const Expr* number(const Token& token);
  const Expr* set();
  const Expr* record();
  Exprs list(std::string_view end);
  std::string path(std::string_view first);
  const Expr* checked(const Expr* expr);
  const Expr* nothing(Position position) { return build_.literal(position, Value::of(false)); }

  TokenReader& reader_;
  ExprBuilder build_;
};

}  // namespace syncline::cedar
