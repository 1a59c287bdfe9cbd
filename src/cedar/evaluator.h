// Evaluates expressions, by the rules of https://docs.cedarpolicy.com/policies/syntax-operators.html
//
// An evaluation has no effects. It takes memory only for sets, records and addresses that it makes,
// from an arena of the caller, and none in the common case. Its cost is bounded by the sizes of the
// expression and of the values that it touches; recursion is bounded by kMaxDepth.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cedar/entities.h"
#include "cedar/policy.h"
#include "cedar/value.h"
#include "syncline/error.h"

namespace syncline::cedar {

// What is asked. Borrows everything.
struct Request {
  const Uid* principal = nullptr;
  const Uid* action = nullptr;
  const Uid* resource = nullptr;
  const Record* context = nullptr;
};

struct EvaluationError {
  Position position;
  std::string message;
};

// One request and what is known of its entities.
class Evaluator {
 public:
  // Looks up the entities of the request once. All arguments must outlive the evaluator, and what the
  // values that it returns refer to.
  Evaluator(const Request& request, const EntitySource& entities, Arena& scratch);

  // kNone if the evaluation failed; then error() says why.
  Value value(const Expr& expr);
  const EvaluationError& error() const { return error_; }

  Result<Value> evaluate(const Expr& expr);

  // Whether `uid` is `other` or in it.
  bool is_in(const Uid& uid, const Uid& other) const;
  const Entity* find(const Uid& uid) const;

 private:
  Value fail_with(const Expr& at, std::string message);
  Value type_error(const Expr& at, std::string_view expected, const Value& got);
  // kNone if it is not of that kind.
  Value of_kind(const Expr& expr, Kind kind);

  Value both(const Expr& e, bool ending);
  Value conditional(const Expr& e);
  Value compared(const Expr& e);
  Value arithmetic(const Expr& e);
  Value negated(const Expr& e);
  Value in(const Expr& e);
  Value in_any(const Expr& e, const Uid& uid, const Set& set);
  Value has(const Expr& e);
  Value like(const Expr& e);
  Value is(const Expr& e);
  Value attribute(const Expr& e);
  Value set_operation(const Expr& e);
  Value tag(const Expr& e);
  Value set(const Expr& e);
  Value record(const Expr& e);
  Value call(const Expr& e);
  Value constructed(const Expr& e);
  Value method(const Expr& e, const Value& first, const Value& second);
  Value datetime_method(const Expr& e, std::int64_t first, const Value& second);

  const Request& request_;
  const EntitySource& entities_;
  Arena& scratch_;
  const Entity* principal_;
  const Entity* action_;
  const Entity* resource_;
  EvaluationError error_;
};

// Whether the text matches the pattern of `like`.
bool matches(std::span<const PatternPart> pattern, std::string_view text);

}  // namespace syncline::cedar
