#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/data/change_text.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct RestoreOptions {
  std::string path;
  RestoreWish wish;
  std::string after;
  SourceOptions source;
  bool json = false;
};

void print_restored(const std::string& json, Console& console) {
  const auto result = crdt::from_json(json);
  if (!result) return console.line(json);
  const std::string name = compact_json(member(*result, "object"));
  if (member(*result, "changed") == Any(false)) return console.line(name + " is as it was then");
  if (member(*result, "dry_run") == Any(true)) {
    console.line(name + " would change:");
    for (const std::string& line : change_lines(*result)) console.line(line);
    return;
  }
  console.line(fmt::format("{} is restored, by the event at position {}", name,
                           number_member(*result, "position")));
}

Result<void> restore_one(Api& api, const std::string& workspace, const std::string& object,
                         const RestoreOptions& options, Console& console) {
  const auto result = api.restore(workspace, object, options.wish);
  if (!result) return std::unexpected(result.error());
  options.json ? console.line(*result) : print_restored(*result, console);
  return {};
}

// Restores one object after the other. If one fails, the earlier ones stay restored, and --after
// continues there.
Result<void> restore_all(Api& api, const std::string& workspace, RestoreOptions options,
                         Console& console) {
  options.wish.or_empty = options.wish.into.empty();
  Result<void> result;
  bool any = false;
  auto each = [&](const std::string& object) {
    any = true;
    if (object <= options.after) return true;
    result = restore_one(api, workspace, object, options, console);
    const bool later = !result && result.error().code == ErrorCode::kNotFound;
    if (later && !options.wish.into.empty()) result = {};
    if (!result) result.error().message += fmt::format(" (object {})", object);
    return result.has_value() && !console.closed();
  };
  if (auto listed = each_object(api, workspace, "", each); !listed) return listed;
  if (!any) return std::unexpected(no_such_workspace(api, workspace));
  return result;
}

int restore(const Command& command, const RestoreOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  const auto& [workspace, object] = *path;
  const RestoreWish& wish = options.wish;
  if (wish.into.empty() && wish.confirm.empty() && !wish.dry_run)
    return console.misused(fmt::format(
        "into a new workspace with --into NAME, or in place with --confirm {}", workspace));
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto done = object.empty() ? restore_all(*api, workspace, options, console)
                                   : restore_one(*api, workspace, object, options, console);
  return done ? kDone : console.failed(done.error());
}

}  // namespace

void add_restore(Command& root) {
  Command& command = root.add("restore", "Bring back a past state, as a new change or elsewhere");
  auto options = std::make_shared<RestoreOptions>();
  command.argument({.name = "WORKSPACE[/OBJECT]", .text = "of what", .required = true},
                   options->path);
  command.option({.name = "--at",
                  .value = "MOMENT",
                  .text = "As of this position, time or pin",
                  .required = true},
                 options->wish.at);
  command.option({.name = "--into",
                  .value = "NAME",
                  .text = "Into this workspace, which must not hold the objects yet: a branch"},
                 options->wish.into);
  command.option(
      {.name = "--confirm", .value = "NAME", .text = "In place: the workspace's name once more"},
      options->wish.confirm);
  command.flag(
      {.name = "--dry-run", .text = "Say what would change, as diff does, and change nothing"},
      options->wish.dry_run);
  after_object_option(command, options->after);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "In place, a restore is one change to each object, on top of what is there: the log only "
      "grows, "
      "what was there before can be restored as well, and what is equal keeps its authors. Objects "
      "that did not exist then become empty. Needs a server.");
  command.example(
      "syncline restore demo --at release-1 --into demo-2 --server http://127.0.0.1:4400",
      "a branch of the workspace as it was");
  command.example(
      "syncline restore demo/welcome --at 1042 --dry-run --server http://127.0.0.1:4400",
      "what would change");
  command.run(
      [&command, options](Console& console) { return restore(command, *options, console); });
}

}  // namespace syncline::cli
