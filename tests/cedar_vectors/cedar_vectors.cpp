// Runs the published integration tests of Cedar. Every set of policies is also judged after it went
// through its printed form and through its JSON form, so these say what the parser read.
//
//   cedar_vectors <archive> [part of a name]
//
// Prints what is wrong, and counts. The counts are checked: no test can get lost.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validator.h"
#include "cedar/value_json.h"
#include "vector_files.h"

using namespace syncline;
using namespace syncline::cedar;

namespace {

struct Counts {
  int sets = 0;
  int valid = 0;
  int invalid = 0;
  int requests = 0;
  int allowed = 0;
  int denied = 0;
  int reasons = 0;
  int errors = 0;

  bool operator==(const Counts&) const = default;
};

constexpr Counts kWritten{22, 22, 0, 74, 38, 36, 44, 0};
constexpr Counts kGenerated{3905, 3085, 820, 31240, 18516, 12724, 20634, 1970};

using Files = std::map<std::string, std::string>;

class Run {
 public:
  explicit Run(const Files& files) : files_(files) {}

  int wrong() const { return wrong_; }

  void test(const std::string& name, Counts& counts) {
    name_ = name;
    Arena arena;
    const auto json = parse_json(files_.at(name), arena);
    if (!json) return report("", json.error().message);
    ++counts.sets;
    const auto schema = parse_schema(file(*json, "schema"));
    if (!schema) return report("schema", schema.error().message);
    const auto entities = entities_from_json(file(*json, "entities"), &*schema);
    if (!entities) return report("entities", entities.error().message);
    auto policies = parse_policies(file(*json, "policies"));
    if (!policies) return report("policies", policies.error().message);
    auto printed = parse_policies(to_cedar(*policies));
    if (!printed) return report("printed policies", printed.error().message);

    const auto as_json = to_json(*policies);
    if (!as_json) return report("JSON form", as_json.error().message);
    auto from_json = policies_from_json(*as_json);
    if (!from_json) return report("from JSON", from_json.error().message);

    const bool should = json->find("shouldValidate")->flag;
    ++(should ? counts.valid : counts.invalid);
    for (const PolicySet* set : {&*policies, &*printed, &*from_json})
      validation(*set, *schema, should);

    const Authorizer read(std::make_shared<PolicySet>(std::move(*policies)));
    const Authorizer again(std::make_shared<PolicySet>(std::move(*printed)));
    const Authorizer other(std::make_shared<PolicySet>(std::move(*from_json)));
    for (const Json& each : json->find("requests")->elements) {
      request(each, *schema, *entities, read, &counts);
      request(each, *schema, *entities, again, nullptr);
      request(each, *schema, *entities, other, nullptr);
    }
  }

 private:
  void report(const std::string& part, const std::string& message) {
    ++wrong_;
    std::printf("%s: %s: %s\n", name_.c_str(), part.c_str(), message.c_str());
  }

  const std::string& file(const Json& json, const char* key) const {
    return files_.at(std::string(json.find(key)->text->view()));
  }

  void validation(const PolicySet& policies, const Schema& schema, bool should) {
    const Validation result = validate(policies, schema);
    if (result.passed() == should) return;
    report("validation", should ? result.errors[0].message : "passed, but should not");
  }

  static std::multiset<std::string> listed(const Json& json) {
    std::multiset<std::string> ids;
    for (const Json& each : json.elements) ids.emplace(each.text->view());
    return ids;
  }

  void request(const Json& json, const Schema& schema, const Entities& entities,
               const Authorizer& authorizer, Counts* counts) {
    const std::string what(json.find("description")->text->view());
    const auto owned = request_from_json(json, &schema);
    if (!owned) return report(what, owned.error().message);
    const Json* validate = json.find("validateRequest");
    if (validate == nullptr || validate->flag) {
      if (const auto fits = check_request(owned->request, schema); !fits)
        report(what, fits.error().message);
    }
    authorizer.decide(owned->request, entities, scratch_, answer_);
    std::multiset<std::string> reasons;
    std::multiset<std::string> errors;
    for (const Text* each : answer_.reasons) reasons.emplace(each->view());
    for (const PolicyFailure& each : answer_.errors) errors.emplace(each.policy->view());
    const bool allow = json.find("decision")->text->view() == "allow";
    if (allow != answer_.allowed) report(what, allow ? "denied" : "allowed");
    if (reasons != listed(*json.find("reason"))) report(what, "other reasons");
    if (errors != listed(*json.find("errors"))) report(what, "other errors");
    if (counts == nullptr) return;
    ++counts->requests;
    ++(allow ? counts->allowed : counts->denied);
    counts->reasons += static_cast<int>(reasons.size());
    counts->errors += static_cast<int>(errors.size());
  }

  const Files& files_;
  std::string name_;
  Arena scratch_;
  Answer answer_;
  int wrong_ = 0;
};

void print(const char* kind, const Counts& counts) {
  std::printf(
      "%s: %d sets (%d valid, %d not), %d requests (%d allowed, %d denied), %d reasons, %d "
      "errors\n",
      kind, counts.sets, counts.valid, counts.invalid, counts.requests, counts.allowed,
      counts.denied, counts.reasons, counts.errors);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const Files files = testing::read_packed_files(argv[1]);
  const std::string part = argc > 2 ? argv[2] : "";
  Run run(files);
  Counts written;
  Counts generated;
  for (const auto& [name, text] : files) {
    if (!name.ends_with(".json") || name.ends_with("entities.json") || name.find(part) == name.npos)
      continue;
    run.test(name, name.starts_with("tests/") ? written : generated);
  }
  print("written by hand", written);
  print("generated", generated);
  std::printf("%d wrong\n", run.wrong());
  const bool complete = !part.empty() || (written == kWritten && generated == kGenerated);
  if (!complete) std::printf("tests are missing, or there are more than known\n");
  return run.wrong() == 0 && complete ? 0 : 1;
}
