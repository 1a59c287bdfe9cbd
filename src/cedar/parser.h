// Reads policies in the Cedar language, https://docs.cedarpolicy.com/policies/syntax-policy.html
//
// Errors are kMalformed, or kTooLarge beyond kMaxSourceBytes or kMaxDepth, and say the line and the
// column. Recursion is bounded by kMaxDepth.
#pragma once

#include <string_view>

#include "cedar/policy.h"

namespace syncline::cedar {

// Policies without ids of their own are numbered: `policy0`, `policy1`, … A template is one of them.
Result<PolicySet> parse_policies(std::string_view source);

// Adds one policy or template under this id.
Result<void> parse_policy(std::string_view source, std::string_view id, PolicySet& into);

// An expression by itself, made in `arena`.
Result<const Expr*> parse_expression(std::string_view source, Arena& arena);

// `Acme::User::"alice"`
Result<const Uid*> parse_uid(std::string_view source, Arena& arena);

}  // namespace syncline::cedar
