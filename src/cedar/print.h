// Writes policies in the Cedar language. What is written reads back as the same policies; comments
// and ids are not kept.
#pragma once

#include <string>

#include "cedar/policy.h"

namespace syncline::cedar {

std::string to_cedar(const Expr& expr);
// The text of a policy or a template, on one line for the scope and one for each condition.
std::string to_cedar(const Policy& policy);
// A link as a policy of its own, with its entities in place of the slots.
std::string to_cedar(const Link& link);
// All policies and templates, without the links.
std::string to_cedar(const PolicySet& set);

}  // namespace syncline::cedar
