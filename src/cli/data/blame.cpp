#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/data/absent.h"
#include "cli/data/event_text.h"
#include "cli/data/options.h"
#include "cli/data/sitting.h"
#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct BlameOptions {
  std::string path;
  std::string at;
  bool each = false;  // a line for each event
  SourceOptions source;
  bool json = false;
};

// Runs of characters that one author wrote in one go.
struct Passage {
  std::uint64_t first = 0;  // positions of events; 0: retention has dropped what would tell
  std::uint64_t last = 0;
  const Any* run = nullptr;  // the one with the last position
  std::string text;
};

void print_passage(const Passage& passage, Console& console) {
  const bool known = passage.last > 0;
  const std::string who = known ? author_text(*passage.run, 26) : "";
  const std::string events = passage.first == passage.last
                                 ? std::to_string(passage.last)
                                 : fmt::format("{}-{}", passage.first, passage.last);
  console.line(fmt::format("{:>13}  {:<24}  {:<26}  {}", known ? events : "-",
                           known ? text_member(*passage.run, "time") : "before the history",
                           visible(who.empty() ? "-" : who), compact_json(Any(passage.text))));
}

bool continues(const Passage& passage, const Any& run, bool each) {
  const std::uint64_t position = number_member(run, "position");
  if (passage.run == nullptr || each) return false;
  if (position == 0 || passage.last == 0) return position == passage.last;
  return same_sitting(*passage.run, run);
}

void extend(Passage& passage, const Any& run) {
  const std::uint64_t position = number_member(run, "position");
  passage.first = std::min(passage.first, position);
  if (position >= passage.last) passage.run = &run;
  passage.last = std::max(passage.last, position);
  passage.text += text_member(run, "text");
}

void print_blame(const std::string& json, bool each, Console& console) {
  const auto text = crdt::from_json(json);
  const auto* runs = text ? array_member(*text, "runs") : nullptr;
  if (runs == nullptr) return console.line(json);
  console.line(console.paint(Colour::kBold, visible(text_member(*text, "path"))));
  Passage passage;
  for (const Any& run : *runs) {
    if (!continues(passage, run, each)) {
      if (passage.run != nullptr) print_passage(passage, console);
      const std::uint64_t position = number_member(run, "position");
      passage = {.first = position, .last = position};
    }
    extend(passage, run);
  }
  if (passage.run != nullptr) print_passage(passage, console);
}

int blame(const Command& command, const BlameOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kRefused);
  if (!path) return console.misused(path.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.unusable(api.error());
  const auto texts = api->blame(path->workspace, path->object, options.at);
  if (!texts)
    return console.failed(explain_absent(*api, texts.error(), path->workspace, path->object));
  for (const std::string& text : *texts)
    options.json ? console.line(text) : print_blame(text, options.each, console);
  return kDone;
}

}  // namespace

void add_blame(Command& root) {
  Command& command = root.add("blame", "Print who wrote each character of an object's texts");
  auto options = std::make_shared<BlameOptions>();
  command.argument({.name = "WORKSPACE/OBJECT", .text = "of what", .required = true},
                   options->path);
  at_option(command, options->at);
  command.flag({.name = "-e,--each", .text = "A line for each event, also of one author"},
               options->each);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "One line for what one author wrote in one go, with pauses of at most five minutes: the "
      "positions of the first and the last event, when, by whom, and the characters. JSON has a "
      "run "
      "for each event. Where retention has dropped the events, nobody knows the author.");
  command.example("syncline blame demo/welcome", "the present text");
  command.example("syncline blame demo/welcome --at release-1 --json", "an earlier one");
  command.run([&command, options](Console& console) { return blame(command, *options, console); });
}

}  // namespace syncline::cli
