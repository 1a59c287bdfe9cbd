// Repeats the cases of cedar_cases.mjs and compares: whether policies and entities are refused, whether they pass
// validation, and each decision with its reasons and errors. Policies are read as text, from what the printer
// makes of them, and from the published engine's JSON form.
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "cedar/authorizer.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validator.h"
#include "cedar/value_json.h"

using namespace syncline;
using namespace syncline::cedar;

namespace {

std::string text_of(const Json& json, const char* key) {
  return std::string(json.find(key)->text->view());
}

bool is_null(const Json* json) {
  return json == nullptr || json->is(Json::Kind::kNull);
}

std::multiset<std::string> ids_of(const Json& json) {
  std::multiset<std::string> ids;
  for (const Json& each : json.elements) ids.emplace(each.text->view());
  return ids;
}

class Differential {
 public:
  int cases = 0;
  int refused = 0;
  int valid = 0;
  int allowed = 0;
  int failures = 0;
  int requests = 0;
  int wrong = 0;

  void schema(const std::string& source) { schema_.emplace(std::move(*parse_schema(source))); }

  void run(const Json& json) {
    case_ = &json;
    ++cases;
    auto policies = parse_policies(text_of(json, "policies"));
    if (json.find("refused") != nullptr) {
      ++refused;
      if (policies) report("accepted policies that are refused");
      return;
    }
    if (!policies) return report("refused: " + policies.error().message);
    if (!add_template(*policies)) return;
    auto printed = parse_policies(to_cedar(*policies));
    if (!printed) return report("printed, and then refused: " + printed.error().message);

    const bool should = json.find("valid")->flag;
    valid += should ? 1 : 0;
    const Validation validation = validate(*policies, *schema_);
    if (validation.passed() != should)
      report(should ? "not valid: " + validation.errors[0].message : "valid, but should not be");

    const auto entities = entities_from_json(text_of(json, "entities"), nullptr);
    if (is_null(json.find("requests"))) {
      if (entities) report("accepted entities that are refused");
      return;
    }
    if (!entities) return report("refused entities: " + entities.error().message);
    decide(std::move(*policies), *entities, "text", true);
    if (is_null(json.find("template"))) decide(std::move(*printed), *entities, "printed", false);
    decide_json(*entities);
  }

 private:
  void report(const std::string& message) {
    ++wrong;
    std::printf("seed %lld: %s\n%s\n", static_cast<long long>(case_->find("seed")->number),
                message.c_str(), text_of(*case_, "policies").c_str());
  }

  bool add_template(PolicySet& policies) {
    if (is_null(case_->find("template"))) return true;
    const auto added = parse_policy(text_of(*case_, "template"), "template", policies);
    if (!added) report("refused template: " + added.error().message);
    if (!added) return false;
    for (const Json& link : case_->find("links")->elements) {
      const Json* values = link.find("values");
      const Uid* uids[2] = {};
      for (const int slot : {0, 1}) {
        if (const Json* value = values->find(slot == 0 ? "?principal" : "?resource"))
          uids[slot] = *uid_from_json(*value, policies.arena());
      }
      const auto linked = policies.link("template", text_of(link, "newId"), uids[0], uids[1]);
      if (!linked) report("refused link: " + linked.error().message);
      if (!linked) return false;
    }
    return true;
  }

  void decide_json(const Entities& entities) {
    if (is_null(case_->find("json"))) return;
    auto policies = policies_from_json(text_of(*case_, "json"));
    if (!policies) return report("refused JSON form: " + policies.error().message);
    const auto again = to_json(*policies);
    if (!again || !policies_from_json(*again)) return report("wrote JSON that it refuses");
    decide(std::move(*policies), entities, "JSON", false);
  }

  void decide(PolicySet policies, const Entities& entities, const std::string& form, bool count) {
    const Authorizer authorizer(std::make_shared<PolicySet>(std::move(policies)));
    for (const Json& each : case_->find("requests")->elements) {
      const auto request = request_from_json(each, nullptr);
      if (!request) {
        report("refused request: " + request.error().message);
        continue;
      }
      authorizer.decide(request->request, entities, scratch_, answer_);
      std::multiset<std::string> reasons;
      std::multiset<std::string> errors;
      for (const Text* id : answer_.reasons) reasons.emplace(id->view());
      for (const PolicyFailure& failure : answer_.errors) errors.emplace(failure.policy->view());
      const bool allow = text_of(each, "decision") == "allow";
      if (allow != answer_.allowed || reasons != ids_of(*each.find("reason")) ||
          errors != ids_of(*each.find("errors")))
        report("another decision, reason or error; read as " + form +
               (answer_.errors.empty() ? "" : ": " + answer_.errors[0].error.message));
      if (!count) continue;
      ++requests;
      allowed += allow ? 1 : 0;
      failures += static_cast<int>(errors.size());
    }
  }

  std::optional<Schema> schema_;
  const Json* case_ = nullptr;
  Arena scratch_;
  Answer answer_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ifstream file(argv[1]);
  Differential differential;
  std::string line;
  while (std::getline(file, line)) {
    Arena arena;
    const auto json = parse_json(line, arena);
    if (!json) return std::printf("%s\n", json.error().message.c_str()), 2;
    if (json->find("schema") != nullptr)
      differential.schema(text_of(*json, "schema"));
    else
      differential.run(*json);
  }
  std::printf(
      "%d cases, %d refused, %d valid, %d requests, %d allowed, %d policies failed, %d wrong\n",
      differential.cases, differential.refused, differential.valid, differential.requests,
      differential.allowed, differential.failures, differential.wrong);
  return differential.wrong == 0 && differential.cases > 0 ? 0 : 1;
}
