#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/data/source.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

struct Options {
  std::string workspace;
  std::string name;
  std::string at;
  std::string after;
  SourceOptions source;
  bool json = false;
};

std::string row(const std::string& json) {
  const auto pin = crdt::from_json(json);
  auto text = [&](std::string_view key) {
    const crdt::Any* member = pin ? pin->find(key) : nullptr;
    const auto* value = member == nullptr ? nullptr : std::get_if<std::string>(&member->value());
    return value == nullptr ? std::string() : *value;
  };
  const crdt::Any* position = pin ? pin->find("position") : nullptr;
  const auto* number = position == nullptr ? nullptr : std::get_if<double>(&position->value());
  return fmt::format("{:<24} {:>10}  {:<24}  {}", text("name"), number == nullptr ? 0 : *number,
                     text("set"), text("principal"));
}

int list(const Command& command, const Options& options, Console& console) {
  auto source = open_source(command, options.source);
  if (!source) return console.failed(source.error());
  std::string after = options.after;
  bool first = true;
  while (!console.closed()) {
    const auto pins = (*source)->pins(options.workspace, after);
    if (!pins) return console.failed(pins.error());
    if (pins->empty()) return kDone;
    if (first && !options.json)
      console.line(console.paint(Colour::kBold, fmt::format("{:<24} {:>10}  {:<24}  {}", "NAME",
                                                            "POSITION", "SET", "BY")));
    first = false;
    for (const NamedLine& pin : *pins) console.line(options.json ? pin.json : row(pin.json));
    after = pins->back().name;
  }
  return kDone;
}

int set(const Command& command, const Options& options, Console& console) {
  auto source = open_source(command, options.source);
  if (!source) return console.failed(source.error());
  const auto pin = (*source)->set_pin(options.workspace, options.name, options.at);
  if (!pin) return console.failed(pin.error());
  console.line(options.json ? *pin : row(*pin));
  return kDone;
}

int remove(const Command& command, const Options& options, Console& console) {
  auto source = open_source(command, options.source);
  if (!source) return console.failed(source.error());
  const auto removed = (*source)->remove_pin(options.workspace, options.name);
  return removed ? kDone : console.failed(removed.error());
}

void workspace_argument(Command& command, Options& options) {
  command.argument({.name = "WORKSPACE", .text = "whose pins", .required = true},
                   options.workspace);
}

void name_argument(Command& command, Options& options) {
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
  auto set_options = std::make_shared<Options>();
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

  Command& list_command = pin.add("ls", "List the pins of a workspace");
  auto list_options = std::make_shared<Options>();
  workspace_argument(list_command, *list_options);
  list_command.option({.name = "--after", .value = "NAME", .text = "Go on after this pin"},
                      list_options->after);
  source_options(list_command, list_options->source);
  list_command.json_flag(list_options->json);
  list_command.example("syncline pin ls demo --json", "for a program");
  list_command.run([&list_command, list_options](Console& console) {
    return list(list_command, *list_options, console);
  });

  Command& remove_command = pin.add("rm", "Remove a pin; the log stays as it is");
  auto remove_options = std::make_shared<Options>();
  workspace_argument(remove_command, *remove_options);
  name_argument(remove_command, *remove_options);
  source_options(remove_command, remove_options->source);
  remove_command.example("syncline pin rm demo release-1 --server http://127.0.0.1:4400", "gone");
  remove_command.run([&remove_command, remove_options](Console& console) {
    return remove(remove_command, *remove_options, console);
  });
}

}  // namespace syncline::cli
