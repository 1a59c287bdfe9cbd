#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/data/change_text.h"
#include "cli/data/event_text.h"
#include "cli/data/options.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kError = 2;

struct DiffOptions {
  std::string path;
  std::string from;
  std::string to;
  std::uint64_t after = 0;
  std::uint64_t limit = 0;
  SourceOptions source;
  bool json = false;
};

void print(const EventLine& event, const DiffOptions& options, Console& console, bool first) {
  if (options.json) return console.line(event.json);
  if (first) console.line(console.paint(Colour::kBold, event_titles()));
  console.line(event_row(event));
  if (const auto json = crdt::from_json(event.json))
    for (const std::string& line : change_lines(*json)) console.line(line);
}

Result<bool> print_changes(Api& api, const ObjectPath& path, const DiffOptions& options,
                           Console& console) {
  std::uint64_t after = options.after;
  std::uint64_t left = options.limit == 0 ? UINT64_MAX : options.limit;
  bool any = false;
  while (left > 0 && !console.closed()) {
    const auto page = api.changes(path.workspace, path.object, options.from, options.to, after,
                                  static_cast<std::size_t>(std::min<std::uint64_t>(left, kPage)));
    if (!page) return std::unexpected(page.error());
    for (const EventLine& event : page->changes) {
      print(event, options, console, !any);
      any = true;
    }
    left -= std::min<std::uint64_t>(left, page->changes.size());
    if (page->next == 0) break;
    after = page->next;
  }
  return any;
}

int diff(const Command& command, const DiffOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  auto api = open_api(command, options.source);
  const auto different =
      api ? print_changes(*api, *path, options, console) : std::unexpected(api.error());
  if (different) return *different ? kDifferent : kSame;
  console.failed(different.error());
  return kError;
}

}  // namespace

void add_diff(Command& root) {
  Command& command = root.add("diff", "Print what changed between two moments, when, and by whom");
  auto options = std::make_shared<DiffOptions>();
  command.argument({.name = "WORKSPACE[/OBJECT]", .text = "of what", .required = true},
                   options->path);
  command.argument(
      {.name = "FROM", .text = "a moment: a position, a time or a pin", .required = true},
      options->from);
  command.argument({.name = "TO", .text = "a later moment", .fallback = "now"}, options->to);
  command.option({.name = "--after", .value = "POSITION", .text = "Go on after this position"},
                 options->after);
  limit_option(command, options->limit);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "Below each event stands what it changed: '@5 +\"abc\"' came at index 5, '@5 -3' went from "
      "there, '@5 ~3 {\"bold\":true}' got that format, and lost one that is null. Indices count "
      "UTF-16 units of text. Exits 0 if nothing happened, 1 if something did, 2 for errors.");
  command.example("syncline diff demo release-1", "what happened since");
  command.example("syncline diff demo/welcome 2026-01-31 2026-02-01 --json", "in one day");
  command.run([&command, options](Console& console) { return diff(command, *options, console); });
}

}  // namespace syncline::cli
