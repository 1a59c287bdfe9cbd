// The type of an expression in one kind of request: an action, a type of principals and one of resources.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/expr_builder.h"
#include "cedar/schema.h"

namespace syncline::cedar {

// What is known to exist where an expression is evaluated: an attribute, or a tag.
struct Capability {
  const Expr* of = nullptr;
  const Text* attribute = nullptr;
  const Expr* tag = nullptr;
};

using Capabilities = std::vector<Capability>;

// A failed expression may still have a type, with which the check goes on.
struct Typed {
  bool ok = false;
  const Type* type = nullptr;
  Capabilities capabilities;  // what is known if the expression is true
};

class TypeChecker {
 public:
  using Report = std::function<void(Position, std::string)>;

  // Steps of all checks of one policy together.
  static constexpr std::size_t kMostSteps = 2'000'000;

  // Types and expressions are made in `arena`. `steps` counts up.
  TypeChecker(const Schema& schema, const ActionInfo& action, const EntityTypeInfo& principal,
              const EntityTypeInfo& resource, Arena& arena, std::size_t& steps, Report report);

  Typed check_bool(const Capabilities& prior, const Expr& e);

 private:
  using Fits = bool (*)(const Type&);

  Typed check(const Capabilities& prior, const Expr& e);
  Typed expect(const Capabilities& prior, const Expr& e, Fits fits, std::string_view expected);
  Typed fail_at(const Expr& e, std::string message, const Type* type = nullptr);
  const Type* join(const Expr& e, const Type* a, const Type* b);

  Typed literal(const Expr& e);
  Typed conditional(const Capabilities& prior, const Expr& e);
  Typed conjunction(const Capabilities& prior, const Expr& e);
  Typed disjunction(const Capabilities& prior, const Expr& e);
  Typed negation(const Capabilities& prior, const Expr& e);
  Typed equality(const Capabilities& prior, const Expr& e);
  Typed comparison(const Capabilities& prior, const Expr& e);
  Typed arithmetic(const Capabilities& prior, const Expr& e);
  Typed in(const Capabilities& prior, const Expr& e);
  Typed is(const Capabilities& prior, const Expr& e);
  Typed has(const Capabilities& prior, const Expr& e);
  Typed attribute(const Capabilities& prior, const Expr& e);
  Typed contains(const Capabilities& prior, const Expr& e);
  Typed tag(const Capabilities& prior, const Expr& e);
  Typed set(const Capabilities& prior, const Expr& e);
  Typed record(const Capabilities& prior, const Expr& e);
  Typed call(const Capabilities& prior, const Expr& e);

  const Type* entity_type(const Text* name);
  const AttributeType* attribute_of(const Type& type, const Text& name) const;
  const Uid* literal_uid(const Expr& e) const;
  const Expr& known_action(const Expr& e) const;
  bool may_be_in(const Text& type, const Text& other) const;
  const Type* in_type(const Expr& e, const Type& left, const Type& right);
  const Type* action_in(const Uid& action, const std::vector<const Uid*>& others) const;

  const Schema& schema_;
  const ActionInfo& action_;
  Arena& arena_;
  ExprBuilder build_;
  std::size_t& steps_;
  Report report_;
  const Type* principal_;
  const Type* resource_;
  const Type* action_type_;
  const Expr* action_literal_;
};

// Whether two expressions are the same but for where they stand.
bool same(const Expr& a, const Expr& b);

}  // namespace syncline::cedar
