// Makes the nodes of expressions, for the parser and for the JSON form alike.
//
// It enforces the bound of nesting, and computes what consists of literals: so a set of strings or
// `ip("10.0.0.0/8")` costs nothing when a policy is evaluated.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "cedar/policy.h"

namespace syncline::cedar {

class ExprBuilder {
 public:
  // Nodes are made in `arena`.
  explicit ExprBuilder(Arena& arena) : arena_(arena) {}

  Arena& arena() { return arena_; }

  // True once a node was nested too deep; its parts are missing then.
  bool too_deep() const { return too_deep_; }

  const Expr* literal(Position position, Value value);
  const Expr* variable(Position position, Op op);
  const Expr* node(Position position, Op op, std::span<const Expr* const> args);
  const Expr* node(Position position, Op op, std::initializer_list<const Expr*> args) {
    return node(position, op, std::span<const Expr* const>(args.begin(), args.size()));
  }
  // With names: kHas, kIs, kAttribute.
  const Expr* named(Position position, Op op, std::initializer_list<const Expr*> args,
                    const std::vector<std::string_view>& names);
  // `pieces` as unescape_pattern() makes them.
  const Expr* like(Position position, const Expr* argument, const std::vector<std::string>& pieces);
  // Null if a key is there twice.
  const Expr* record(Position position, const std::vector<std::string_view>& keys,
                     std::span<const Expr* const> values);
  const Expr* call(Position position, Function function, std::span<const Expr* const> args);

 private:
  Expr* make(Position position, Op op, std::span<const Expr* const> args);
  void fold(Expr& expr);

  Arena& arena_;
  bool too_deep_ = false;
};

}  // namespace syncline::cedar
