#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <thread>

#include "cli/commands.h"
#include "cli/data/event_text.h"
#include "cli/data/options.h"

namespace syncline::cli {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(500);

struct LogTailOptions {
  std::string workspace;
  std::string object;
  std::uint64_t count = 10;
  bool follow = false;
  SourceOptions source;
  bool json = false;
};

// The last position of a log. Positions have no gaps, so the existence of an event after a position
// tells on which side the end is: O(log n) requests.
Result<std::uint64_t> last_position(Api& api, const std::string& workspace) {
  std::uint64_t low = 0;  // the end is at or after this
  std::uint64_t step = 1;
  for (;;) {
    auto next = api.events(workspace, {}, low + step - 1, 1);
    if (!next) return std::unexpected(std::move(next.error()));
    if (next->empty()) break;
    low += step;
    step *= 2;
  }
  std::uint64_t high = low + step - 1;  // and at or before this
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto next = api.events(workspace, {}, middle, 1);
    if (!next) return std::unexpected(std::move(next.error()));
    if (next->empty()) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// The events of one object can be anywhere in the log, so this reads all of them to find the last
// ones.
Result<std::vector<EventLine>> last_events(Api& api, const LogTailOptions& options) {
  std::uint64_t after = 0;
  if (options.object.empty()) {
    auto end = last_position(api, options.workspace);
    if (!end) return std::unexpected(std::move(end.error()));
    after = *end - std::min(*end, options.count);
  }
  std::deque<EventLine> last;
  for (;;) {
    auto events = api.events(options.workspace, options.object, after, kPage);
    if (!events) return std::unexpected(std::move(events.error()));
    if (events->empty()) break;
    after = events->back().position;
    for (EventLine& event : *events) {
      last.push_back(std::move(event));
      if (last.size() > options.count) last.pop_front();
    }
  }
  return std::vector<EventLine>(std::make_move_iterator(last.begin()),
                                std::make_move_iterator(last.end()));
}

void print(const std::vector<EventLine>& events, bool json, Console& console) {
  for (const EventLine& event : events) console.line(json ? event.json : event_row(event));
  console.flush();
}

Result<void> follow(Api& api, const LogTailOptions& options, std::uint64_t after,
                    Console& console) {
  while (!console.closed()) {
    std::this_thread::sleep_for(kPollInterval);
    if (auto fresh = api.refresh(); !fresh) return fresh;
    for (;;) {
      auto events = api.events(options.workspace, options.object, after, kPage);
      if (!events) return std::unexpected(std::move(events.error()));
      if (events->empty()) break;
      after = events->back().position;
      print(*events, options.json, console);
    }
  }
  return {};
}

int tail(const Command& command, const LogTailOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  auto events = last_events(*api, options);
  if (!events) return console.failed(events.error());
  if (events->empty() && !options.follow && options.count > 0)
    return console.failed(no_such_workspace(*api, options.workspace));
  if (!options.json) console.line(console.paint(Colour::kBold, event_titles()));
  print(*events, options.json, console);
  if (!options.follow) return kDone;
  auto followed = follow(*api, options, events->empty() ? 0 : events->back().position, console);
  return followed ? kDone : console.failed(followed.error());
}

}  // namespace

void add_log_tail(Command& log) {
  Command& command = log.add("tail", "Print the last events of a workspace, and those to come");
  auto options = std::make_shared<LogTailOptions>();
  log_options(command, options->workspace, options->object);
  command.option({.name = "-n,--lines", .value = "N", .text = "How many of the past"},
                 options->count);
  command.flag({.name = "-f,--follow", .text = "Go on with events as they come"}, options->follow);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.example("syncline log tail demo -f --server http://127.0.0.1:4400",
                  "watch a workspace change");
  command.run([&command, options](Console& console) { return tail(command, *options, console); });
}

}  // namespace syncline::cli
