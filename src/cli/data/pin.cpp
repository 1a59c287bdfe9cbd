#include <memory>

#include "cli/commands.h"
#include "cli/data/named_list.h"
#include "cli/data/options.h"

namespace syncline::cli {
namespace {

struct PinOptions {
  std::string workspace;
  std::string name;
  std::string at;
  SourceOptions source;
  bool json = false;
};

constexpr NamedColumns kColumns = {{{"NAME", "name"},
                                    {"POSITION", "position"},
                                    {"SET", "set"},
                                    {"BY", "principal", "principal_name"}}};

int set(const Command& command, const PinOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto pin = api->set_pin(options.workspace, options.name, options.at);
  if (!pin) return console.failed(pin.error());
  console.line(options.json ? *pin : named_row(*pin, kColumns));
  return kDone;
}

int remove(const Command& command, const PinOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto removed = api->remove_pin(options.workspace, options.name);
  return removed ? kDone : console.failed(removed.error());
}

void workspace_argument(Command& command, PinOptions& options) {
  command.argument({.name = "WORKSPACE", .text = "whose pins", .required = true},
                   options.workspace);
}

void name_argument(Command& command, PinOptions& options) {
  command.argument({.name = "NAME",
                    .text = "a letter, then letters, digits, '.', '_' and '-'",
                    .required = true},
                   options.name);
}

}  // namespace

void add_pin(Command& root) {
  Command& pin = root.add("pin", "Give moments of a workspace names");
  pin.details(
      "A pin is kept until it is removed. Wherever a moment is asked for, its name will do.");

  Command& set_command = pin.add("set", "Name a moment, or the present");
  auto set_options = std::make_shared<PinOptions>();
  workspace_argument(set_command, *set_options);
  name_argument(set_command, *set_options);
  at_option(set_command, set_options->at);
  source_options(set_command, set_options->source);
  set_command.json_flag(set_options->json);
  set_command.example("syncline pin set demo release-1 --server http://127.0.0.1:4400",
                      "the workspace as it is");
  set_command.run([&set_command, set_options](Console& console) {
    return set(set_command, *set_options, console);
  });

  add_named_list(pin, {.summary = "List the pins of a workspace",
                       .of = "whose pins",
                       .value = "NAME",
                       .one = "pin",
                       .columns = kColumns,
                       .page = &Api::pins})
      .example("syncline pin ls demo --json", "for a program");

  Command& remove_command = pin.add("rm", "Remove a pin; the log stays as it is");
  auto remove_options = std::make_shared<PinOptions>();
  workspace_argument(remove_command, *remove_options);
  name_argument(remove_command, *remove_options);
  source_options(remove_command, remove_options->source);
  remove_command.example("syncline pin rm demo release-1 --server http://127.0.0.1:4400", "gone");
  remove_command.run([&remove_command, remove_options](Console& console) {
    return remove(remove_command, *remove_options, console);
  });
}

}  // namespace syncline::cli
