#include "cedar/decision_cases.h"

#include <algorithm>
#include <utility>

#include "cedar/json.h"
#include "cedar/parser.h"
#include "cedar/validator.h"

namespace syncline::cedar {
namespace {

Result<std::string_view> text_in(const Json& json, std::string_view key) {
  const Json* found = json.find(key);
  if (found == nullptr || !found->is(Json::Kind::kString))
    return json_error(found == nullptr ? json : *found,
                      "`" + std::string(key) + "` is missing, or no text");
  return found->text->view();
}

// `fallback` if there is none.
Result<bool> flag_in(const Json& json, std::string_view key, bool fallback) {
  const Json* found = json.find(key);
  if (found == nullptr) return fallback;
  if (!found->is(Json::Kind::kBool))
    return json_error(*found, "`" + std::string(key) + "` is true or false");
  return found->flag;
}

Result<std::vector<std::string>> ids_in(const Json& json, std::string_view key) {
  const Json* found = json.find(key);
  if (found == nullptr || !found->is(Json::Kind::kArray))
    return json_error(found == nullptr ? json : *found,
                      "`" + std::string(key) + "` is missing, or no list of policies");
  std::vector<std::string> ids;
  for (const Json& each : found->elements) {
    if (!each.is(Json::Kind::kString)) return json_error(each, "the id of a policy is a text");
    ids.emplace_back(each.text->view());
  }
  std::ranges::sort(ids);
  return ids;
}

// "allow", "Allow"; "deny", "Deny".
Result<bool> decision_in(const Json& json) {
  const auto text = text_in(json, "decision");
  if (!text) return std::unexpected(text.error());
  if (*text == "allow" || *text == "Allow") return true;
  if (*text == "deny" || *text == "Deny") return false;
  return json_error(*json.find("decision"), "`decision` is allow or deny");
}

Result<ExpectedDecision> read_request(const Json& json, const Schema* schema) {
  ExpectedDecision expected;
  if (json.find("description") != nullptr) {
    const auto description = text_in(json, "description");
    if (!description) return std::unexpected(description.error());
    expected.description = *description;
  }
  auto asked = request_from_json(json, schema);
  if (!asked) return std::unexpected(std::move(asked.error()));
  const auto fits = flag_in(json, "validateRequest", true);
  if (!fits) return std::unexpected(fits.error());
  const auto allowed = decision_in(json);
  if (!allowed) return std::unexpected(allowed.error());
  auto reasons = ids_in(json, "reason");
  if (!reasons) return std::unexpected(std::move(reasons.error()));
  auto errors = ids_in(json, "errors");
  if (!errors) return std::unexpected(std::move(errors.error()));
  expected.asked = std::move(*asked);
  expected.fits_schema = *fits;
  expected.allowed = *allowed;
  expected.reasons = std::move(*reasons);
  expected.errors = std::move(*errors);
  return expected;
}

// What `parse` makes of the file that the member names.
template <typename T, typename Parse>
Result<T> read_named(const Json& test, std::string_view key, const ReadFile& read, Parse parse) {
  const auto name = text_in(test, key);
  if (!name) return std::unexpected(name.error());
  const auto text = read(*name);
  if (!text) return std::unexpected(text.error());
  Result<T> parsed = parse(*text);
  if (!parsed) return fail(parsed.error().code, std::string(*name) + ": " + parsed.error().message);
  return parsed;
}

std::string list_of_ids(const std::vector<std::string>& ids) {
  std::string list;
  for (const std::string& each : ids) list += (list.empty() ? "" : ", ") + each;
  return list.empty() ? "no policy" : list;
}

}  // namespace

bool are_decision_cases(std::string_view json) {
  Arena arena;
  const auto read = parse_json(json, arena);
  if (!read) return false;
  const Json* policies = read->find("policies");
  return policies != nullptr && policies->is(Json::Kind::kString) &&
         read->find("requests") != nullptr;
}

Result<DecisionCases> read_decision_cases(std::string_view json, const ReadFile& read) {
  Arena arena;
  const auto test = parse_json(json, arena);
  if (!test) return std::unexpected(test.error());
  DecisionCases made;
  if (test->find("schema") != nullptr) {
    auto schema = read_named<Schema>(*test, "schema", read, parse_schema);
    if (!schema) return std::unexpected(std::move(schema.error()));
    made.schema = std::move(*schema);
  }
  const Schema* schema = made.schema ? &*made.schema : nullptr;
  auto entities = read_named<Entities>(*test, "entities", read, [&](std::string_view text) {
    return entities_from_json(text, schema);
  });
  if (!entities) return std::unexpected(std::move(entities.error()));
  auto policies = read_named<PolicySet>(*test, "policies", read, parse_policies);
  if (!policies) return std::unexpected(std::move(policies.error()));
  const auto valid = flag_in(*test, "shouldValidate", true);
  if (!valid) return std::unexpected(valid.error());
  const Json* requests = test->find("requests");
  if (requests == nullptr || !requests->is(Json::Kind::kArray))
    return json_error(requests == nullptr ? *test : *requests, "`requests` is missing, or no list");
  for (const Json& each : requests->elements) {
    auto request = read_request(each, schema);
    if (!request) return std::unexpected(std::move(request.error()));
    made.requests.push_back(std::move(*request));
  }
  made.entities = std::move(*entities);
  made.policies = std::move(*policies);
  made.valid = *valid;
  return made;
}

std::string validation_difference(const DecisionCases& test, const PolicySet& policies) {
  if (!test.schema) return {};
  const Validation found = validate(policies, *test.schema);
  if (found.passed() == test.valid) return {};
  if (!test.valid) return "the policies are valid, and should not be";
  const Finding& first = found.errors.front();
  return first.policy + ": " + at_position(first.position, first.message);
}

std::string decision_difference(const DecisionCases& test, const ExpectedDecision& expected,
                                const Authorizer& policies, Arena& scratch, Answer& answer) {
  const Request& request = expected.asked.request;
  if (test.schema && expected.fits_schema)
    if (const auto fits = check_request(request, *test.schema); !fits) return fits.error().message;
  policies.decide(request, test.entities, scratch, answer);
  std::vector<std::string> reasons;
  for (const Text* each : answer.reasons) reasons.emplace_back(each->view());
  std::vector<std::string> errors;
  for (const PolicyFailure& each : answer.errors) errors.emplace_back(each.policy->view());
  std::ranges::sort(reasons);
  std::ranges::sort(errors);
  if (answer.allowed != expected.allowed || reasons != expected.reasons)
    return (answer.allowed ? "allowed, by " : "denied, by ") + list_of_ids(reasons);
  return errors == expected.errors ? std::string() : "errors in " + list_of_ids(errors);
}

}  // namespace syncline::cedar
