// Checks policies against a schema, in the strict mode of the language:
// https://docs.cedarpolicy.com/policies/validation.html
//
// Policies without findings cannot fail with a type error or a missing attribute when a request and
// entities that fit the schema are judged; integers can still overflow, and entities can be missing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/policy.h"
#include "cedar/schema.h"

namespace syncline::cedar {

struct Finding {
  std::string policy;
  Position position;
  std::string message;
};

struct Validation {
  std::vector<Finding> errors;    // each once
  std::vector<Finding> warnings;  // such as a policy that can never be satisfied

  bool passed() const { return errors.empty(); }
};

// Policies, templates and links. The cost of one policy is bounded: a policy that is too much for this is
// an error. Every kind of request that the schema allows is looked at by itself.
Validation validate(const PolicySet& policies, const Schema& schema);

}  // namespace syncline::cedar
