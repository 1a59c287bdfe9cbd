#include <memory>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/table.h"
#include "log/access_rules.h"
#include "policy/access_schema.h"

namespace syncline::cli {
namespace {

struct PolicyOptions {
  std::string workspace;
  std::string name;
  std::string file;
  std::string reason;
  SourceOptions source;
  bool json = false;
};

int list_policies(const Command& command, const PolicyOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto policies = api->policies(options.workspace);
  if (!policies) return console.failed(policies.error());
  Table table({{"NAME"}, {"SET"}, {"BY"}});
  for (const NamedLine& entry : *policies) {
    if (options.json) {
      console.line(entry.json);
    } else if (const auto json = crdt::from_json(entry.json)) {
      table.row({entry.name, text_member(*json, "set"), text_member(*json, "principal")});
    }
  }
  if (!table.empty()) console.out(table.print());
  return kDone;
}

int show_policy(const Command& command, const PolicyOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto policies = api->policies(options.workspace);
  if (!policies) return console.failed(policies.error());
  for (const NamedLine& entry : *policies) {
    if (entry.name != options.name) continue;
    const auto json = crdt::from_json(entry.json);
    console.out(json ? text_member(*json, "text") : entry.json);
    return kDone;
  }
  return console.failed({ErrorCode::kNotFound, "there is no policy " + options.name});
}

int set_policy(const Command& command, const PolicyOptions& options, Console& console) {
  const auto text = read_file(options.file, log::kMaxPolicyBytes);
  if (!text) return console.failed(text.error());
  // A mistake is found before anything is sent.
  if (auto fits = policy::check_policy_text(options.name, as_text(*text)); !fits)
    return console.failed(fits.error());
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto made =
      api->set_policy(options.workspace, options.name, std::string(as_text(*text)), options.reason);
  if (!made) return console.failed(made.error());
  console.line(options.json ? *made : "policy " + options.name + " is set");
  return kDone;
}

int remove_policy(const Command& command, const PolicyOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto removed = api->remove_policy(options.workspace, options.name, options.reason);
  return removed ? kDone : console.failed(removed.error());
}

using Run = int (*)(const Command&, const PolicyOptions&, Console&);

// A command for the policies of a workspace, with what all of them have.
Command& policy_command(Command& parent, std::string name, std::string summary,
                        std::shared_ptr<PolicyOptions> options, bool named, Run run) {
  Command& command = parent.add(std::move(name), std::move(summary));
  command.argument({.name = "WORKSPACE", .text = "whose policies", .required = true},
                   options->workspace);
  if (named)
    command.argument({.name = "NAME", .text = "of the policy", .required = true}, options->name);
  source_options(command, options->source);
  command.run(
      [&command, options, run](Console& console) { return run(command, *options, console); });
  return command;
}

void reason_option(Command& command, std::string& reason) {
  command.option({.name = "--reason", .value = "TEXT", .text = "Why; it is recorded"}, reason);
}

}  // namespace

void add_policy(Command& root) {
  Command& policy = root.add("policy", "Say who may do what in a workspace, in the Cedar language");
  policy.details(
      "Without policies and shares, a token alone decides. docs/policy.md explains the language, "
      "what "
      "it can say here, and has recipes. A policy of the workspace .system holds in all workspaces "
      "of "
      "the tenant.");

  auto list = std::make_shared<PolicyOptions>();
  Command& list_command = policy_command(policy, "list", "List the policies of a workspace", list,
                                         false, list_policies);
  list_command.json_flag(list->json);
  list_command.example("syncline policy list demo --json", "with their texts, for a program");

  auto show = std::make_shared<PolicyOptions>();
  policy_command(policy, "show", "Print the text of a policy", show, true, show_policy)
      .example("syncline policy show demo budget > budget.cedar", "to change it");

  auto set = std::make_shared<PolicyOptions>();
  Command& set_command =
      policy_command(policy, "set", "Set a policy, or replace it", set, true, set_policy);
  set_command.argument(
      {.name = "FILE", .text = "its text; - is stdin", .required = true, .is_file = true},
      set->file);
  reason_option(set_command, set->reason);
  set_command.json_flag(set->json);
  set_command.example("syncline policy set demo budget budget.cedar --server http://127.0.0.1:4400",
                      "holds from now on, also for those who are connected");

  auto removed = std::make_shared<PolicyOptions>();
  Command& remove_command =
      policy_command(policy, "remove", "Remove a policy", removed, true, remove_policy);
  reason_option(remove_command, removed->reason);
  remove_command.example("syncline policy remove demo budget --server http://127.0.0.1:4400",
                         "gone");

  add_policy_files(policy);
  add_policy_simulate(policy);
}

}  // namespace syncline::cli
