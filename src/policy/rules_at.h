// Compiled rules (policy/rule_set.h), and from where in a log they are. A plain value.
#pragma once

#include <memory>

#include "log/event.h"

namespace syncline::policy {

class RuleSet;

struct RulesAt {
  std::shared_ptr<const RuleSet> rules = nullptr;  // nullptr: there are none
  // The last event that changed them, in the log that holds them; 0: there never was one.
  log::Position at = 0;
};

}  // namespace syncline::policy
