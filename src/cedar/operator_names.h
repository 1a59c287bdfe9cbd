// The names of operators in the JSON form.
#pragma once

#include <array>
#include <string_view>

#include "cedar/policy.h"

namespace syncline::cedar {

struct OperatorName {
  std::string_view name;
  Op op;
};

// Two arguments, `left` and `right`.
inline constexpr std::array<OperatorName, 17> kBinaryNames = {{{"==", Op::kEqual},
                                                               {"!=", Op::kNotEqual},
                                                               {"in", Op::kIn},
                                                               {"<", Op::kLess},
                                                               {"<=", Op::kLessEqual},
                                                               {">", Op::kGreater},
                                                               {">=", Op::kGreaterEqual},
                                                               {"&&", Op::kAnd},
                                                               {"||", Op::kOr},
                                                               {"+", Op::kAdd},
                                                               {"-", Op::kSubtract},
                                                               {"*", Op::kMultiply},
                                                               {"contains", Op::kContains},
                                                               {"containsAll", Op::kContainsAll},
                                                               {"containsAny", Op::kContainsAny},
                                                               {"getTag", Op::kGetTag},
                                                               {"hasTag", Op::kHasTag}}};

// One argument, `arg`.
inline constexpr std::array<OperatorName, 3> kUnaryNames = {
    {{"!", Op::kNot}, {"neg", Op::kNegate}, {"isEmpty", Op::kIsEmpty}}};

inline constexpr std::array<OperatorName, 4> kVariableNames = {{{"principal", Op::kPrincipal},
                                                                {"action", Op::kAction},
                                                                {"resource", Op::kResource},
                                                                {"context", Op::kContext}}};

template <std::size_t kCount>
constexpr const OperatorName* find_operator(const std::array<OperatorName, kCount>& names,
                                            std::string_view name) {
  for (const OperatorName& each : names) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

template <std::size_t kCount>
constexpr std::string_view find_name(const std::array<OperatorName, kCount>& names, Op op) {
  for (const OperatorName& each : names) {
    if (each.op == op) return each.name;
  }
  return {};
}

}  // namespace syncline::cedar
