// What a condition of a policy can come to for a place in an object and for everything below it.
//
// A change that creates, replaces or removes a container touches what is below, and nobody lists that (merge/effect.h).
// So a policy is asked what it says of all these places at once. Of the parts of a request, only the resource differs
// between them, and only in which paths it is in. What does not depend on that is evaluated once. `resource in
// Path::"/a"` holds for all of them if "/a" contains the place, for none if "/a" is somewhere else, and for some if
// "/a" is below. Anything else that depends on the path may come to anything. This is sound: the outcomes contain that
// of each single place.
//
// Thread-safety: none; it belongs to one decision.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "cedar/evaluator.h"
#include "cedar/policy.h"

namespace syncline::policy {

// A set of outcomes: true, false, or an evaluation that fails.
class Outcomes {
 public:
  static constexpr Outcomes none() { return Outcomes(0); }
  static constexpr Outcomes yes() { return Outcomes(1); }
  static constexpr Outcomes no() { return Outcomes(2); }
  static constexpr Outcomes error() { return Outcomes(4); }
  static constexpr Outcomes either() { return Outcomes(3); }
  static constexpr Outcomes any() { return Outcomes(7); }
  static constexpr Outcomes of(bool flag) { return flag ? yes() : no(); }

  constexpr bool may_be_yes() const { return (bits_ & 1) != 0; }
  constexpr bool may_be_no() const { return (bits_ & 2) != 0; }
  constexpr bool may_fail() const { return (bits_ & 4) != 0; }
  constexpr bool surely_yes() const { return bits_ == 1; }

  constexpr Outcomes with(Outcomes other) const { return Outcomes(bits_ | other.bits_); }
  constexpr Outcomes negated() const {
    return Outcomes((bits_ & 4) | (bits_ & 1) << 1 | (bits_ & 2) >> 1);
  }
  // What `first && second` comes to; `second` is not evaluated after a false or a failed first.
  static constexpr Outcomes both(Outcomes first, Outcomes second) {
    const std::uint8_t ends = first.bits_ & 6;
    return Outcomes(first.may_be_yes() ? ends | second.bits_ : ends);
  }

  bool operator==(const Outcomes&) const = default;

 private:
  constexpr explicit Outcomes(int bits) : bits_(static_cast<std::uint8_t>(bits)) {}

  std::uint8_t bits_;
};

// The expressions that can differ from place to place within one object. Found once for a set of policies.
class Varying {
 public:
  // True if the expression, or a part of it, varies.
  bool add(const cedar::Expr& expr);
  bool contains(const cedar::Expr& expr) const { return varying_.contains(&expr); }

 private:
  std::unordered_set<const cedar::Expr*> varying_;
};

class RegionOutcomes {
 public:
  // `request` asks about the place, which is a path. All arguments must outlive this.
  RegionOutcomes(const Varying& varying, const cedar::Request& request,
                 const cedar::EntitySource& entities, cedar::Arena& scratch);

  // Of the scope of the resource. `wanted`: the entity that it names, or that of a link.
  Outcomes of(const cedar::ScopeRule& scope, const cedar::Uid* wanted) const;
  // Of all conditions together.
  Outcomes of(std::span<const cedar::Condition> conditions);

  // Whether the rule fits the principal of the request, and this action.
  bool fits_principal(const cedar::ScopeRule& scope, const cedar::Uid* wanted) const;
  bool fits_action(const cedar::ActionRule& rule) const;

 private:
  Outcomes of(const cedar::Expr& expr);
  Outcomes evaluated(const cedar::Expr& expr);
  Outcomes in(const cedar::Expr& e) const;
  Outcomes equal(const cedar::Expr& e) const;
  Outcomes is_in(const cedar::Uid& other) const;

  const Varying& varying_;
  const cedar::Request& request_;
  cedar::Evaluator evaluator_;
  std::string_view place_;
};

}  // namespace syncline::policy
