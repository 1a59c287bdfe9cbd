// Any text as policies of the Cedar language. What is read is printed, and reads back as the same; it
// goes through the JSON form and the validator, and is judged.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cedar/authorizer.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validator.h"
#include "cedar/value_json.h"
#include "check.h"

using namespace syncline;
using namespace syncline::cedar;

namespace {

const Schema& small_schema() {
  static const auto schema = parse_schema(
      "entity U in [U] { n: Long, s?: String, r: { a?: Set<U> } } tags datetime;\n"
      "entity E enum [\"a\"];\n"
      "action a, b appliesTo { principal: U, resource: [U, E], context: { x?: ipaddr, n: Long } "
      "};");
  return *schema;
}

const Entities& small_world() {
  static const auto entities = entities_from_json(
      R"([{"uid": {"type": "U", "id": "a"}, "attrs": {"n": 1, "s": "x", "r": {"a": []}},
           "parents": [{"type": "U", "id": "b"}], "tags": {"t": "2026-11-30"}},
          {"uid": {"type": "U", "id": "b"}, "attrs": {"n": -5, "r": {}}, "parents": []}])",
      &small_schema());
  return *entities;
}

void judge(PolicySet policies) {
  const Authorizer authorizer(std::make_shared<PolicySet>(std::move(policies)));
  static const auto request = request_from_json(
      R"({"principal": {"type": "U", "id": "a"}, "action": {"type": "Action", "id": "a"},
          "resource": {"type": "U", "id": "b"}, "context": {"x": "::1", "n": 9223372036854775807}})",
      &small_schema());
  Arena scratch;
  Answer answer;
  authorizer.decide(request->request, small_world(), scratch, answer);
  FUZZ_CHECK(answer.allowed == (!answer.permitting.empty() && answer.forbidding.empty()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto policies = parse_policies(text);
  if (!policies) return 0;
  const std::string printed = to_cedar(*policies);
  const auto again = parse_policies(printed);
  // Parentheses that were not needed before may be too deep now.
  if (again) FUZZ_CHECK(to_cedar(*again) == printed);
  if (!again) FUZZ_CHECK(again.error().code == ErrorCode::kTooLarge);
  if (const auto json = to_json(*policies)) {
    const auto read = policies_from_json(*json);
    if (read) FUZZ_CHECK(to_json(*read) == json);
  }
  validate(*policies, small_schema());
  judge(std::move(*policies));
  return 0;
}
