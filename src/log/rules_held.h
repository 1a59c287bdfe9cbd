// What the changes of a workspace's rules (log/rules.h) add up to, one after the other.
//
// The rules of a workspace are strict: a change is judged against what holds at its place in the log. A
// second hold, the release of no hold and the removal of no pin are refused. Setting something again is a
// change like any other, since it says who set it now, and why.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "log/access_rules.h"
#include "log/pin_store.h"
#include "log/retention.h"
#include "log/rules.h"
#include "syncline/error.h"

namespace syncline::log {

struct HeldRules {
  // The last time that an object was taken out of quarantine.
  struct Lifted {
    Position position = 0;  // of the event that was at fault
    std::string principal;
    std::uint64_t unix_ms = 0;

    bool operator==(const Lifted&) const = default;
  };

  std::map<std::string, Pin, std::less<>> pins;
  RetentionRule retention;
  std::optional<Hold> hold;
  std::map<std::string, Lifted, std::less<>> lifted;  // by object
  HeldPolicies policies;
  HeldShares shares;
  HeldDeletions deletions;

  bool operator==(const HeldRules&) const = default;
};

// What `held` becomes. Nothing is changed on an error.
//   kConflict  a hold while there is one; a release while there is none; what is erased is deleted or undeleted again
//   kNotFound  there is no such pin, policy, share or deletion to remove
//   kTooLarge  more policies, shares or deletions than a workspace can have
Result<void> carry_out(HeldRules& held, const RuleChange& change);

// A number and a hash for a series of changes of retention: two series are the same if both are equal.
class RetentionTrail {
 public:
  void add(const RetentionChange& change);

  bool operator==(const RetentionTrail&) const = default;

 private:
  std::uint64_t changes_ = 0;
  Hash256 digest_{};
};

// Pins and retention of a workspace as a version before 0.2 kept them, without events: to be taken over.
struct UntoldRules {
  std::vector<Pin> pins;
  RetentionRule retention;
  std::optional<Hold> hold;
  std::vector<RetentionChange> record;  // rules, holds and releases in their order

  bool empty() const { return pins.empty() && retention.keeps_all() && !hold && record.empty(); }
  bool operator==(const UntoldRules&) const = default;
};

// The changes that lead from nothing to `untold`, each with its own author, time and reason. Where the
// record does not lead to the rule and the hold that are in force, changes are added that do.
std::vector<RuleChange> take_over(const UntoldRules& untold);

}  // namespace syncline::log
