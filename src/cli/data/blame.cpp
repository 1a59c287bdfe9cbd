#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/data/event_text.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct BlameOptions {
  std::string path;
  std::string at;
  SourceOptions source;
  bool json = false;
};

void print_blame(const std::string& json, Console& console) {
  const auto text = crdt::from_json(json);
  const auto* runs = text ? array_member(*text, "runs") : nullptr;
  if (runs == nullptr) return console.line(json);
  console.line(console.paint(Colour::kBold, visible(text_member(*text, "path"))));
  for (const Any& run : *runs) {
    const std::string who = author_text(run, 26);
    const std::uint64_t position = number_member(run, "position");
    const bool known = position > 0;  // false if retention has dropped the event that would tell
    console.line(fmt::format("{:>8}  {:<24}  {}  {}", known ? std::to_string(position) : "-",
                             known ? text_member(run, "time") : "before the history",
                             visible(who.empty() ? "-" : who),
                             compact_json(Any(text_member(run, "text")))));
  }
}

int blame(const Command& command, const BlameOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kRefused);
  if (!path) return console.misused(path.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto texts = api->blame(path->workspace, path->object, options.at);
  if (!texts) return console.failed(texts.error());
  for (const std::string& text : *texts)
    options.json ? console.line(text) : print_blame(text, console);
  return kDone;
}

}  // namespace

void add_blame(Command& root) {
  Command& command = root.add("blame", "Print who wrote each character of an object's texts");
  auto options = std::make_shared<BlameOptions>();
  command.argument({.name = "WORKSPACE/OBJECT", .text = "of what", .required = true},
                   options->path);
  at_option(command, options->at);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "One line for each run of characters that one event brought: its position, when, by whom, "
      "and "
      "the characters. All events of the object are read.");
  command.example("syncline blame demo/welcome", "the present text");
  command.example("syncline blame demo/welcome --at release-1 --json", "an earlier one");
  command.run([&command, options](Console& console) { return blame(command, *options, console); });
}

}  // namespace syncline::cli
