// The commands for policies that need no server: the schema, and what a text means.
#include "cli/data/policy_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "cedar/decision_cases.h"
#include "cedar/validator.h"
#include "cli/commands.h"
#include "cli/data/decision_cases_file.h"
#include "cli/data/options.h"
#include "cli/data/policy_cases.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/table.h"
#include "log/audit.h"
#include "policy/access_schema.h"
#include "policy/rule_set.h"
#include "policy/share_rules.h"

namespace syncline::cli {
namespace {

struct FilesOptions {
  std::vector<std::string> files;
  std::string workspace;  // whose rules the files come to; "": none
  SourceOptions source;
  PolicyCase asked;
  std::string time;
};

// All findings, not only the first.
int check_file(const std::string& file, Console& console) {
  const auto text = read_file(file, log::kMaxPolicyBytes);
  if (!text) return console.failed(text.error());
  const auto policies = policy::parse_policy_text(shown_name(file), as_text(*text));
  if (!policies) return console.failed(policies.error());
  const cedar::Validation found = cedar::validate(*policies, policy::access_schema());
  for (const cedar::Finding& each : found.errors)
    console.message(
        fmt::format("{}: {}", shown_name(file), cedar::at_position(each.position, each.message)));
  for (const cedar::Finding& each : found.warnings)
    console.message(fmt::format("{}: warning: {}", shown_name(file),
                                cedar::at_position(each.position, each.message)));
  if (!found.passed()) return kFailed;
  const std::size_t count = policies->policies().size();
  console.line(
      fmt::format("{}: {} {}, valid", shown_name(file), count, count == 1 ? "policy" : "policies"));
  return kDone;
}

int check_files(const FilesOptions& options, Console& console) {
  int code = kDone;
  for (const std::string& file : options.files)
    if (check_file(file, console) != kDone) code = kFailed;
  return code;
}

// Adds the policies in the files, each of which replaces one of the same name.
Result<void> add_rules_in(const std::vector<std::string>& files, log::HeldRules& rules) {
  for (const std::string& file : files) {
    const auto text = read_file(file, log::kMaxPolicyBytes);
    if (!text) return std::unexpected(text.error());
    const std::string name = policy_name_of(file);
    if (auto fits = policy::check_policy_text(name, as_text(*text)); !fits) return fits;
    rules.policies[name] = {std::string(as_text(*text)), "", 0};
  }
  return {};
}

Result<void> read_policies_of(Api& api, const std::string& workspace, log::HeldPolicies& policies) {
  const auto read = api.policies(workspace);
  if (!read) return std::unexpected(read.error());
  for (const NamedLine& entry : *read)
    if (const auto json = crdt::from_json(entry.json))
      policies[entry.name] = {text_member(*json, "text"), text_member(*json, "principal"), 0};
  return {};
}

Result<void> read_shares_of(Api& api, const std::string& workspace, log::HeldShares& shares) {
  const auto read = api.shares(workspace, "");
  if (!read) return std::unexpected(read.error());
  for (const NamedLine& entry : *read) {
    const auto json = crdt::from_json(entry.json);
    auto to = log::parse_grantee(json ? text_member(*json, "to") : "");
    if (!to) return std::unexpected(std::move(to.error()));
    const auto role = log::share_role_named(text_member(*json, "role"));
    if (!role)
      return fail(ErrorCode::kUnsupported, "this version does not know the share " + entry.json);
    shares[{entry.name, std::move(*to)}] = {*role, text_member(*json, "principal"), 0};
  }
  return {};
}

// What decides: rules of a workspace, and the policies of its tenant.
struct RulesToExplain {
  log::HeldRules own;
  log::HeldPolicies tenant;
};

// Whoever may not see the policies of the tenant is told that they are missing.
Result<RulesToExplain> rules_to_explain(const Command& command, const FilesOptions& options,
                                        Console& console) {
  RulesToExplain rules;
  if (!options.workspace.empty()) {
    auto api = open_api(command, options.source);
    if (!api) return std::unexpected(std::move(api.error()));
    auto read = read_policies_of(*api, options.workspace, rules.own.policies);
    if (read) read = read_shares_of(*api, options.workspace, rules.own.shares);
    if (!read) return std::unexpected(std::move(read.error()));
    const std::string system(log::kSystemWorkspace);
    if (auto tenant = read_policies_of(*api, system, rules.tenant); !tenant)
      console.message("without the policies of the tenant: " + tenant.error().message);
  }
  if (auto added = add_rules_in(options.files, rules.own); !added)
    return std::unexpected(std::move(added.error()));
  return rules;
}

int explain_files(const Command& command, const FilesOptions& options, Console& console) {
  if (options.files.empty() && options.workspace.empty())
    return console.misused("say what to explain: files of policies, or --workspace");
  const auto rules = rules_to_explain(command, options, console);
  if (!rules) return console.failed(rules.error());
  PolicyCase asked = options.asked;
  if (!options.workspace.empty()) asked.workspace = options.workspace;
  if (asked.path && asked.path->empty()) asked.path.reset();
  const auto policy = policy::WorkspacePolicy::of(
      {policy::RuleSet::make(asked.workspace, rules->own.policies, rules->own.shares), 1},
      {policy::RuleSet::make(log::kSystemWorkspace, rules->tenant, {}), 1});
  if (policy == nullptr) {
    console.line("there are no policies and no shares: the token alone decides");
    return kDone;
  }
  const auto explained = decide_case(*policy, asked);
  if (!explained) return console.failed(explained.error());
  console.line(explained->allowed ? "allowed" : "denied");
  for (const std::string& reason : explained->reasons)
    console.line(fmt::format(
        "  by {}", visible(policy::shown_reason(reason, asked.workspace, rules->own.shares))));
  if (explained->reasons.empty() && !explained->allowed) console.line("  no policy permits it");
  for (const std::string& error : explained->errors)
    console.line(fmt::format("  failed: {}", visible(error)));
  return explained->allowed ? kDone : kFailed;
}

std::string list_of(std::vector<std::string> texts) {
  std::string list;
  for (const std::string& each : texts) list += (list.empty() ? "" : ", ") + each;
  return list.empty() ? "nothing" : list;
}

// "" if it is decided as expected.
std::string difference(const policy::WorkspacePolicy& policy, const PolicyCase& asked) {
  auto explained = decide_case(policy, asked);
  if (!explained) return explained.error().message;
  if (explained->allowed != asked.allowed)
    return fmt::format("it is {}, by {}", explained->allowed ? "allowed" : "denied",
                       list_of(explained->reasons));
  if (!asked.reasons) return {};
  std::vector<std::string> expected = *asked.reasons;
  std::ranges::sort(expected);
  std::ranges::sort(explained->reasons);
  return expected == explained->reasons
             ? std::string()
             : fmt::format("it is decided by {}", list_of(explained->reasons));
}

int test_file(const std::string& file, Console& console) {
  const auto text = read_file(file);
  if (!text) return console.failed(text.error());
  if (cedar::are_decision_cases(as_text(*text)))
    return run_decision_cases(file, as_text(*text), console);
  const auto cases = read_policy_cases(as_text(*text));
  if (!cases) {
    console.message(fmt::format("{}: {}", shown_name(file), cases.error().message));
    return kFailed;
  }
  const auto policy = policy::WorkspacePolicy::make("demo", cases->rules, 1);
  if (policy == nullptr)
    return console.failed(
        {ErrorCode::kInvalid, shown_name(file) + " has no policies and no shares"});
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < cases->cases.size(); ++i) {
    const PolicyCase& asked = cases->cases[i];
    const std::string differs = difference(*policy, asked);
    if (differs.empty()) continue;
    ++wrong;
    console.message(fmt::format("{}: case {}{}: {}", shown_name(file), i + 1,
                                asked.name.empty() ? "" : " (" + visible(asked.name) + ")",
                                visible(differs)));
  }
  console.line(fmt::format("{}: {} of {} cases as expected", shown_name(file),
                           cases->cases.size() - wrong, cases->cases.size()));
  return wrong == 0 ? kDone : kFailed;
}

int test_files(const FilesOptions& options, Console& console) {
  int code = kDone;
  for (const std::string& file : options.files)
    if (test_file(file, console) != kDone) code = kFailed;
  return code;
}

void question_options(Command& command, FilesOptions& options) {
  PolicyCase& asked = options.asked;
  command.option({.name = "--principal", .value = "ID", .text = "Who asks"}, asked.principal);
  command.option({.name = "--group", .value = "NAME", .text = "A group of his; may be repeated"},
                 asked.groups);
  command.option({.name = "--rights",
                  .value = "RIGHTS",
                  .text = "What his token allows at most",
                  .choices = {"read", "write", "admin"}},
                 asked.rights);
  command.option({.name = "--action",
                  .value = "ACTION",
                  .text = "What he asks for: read, insert, set … (`policy schema` lists them)",
                  .required = true},
                 asked.action);
  command.option({.name = "--object",
                  .value = "OBJECT",
                  .text = "The object, or a folder with '/' at its end; without it, the workspace"},
                 asked.object);
  command.option(
      {.name = "--path", .value = "PATH", .text = "A place in the object: /budget/travel"},
      asked.path.emplace());
}

}  // namespace

