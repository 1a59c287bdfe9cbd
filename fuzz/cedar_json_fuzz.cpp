// Any text as the JSON forms of the Cedar language: policies, entities, requests and schemas; as a schema in its own
// language; and as a test of decisions. The first byte says which.
#include <memory>
#include <string>
#include <string_view>

#include "cedar/decision_cases.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validator.h"
#include "cedar/value_json.h"
#include "check.h"

using namespace syncline;
using namespace syncline::cedar;

namespace {

const PolicySet& some_policies() {
  static const auto policies = parse_policies(
      "permit(principal is U, action in Action::\"a\", resource)"
      " when { principal has a.b && resource.n > 1 };\n"
      "forbid(principal, action, resource is A::B) unless { context.ip.isLoopback() };");
  return *policies;
}

void read_policies(std::string_view text) {
  const auto policies = policies_from_json(text);
  if (!policies) return;
  to_cedar(*policies);
  const auto json = to_json(*policies);
  if (!json) return;
  const auto again = policies_from_json(*json);
  // A literal of many parts is written as the expression that makes it, which nests deeper.
  if (again) FUZZ_CHECK(to_json(*again) == json);
}

void read_entities(std::string_view text) {
  const auto entities = entities_from_json(text, nullptr);
  if (!entities) return;
  for (const Entity* each : entities->all()) {
    FUZZ_CHECK(entities->find(*each->uid) == each);
    FUZZ_CHECK(!each->is_in(*each->uid));
    Arena arena;
    const std::string json = to_json(Value::of(each->attributes));
    const auto parsed = parse_json(json, arena);
    // An attribute that is named like an escape reads as one.
    if (!parsed || json.find("__") != json.npos) continue;
    const auto value = value_from_json(*parsed, nullptr, arena);
    FUZZ_CHECK(value && same(*value, Value::of(each->attributes)));
  }
}

// The files that the test names are these, whatever their names.
void run_test(std::string_view text) {
  const auto test = read_decision_cases(text, [](std::string_view name) -> Result<std::string> {
    if (name.ends_with("json"))
      return std::string(R"([{"uid": {"type": "U", "id": "a"}, "attrs": {}, "parents": []}])");
    return std::string(name.ends_with("schema")
                           ? "entity U; action a appliesTo { principal: U, resource: U };"
                           : "permit(principal, action, resource);");
  });
  if (!test) return;
  FUZZ_CHECK(are_decision_cases(text));
  (void)validation_difference(*test, test->policies);
  const Authorizer policies(std::make_shared<PolicySet>());
  Arena scratch;
  Answer answer;
  for (const ExpectedDecision& each : test->requests) {
    // Without policies, nothing is allowed.
    FUZZ_CHECK(!each.allowed ||
               !decision_difference(*test, each, policies, scratch, answer).empty());
  }
}

constexpr std::uint8_t kTestOfDecisions = 't';

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == kTestOfDecisions) {
    run_test(text);
    return 0;
  }
  switch (data[0] % 5) {
    case 0: read_policies(text); break;
    case 1: read_entities(text); break;
    case 2: (void)request_from_json(text, nullptr); break;
    default: {
      const auto schema = data[0] % 5 == 3 ? parse_schema_json(text) : parse_schema(text);
      if (schema) validate(some_policies(), *schema);
    }
  }
  return 0;
}
