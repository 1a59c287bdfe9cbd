// Decides requests with a set of policies.
//
// A request is allowed if at least one `permit` policy is satisfied and no `forbid` policy is. A policy
// whose evaluation fails counts as not satisfied, and is reported.
//
// Policies are indexed by their scopes. Each is found under one of its actions, and there under its
// principal or resource, whichever fewer policies share; so a request meets only policies whose scope
// probably fits, and a thousand policies for other objects cost nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cedar/evaluator.h"
#include "cedar/policy.h"

namespace syncline::cedar {

struct PolicyFailure {
  std::uint32_t number;  // among all policies and links
  const Text* policy;
  EvaluationError error;
};

// Filled anew by each decision; keep it, so that its memory is kept. Refers to ids in the policy set.
// In the order of the set, policies before links.
struct Answer {
  bool allowed = false;
  // The policies that decided: the satisfied `forbid` policies if there are any, else the satisfied
  // `permit` policies.
  std::vector<const Text*> reasons;
  std::vector<PolicyFailure> errors;

  // All satisfied policies, by their numbers.
  std::vector<std::uint32_t> permitting;
  std::vector<std::uint32_t> forbidding;

  // What it took: policies whose scope was looked at, and the cost of the conditions of those that fitted.
  std::uint64_t steps = 0;
};

// Immutable; may be used from several threads.
class Authorizer {
 public:
  explicit Authorizer(std::shared_ptr<const PolicySet> policies);
  ~Authorizer();
  Authorizer(Authorizer&&) noexcept;
  Authorizer& operator=(Authorizer&&) noexcept;

  // `scratch` is cleared first. Allocates nothing when no policy fails and the answer and the scratch
  // have been used before.
  void decide(const Request& request, const EntitySource& entities, Arena& scratch,
              Answer& answer) const;

  const PolicySet& policies() const { return *policies_; }

 private:
  struct Index;

  std::shared_ptr<const PolicySet> policies_;
  std::unique_ptr<const Index> index_;
};

}  // namespace syncline::cedar
