// Runs the published integration tests of Cedar. Every set of policies is also judged after it went
// through its printed form and through its JSON form, so these say what the parser read.
//
//   cedar_vectors <archive> [part of a name]
//
// Prints what is wrong, and counts. The counts are checked: no test can get lost.
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "cedar/decision_cases.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
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
    auto test = read_decision_cases(files_.at(name), [this](std::string_view wanted) {
      return Result<std::string>(files_.at(std::string(wanted)));
    });
    if (!test) return report("", test.error().message);
    ++counts.sets;
    auto printed = parse_policies(to_cedar(test->policies));
    if (!printed) return report("printed policies", printed.error().message);
    const auto as_json = to_json(test->policies);
    if (!as_json) return report("JSON form", as_json.error().message);
    auto from_json = policies_from_json(*as_json);
    if (!from_json) return report("from JSON", from_json.error().message);
    ++(test->valid ? counts.valid : counts.invalid);
    decide(*test, std::move(test->policies), &counts);
    decide(*test, std::move(*printed), nullptr);
    decide(*test, std::move(*from_json), nullptr);
  }

 private:
  void report(const std::string& part, const std::string& message) {
    ++wrong_;
    std::printf("%s: %s: %s\n", name_.c_str(), part.c_str(), message.c_str());
  }

  void decide(const DecisionCases& test, PolicySet policies, Counts* counts) {
    if (const std::string wrong = validation_difference(test, policies); !wrong.empty())
      report("validation", wrong);
    const Authorizer authorizer(std::make_shared<PolicySet>(std::move(policies)));
    for (const ExpectedDecision& each : test.requests) {
      const std::string wrong = decision_difference(test, each, authorizer, scratch_, answer_);
      if (!wrong.empty()) report(each.description, wrong);
      if (counts == nullptr) continue;
      ++counts->requests;
      ++(each.allowed ? counts->allowed : counts->denied);
      counts->reasons += static_cast<int>(answer_.reasons.size());
      counts->errors += static_cast<int>(answer_.errors.size());
    }
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
