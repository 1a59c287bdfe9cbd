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

constexpr std::size_t kAuthor = 100;  // characters

struct RetentionOptions {
  std::string workspace;
  std::string keep_for = "0";
  std::uint64_t keep_last = 0;
  std::string reason;
  SourceOptions source;
  bool dry_run = false;
  bool json = false;
};

// A text member, made safe for a terminal.
std::string shown(const Any& object, std::string_view key) {
  return visible(text_member(object, key));
}

std::string rule_text(const Any& rule) {
  const std::string age = shown(rule, "keep_for");
  const std::uint64_t count = number_member(rule, "keep_last");
  if (age.empty() && count == 0) return "everything, for ever";
  std::string text;
  if (!age.empty()) text = "what is younger than " + age;
  if (count > 0) text += fmt::format("{}the last {} events", text.empty() ? "" : ", and ", count);
  return text;
}

void print_record(const Any& view, Console& console) {
  const auto* lines = array_member(view, "record");
  if (lines == nullptr || lines->empty()) return;
  console.line("record:");
  for (const Any& line : *lines) {
    const std::string action = shown(line, "action");
    const std::string reason = shown(line, "reason");
    std::string what = action == "set" ? "keep " + rule_text(line) : action;
    if (!reason.empty()) what += ": " + reason;
    console.line(fmt::format("  {}  {}  {}", shown(line, "time"),
                             visible(author_text(line, kAuthor)), what));
  }
}

int print(const std::string& json, const RetentionOptions& options, Console& console) {
  if (options.json) {
    console.line(json);
    return kDone;
  }
  const auto view = crdt::from_json(json);
  if (!view) return console.failed(view.error());
  console.line("keep:      " + rule_text(*view));
  const Any& hold = member(*view, "hold");
  if (std::holds_alternative<Any::Object>(hold.value()))
    console.line(console.paint(
        Colour::kRed, fmt::format("on hold:   since {} by {}: {}", shown(hold, "since"),
                                  visible(author_text(hold, kAuthor)), shown(hold, "reason"))));
  const std::uint64_t from = number_member(*view, "kept_from");
  console.line(from == 0 ? "kept from: the beginning"
                         : fmt::format("kept from: position {}", from));
  if (const std::uint64_t next = number_member(*view, "rule_says"); next > from)
    console.line(fmt::format("next run:  would keep from position {}", next));
  print_record(*view, console);
  return kDone;
}

int show(const Command& command, const RetentionOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto view = api->retention(options.workspace);
  return view ? print(*view, options, console) : console.failed(view.error());
}

int change(const Command& command, const RetentionOptions& options, const RetentionWish& wish,
           Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto view = api->change_retention(options.workspace, wish);
  return view ? print(*view, options, console) : console.failed(view.error());
}

// Runs one turn after another until nothing is left to drop.
int run(const Command& command, const RetentionOptions& options, Console& console) {
  if (options.dry_run) return show(command, options, console);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  for (;;) {
    const auto json = api->run_retention(options.workspace);
    if (!json) return console.failed(json.error());
    const auto turn = crdt::from_json(*json);
    if (!turn) return console.failed(turn.error());
    events += number_member(*turn, "events");
    bytes += number_member(*turn, "bytes");
    if (options.json) console.line(*json);
    const bool* last = std::get_if<bool>(&member(*turn, "done").value());
    if (last == nullptr || *last || console.closed()) break;
    console.progress(fmt::format("dropped {} payloads …", events));
  }
  console.progress({});
  if (!options.json)
    console.line(fmt::format("dropped {}, {}", count_of(events, "payload"), size_text(bytes)));
  return kDone;
}

std::shared_ptr<RetentionOptions> common(Command& command) {
  auto options = std::make_shared<RetentionOptions>();
  command.argument({.name = "WORKSPACE", .text = "what is meant", .required = true},
                   options->workspace);
  source_options(command, options->source);
  command.json_flag(options->json);
  return options;
}

