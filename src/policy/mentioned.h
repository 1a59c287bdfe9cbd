// Whom the rules of a workspace mention by name: the ids of principals and of groups in the scopes and conditions of its
// policies and in its shares. For those who ask about everybody without a list of everybody.
//
// Thread-safety: pure functions.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "cedar/policy.h"
#include "log/rules_held.h"

namespace syncline::policy {

struct Mentioned {
  std::set<std::string, std::less<>> principals;
  std::set<std::string, std::less<>> groups;
};

// Adds those of the rules. A policy that cannot be read mentions nobody.
void add_mentioned(const log::HeldRules& rules, Mentioned& mentioned);

}  // namespace syncline::policy
