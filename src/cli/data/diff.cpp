#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/data/event_text.h"
#include "cli/data/source.h"
#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kError = 2;

struct Options {
  std::string path;
  std::string from;
  std::string to;
  std::uint64_t after = 0;
  std::uint64_t limit = 0;
  SourceOptions source;
  bool json = false;
};

// "@12 +«abc» -3 @20 ~4 {«bold»:true}": where the delta changes something, and what.
std::string delta_text(const Any& delta) {
  const auto* steps = std::get_if<Any::Array>(&delta.value());
  std::string told;
  double at = 0;
  for (std::size_t i = 0; steps != nullptr && i < steps->size(); ++i) {
    const Any& step = (*steps)[i];
    const Any* formats = step.find("attributes");
    if (const Any* kept = step.find("retain")) {
      if (formats != nullptr)
        told += fmt::format("{}@{} ~{} {}", told.empty() ? "" : " ", at, compact_json(*kept),
                            compact_json(*formats));
      if (const auto* count = std::get_if<double>(&kept->value())) at += *count;
      continue;
    }
    told += fmt::format("{}@{}", told.empty() ? "" : " ", at);
    if (const Any* added = step.find("insert")) told += " +" + compact_json(*added);
    if (formats != nullptr) told += " " + compact_json(*formats);
    if (const Any* gone = step.find("delete")) told += " -" + compact_json(*gone);
    if (const Any* added = step.find("insert")) {
      const auto* values = std::get_if<Any::Array>(&added->value());
      at += values == nullptr ? static_cast<double>(character_count(text_of(*added)))
                              : static_cast<double>(values->size());
    }
  }
  return told;
}

std::vector<std::string> told_lines(const EventLine& event) {
  std::vector<std::string> lines;
  const auto json = crdt::from_json(event.json);
  const auto* list = json ? array_member(*json, "changes") : nullptr;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const Any& change = (*list)[i];
    const std::string name = text_member(change, "path");
    if (const Any* delta = change.find("delta"))
      lines.push_back(fmt::format("{}: {}", name, delta_text(*delta)));
    if (const Any* keys = change.find("keys"))
      lines.push_back(fmt::format("{}: {}", name, compact_json(*keys)));
  }
  return lines;
}

void print(const EventLine& event, const Options& options, Console& console, bool first) {
  if (options.json) return console.line(event.json);
  if (first) console.line(console.paint(Colour::kBold, event_titles()));
  console.line(event_row(event));
  for (const std::string& line : told_lines(event)) console.line("          " + visible(line));
}

Result<bool> print_changes(Source& source, const ObjectPath& path, const Options& options,
                           Console& console) {
  std::uint64_t after = options.after;
  std::uint64_t left = options.limit == 0 ? UINT64_MAX : options.limit;
  bool any = false;
  while (left > 0 && !console.closed()) {
    const auto page =
        source.changes(path.workspace, path.object, options.from, options.to, after,
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

int diff(const Command& command, const Options& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  auto source = open_source(command, options.source);
  const auto different =
      source ? print_changes(**source, *path, options, console) : std::unexpected(source.error());
  if (different) return *different ? kDifferent : kSame;
  console.failed(different.error());
  return kError;
}

}  // namespace

void add_diff(Command& root) {
  Command& command = root.add("diff", "Print what changed between two moments, when, and by whom");
  auto options = std::make_shared<Options>();
  command.argument({.name = "WORKSPACE[/OBJECT]", .text = "of what", .required = true},
                   options->path);
  command.argument(
      {.name = "FROM", .text = "a moment: a position, a time or a pin", .required = true},
      options->from);
  command.argument({.name = "TO", .text = "a later moment", .fallback = "now"}, options->to);
  command.option({.name = "--after", .value = "POSITION", .text = "Go on after this position"},
                 options->after);
  command.option(
      {.name = "-n,--limit", .value = "N", .text = "At most so many events", .fallback = "all"},
      options->limit);
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
