// Policies as JSON: https://docs.cedarpolicy.com/policies/json-format.html
#pragma once

#include <string>
#include <string_view>

#include "cedar/json.h"
#include "cedar/policy.h"
#include "syncline/error.h"

namespace syncline::cedar {

// `{"staticPolicies": {id: policy}, "templates": {id: template}, "templateLinks": […]}`. Errors are
// kMalformed, kTooLarge, kConflict, kInvalid or kNotFound; those of the form say where.
Result<PolicySet> policies_from_json(std::string_view json);

// Adds one policy or template.
Result<void> policy_from_json(const Json& json, std::string_view id, PolicySet& into);

// kTooLarge over kMaxSourceBytes.
Result<std::string> to_json(const Policy& policy);
Result<std::string> to_json(const PolicySet& set);

}  // namespace syncline::cedar
