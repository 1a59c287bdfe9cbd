#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/data/source.h"
#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct Options {
  std::string path;
  std::string after;
  SourceOptions source;
  bool json = false;
};

std::string text_of(const Any& object, std::string_view key) {
  const Any* member = object.find(key);
  if (member == nullptr) return {};
  const auto* text = std::get_if<std::string>(&member->value());
  return text == nullptr ? compact_json(*member) : visible(*text);
}

std::string row(const std::string& json) {
  const auto entry = crdt::from_json(json);
  if (!entry) return json;
  return fmt::format("{:<24} {:>10}  {:<24}  {}", text_of(*entry, "object"),
                     text_of(*entry, "position"), text_of(*entry, "since"),
                     text_of(*entry, "reason"));
}

int list(const Command& command, const Options& options, Console& console) {
  auto source = open_source(command, options.source);
  if (!source) return console.failed(source.error());
  std::string after = options.after;
  bool first = true;
  while (!console.closed()) {
    const auto page = (*source)->quarantine(options.path, after);
    if (!page) return console.failed(page.error());
    if (page->empty()) return kDone;
    if (std::exchange(first, false) && !options.json)
      console.line(console.paint(Colour::kBold, fmt::format("{:<24} {:>10}  {:<24}  {}", "OBJECT",
                                                            "EVENT", "SINCE", "REASON")));
    for (const NamedLine& entry : *page) console.line(options.json ? entry.json : row(entry.json));
    after = page->back().name;
  }
  return kDone;
}

int lift(const Command& command, const Options& options, Console& console) {
  const std::size_t slash = options.path.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == options.path.size())
    return console.misused(
        fmt::format("'{}' is no WORKSPACE/OBJECT, such as demo/welcome", options.path));
  auto source = open_source(command, options.source);
  if (!source) return console.failed(source.error());
  const auto lifted =
      (*source)->lift_quarantine(options.path.substr(0, slash), options.path.substr(slash + 1));
  if (!lifted) return console.failed(lifted.error());
  console.line(visible(options.path) + " can be served again");
  return kDone;
}

}  // namespace

void add_quarantine(Command& root) {
  Command& quarantine = root.add("quarantine", "Objects that a server cannot serve");
  quarantine.details(
      "An object of which an event is damaged or cannot be applied is refused, and everything else "
      "works. Its states before that event can be had: cat --at, restore --into.");

  Command& list_command = quarantine.add("ls", "List what is in quarantine, since when and why");
  auto list_options = std::make_shared<Options>();
  list_command.argument({.name = "WORKSPACE", .text = "of which workspace", .required = true},
                        list_options->path);
  list_command.option({.name = "--after", .value = "OBJECT", .text = "Go on after this object"},
                      list_options->after);
  source_options(list_command, list_options->source);
  list_command.json_flag(list_options->json);
  list_command.example("syncline quarantine ls demo --server http://127.0.0.1:4400",
                       "nothing is printed where all is well");
  list_command.run([&list_command, list_options](Console& console) {
    return list(list_command, *list_options, console);
  });

  Command& lift_command = quarantine.add("lift", "Have an object tried again, after a repair");
  auto lift_options = std::make_shared<Options>();
  lift_command.argument({.name = "WORKSPACE/OBJECT", .text = "which one", .required = true},
                        lift_options->path);
  source_options(lift_command, lift_options->source);
  lift_command.example("syncline quarantine lift demo/welcome --server http://127.0.0.1:4400",
                       "fails with the reason if it cannot be served still");
  lift_command.run([&lift_command, lift_options](Console& console) {
    return lift(lift_command, *lift_options, console);
  });
}

}  // namespace syncline::cli