std::string policy_name_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  std::string name = slash == file.npos ? file : file.substr(slash + 1);
  return name.substr(0, name.rfind('.'));
}

void add_policy_files(Command& policy) {
  Command& check = policy.add("check", "Check policies in files, without a server");
  auto checked = std::make_shared<FilesOptions>();
  check.argument({.name = "FILE", .text = "policies as text", .required = true, .is_file = true},
                 checked->files);
  check.example("syncline policy check budget.cedar", "says line and column of each mistake");
  check.run([checked](Console& console) { return check_files(*checked, console); });

  Command& explain =
      policy.add("explain", "Say what policies and shares decide, and which decide it");
  auto explained = std::make_shared<FilesOptions>();
  explain.argument({.name = "FILE", .text = "policies as text", .is_file = true}, explained->files);
  explain.option({.name = "--workspace",
                  .value = "WORKSPACE",
                  .text = "Begin with the policies and shares of this workspace, and the policies "
                          "of its tenant"},
                 explained->workspace);
  question_options(explain, *explained);
  source_options(explain, explained->source);
  explain.details(
      "Exit codes: 0 allowed, 1 denied, 2 misused. The rights of a token come before that.");
  explain.example(
      "syncline policy explain all.cedar budget.cedar --principal ann --action set --object plan "
      "--path /budget/travel",
      "may ann set it?");
  explain.example(
      "syncline policy explain --workspace demo --principal ann --action read --object plan",
      "which policy or share lets ann read it?");
  explain.run([&explain, explained](Console& console) {
    return explain_files(explain, *explained, console);
  });

  Command& test = policy.add("test", "Check that policies decide cases as expected");
  auto tested = std::make_shared<FilesOptions>();
  test.argument({.name = "FILE",
                 .text = "policies, shares and cases as JSON (docs/policy.md), or a test in the "
                         "format that the Cedar language publishes",
                 .required = true,
                 .is_file = true},
                tested->files);
  test.details(
      "A test in the published format names files of policies, of entities and of a schema. Each "
      "is "
      "looked for in the folder of the test, and then in the folders around it.");
  test.example("syncline policy test access.json", "in the tests of an application");
  test.run([tested](Console& console) { return test_files(*tested, console); });

  Command& schema =
      policy.add("schema", "Print the entities, the actions and what is known of a request");
  schema.example("syncline policy schema", "as a schema in the Cedar language");
  schema.run([](Console& console) {
    console.out(policy::access_schema_text());
    return kDone;
  });
}

}  // namespace syncline::cli
