// Cases for policies, in a file (docs/policy.md#trying-policies-out): who asks for what, and what is to be decided.
//
//   {"policies": {"all": "permit (principal, action, resource);"},
//    "shares": [{"resource": "notes/", "to": "group:team", "role": "editor"}],
//    "cases": [{"principal": "ann", "groups": ["team"], "action": "set",
//               "object": "notes/plan", "path": "/budget", "allowed": true}]}
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/rules_held.h"
#include "policy/workspace_policy.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::cli {

struct PolicyCase {
  std::string name;  // "": none
  std::string workspace = "demo";
  std::string principal = "anonymous";
  std::vector<std::string> groups = {};
  std::string rights = "write";  // of the token
  std::string action;
  std::string object = {};               // "": the workspace; with '/' at its end: a folder
  std::optional<std::string> path = {};  // in the object
  std::string address = {};              // of the peer; "": not known
  std::uint64_t size = 0;                // of the change
  std::uint64_t unix_ms = 0;
  bool allowed = false;                                  // expected
  std::optional<std::vector<std::string>> reasons = {};  // expected, in any order; nullopt: any
};

struct PolicyCases {
  log::HeldRules rules;
  std::vector<PolicyCase> cases;
};

// kMalformed, kInvalid: with the number of the case, or the name of the policy.
Result<PolicyCases> read_policy_cases(std::string_view json);

// kInvalid: rights or an action that there are not.
Result<policy::WorkspacePolicy::Explained> decide_case(const policy::WorkspacePolicy& policy,
                                                       const PolicyCase& asked);

}  // namespace syncline::cli