void add_set(Command& retention) {
  Command& command = retention.add("set", "Say how much of its history a workspace keeps");
  auto options = common(command);
  command.option({.name = "--keep-for",
                  .value = "TIME",
                  .text = "Keep what is younger than this: 90d, 12h, 30m; 0 is no limit"},
                 options->keep_for);
  command.option({.name = "--keep-last",
                  .value = "N",
                  .text = "Keep the last N events, however old; 0 is no limit"},
                 options->keep_last);
  command.details(
      "What either of them keeps is kept. Neither: everything is. The server carries it out by "
      "itself; `run` does it now.");
  command.example("syncline retention set demo --keep-for 90d --keep-last 1000", "both");
  command.run([&command, options](Console& console) {
    const RetentionWish wish{.keep_for = options->keep_for, .keep_last = options->keep_last};
    return change(command, *options, wish, console);
  });
}

struct GraceOptions {
  std::string workspace;
  std::string time = "30d";
  std::string seeds;
  SourceOptions source;
  bool json = false;
};

int set_grace(const Command& command, const GraceOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto view = api->set_deletion_rule(options.workspace, options.time, options.seeds);
  if (!view) return console.failed(view.error());
  console.line(options.json ? *view
                            : fmt::format("what is deleted from now on can be undeleted for {}",
                                          options.time));
  return kDone;
}

void add_grace(Command& retention) {
  Command& command =
      retention.add("grace", "Say for how long a deletion of an object can be undone");
  auto options = std::make_shared<GraceOptions>();
  command.argument({.name = "WORKSPACE", .text = "what is meant", .required = true},
                   options->workspace);
  command.option({.name = "--time", .value = "TIME", .text = "So long: 7d, 12h; 0 is not at all"},
                 options->time);
  command.option({.name = "--seeds",
                  .value = "IDS",
                  .text = "Client ids with which every new object begins, such as 1,2"},
                 options->seeds);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "After that time the server erases what was deleted. It holds for what is deleted from now "
      "on; without "
      "--time it is 30 days. A client that sends something of a deleted object is refused, unless "
      "all that "
      "it has of that object is from the seed ids. Needs a server.");
  command.example("syncline retention grace demo --time 7d --server http://127.0.0.1:4400",
                  "a week");
  command.run(
      [&command, options](Console& console) { return set_grace(command, *options, console); });
}

void add_hold(Command& retention, bool hold) {
  Command& command = hold ? retention.add("hold", "Put a legal hold: nothing is dropped any more")
                          : retention.add("release", "Release a legal hold");
  auto options = common(command);
  command.option(
      {.name = "--reason", .value = "TEXT", .text = "Why; it is recorded", .required = hold},
      options->reason);
  command.example(hold ? "syncline retention hold demo --reason 'case 7'"
                       : "syncline retention release demo --reason 'case 7 is closed'",
                  "with who asked, and when, it stays on record");
  command.run([&command, options, hold](Console& console) {
    const RetentionWish wish{.act = hold ? RetentionWish::kHold : RetentionWish::kRelease,
                             .reason = options->reason};
    return change(command, *options, wish, console);
  });
}

}  // namespace

void add_retention(Command& root) {
  Command& retention = root.add("retention", "How much of its history a workspace keeps");
  retention.details(
      "Old events lose their payload and stay in the log, so that every proof holds. The present, "
      "all "
      "moments from where the history begins, and what is pinned stay readable.");
  Command& show_command = retention.add("show", "Print the rule, the hold and the record");
  auto show_options = common(show_command);
  show_command.example("syncline retention show demo", "of a workspace in ./syncline-data");
  show_command.run([&show_command, show_options](Console& console) {
    return show(show_command, *show_options, console);
  });
  add_set(retention);
  add_grace(retention);
  add_hold(retention, true);
  add_hold(retention, false);
  Command& run_command = retention.add("run", "Carry out the rule now");
  auto run_options = common(run_command);
  run_command.flag({.name = "--dry-run", .text = "Only say where the history would begin"},
                   run_options->dry_run);
  run_command.example("syncline retention run demo --dry-run", "what would happen");
  run_command.run([&run_command, run_options](Console& console) {
    return run(run_command, *run_options, console);
  });
}

}  // namespace syncline::cli
