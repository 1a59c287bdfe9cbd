#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/data/event_text.h"
#include "cli/data/options.h"

namespace syncline::cli {
namespace {

struct LogShowOptions {
  std::string workspace;
  std::string object;
  std::uint64_t after = 0;
  std::uint64_t limit = 0;
  SourceOptions source;
  bool json = false;
};

Result<void> print_events(Api& api, const LogShowOptions& options, Console& console) {
  std::uint64_t after = options.after;
  std::uint64_t left = options.limit == 0 ? UINT64_MAX : options.limit;
  bool first = true;
  while (left > 0 && !console.closed()) {
    auto events = api.events(options.workspace, options.object, after,
                             static_cast<std::size_t>(std::min<std::uint64_t>(left, kPage)));
    if (!events) return std::unexpected(std::move(events.error()));
    if (events->empty()) break;
    if (first && !options.json) console.line(console.paint(Colour::kBold, event_titles()));
    first = false;
    for (const EventLine& event : *events)
      console.line(options.json ? event.json : event_row(event));
    after = events->back().position;
    left -= std::min<std::uint64_t>(left, events->size());
  }
  if (first && options.after == 0) {
    if (options.object.empty()) return std::unexpected(no_such_workspace(api, options.workspace));
    return fail(ErrorCode::kNotFound,
                "no object '" + options.workspace + "/" + options.object + "'");
  }
  return {};
}

int show(const Command& command, const LogShowOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  auto printed = print_events(*api, options, console);
  return printed ? kDone : console.failed(printed.error());
}

}  // namespace

void add_log_show(Command& log) {
  Command& command = log.add("show", "Print the events of a workspace");
  auto options = std::make_shared<LogShowOptions>();
  log_options(command, options->workspace, options->object);
  command.option({.name = "--after", .value = "POSITION", .text = "Begin after this position"},
                 options->after);
  limit_option(command, options->limit);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "CHANGES says where a change was made: what, the path, and index+length or the key.");
  command.example("syncline log show demo", "everything that happened in the workspace");
  command.example("syncline log show demo --object welcome --after 100 -n 20 --json",
                  "some of it, for a program");
  command.run([&command, options](Console& console) { return show(command, *options, console); });
}

}  // namespace syncline::cli
