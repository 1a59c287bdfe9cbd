// Tests of policies in the format in which the integration tests of the language are published
// (https://github.com/cedar-policy/cedar-integration-tests): a JSON object that names the files of policies, of entities
// and of a schema, and says what is to be decided:
//
//   {"policies": "photos.cedar", "entities": "entities.json", "schema": "photos.cedarschema", "shouldValidate": true,
//    "requests": [{"description": "alice views", "principal": {"type": "User", "id": "alice"}, "action": {…},
//                  "resource": {…}, "context": {…}, "decision": "allow", "reason": ["policy0"], "errors": []}]}
//
// Policies and the schema are texts of the language, not their JSON forms. `shouldValidate` and `validateRequest` are true
// if they are absent, and `description` may be. Without `schema`, nothing is validated.
//
// Thread-safety: values and pure functions, but for what ReadFile does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/entities.h"
#include "cedar/policy.h"
#include "cedar/schema.h"
#include "cedar/value_json.h"

namespace syncline::cedar {

struct ExpectedDecision {
  std::string description;
  OwnedRequest asked;
  bool fits_schema = true;  // must pass check_request()
  bool allowed = false;
  std::vector<std::string> reasons;  // sorted
  std::vector<std::string> errors;   // sorted
};

struct DecisionCases {
  std::optional<Schema> schema;
  Entities entities;
  PolicySet policies;
  bool valid = true;  // the policies must pass validate(), or must not
  std::vector<ExpectedDecision> requests;
};

// The text of a file that a test names.
using ReadFile = std::function<Result<std::string>(std::string_view name)>;

// Whether the JSON is such a test: it has `requests`, and `policies` is the name of a file.
bool are_decision_cases(std::string_view json);

// kMalformed, kInvalid: with line and column, and with the name of the file if it is another one; errors of `read`.
Result<DecisionCases> read_decision_cases(std::string_view json, const ReadFile& read);

// "" if the policies are valid, or are not, as the test says; otherwise what is wrong.
std::string validation_difference(const DecisionCases& test, const PolicySet& policies);

// "" if the policies decide as expected; otherwise what they decide: "denied, by policy3". `scratch` and `answer` are
// memory that is used again.
std::string decision_difference(const DecisionCases& test, const ExpectedDecision& expected,
                                const Authorizer& policies, Arena& scratch, Answer& answer);

}  // namespace syncline::cedar
