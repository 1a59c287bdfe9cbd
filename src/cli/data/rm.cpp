// Deleting objects and workspaces, and undoing that.
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct RemovalOptions {
  std::string path;
  DeletionWish wish;
  std::string confirmed;  // the name of a workspace that is to be erased
  SourceOptions source;
  bool json = false;
};

std::string removed_text(const Any& result, const DeletionWish& wish) {
  const std::string name = compact_json(member(result, "object"));
  if (wish.dry_run)
    return fmt::format("{} would be {}", name,
                       wish.undo    ? "as it was"
                       : wish.erase ? "deleted and erased"
                                    : "deleted");
  const std::uint64_t position = number_member(result, "position");
  if (wish.undo) return fmt::format("{} is as it was, by the event at position {}", name, position);
  const std::string until = text_member(result, "erase_at");
  return fmt::format("{} is deleted, by the event at position {}; {}", name, position,
                     until.empty() ? "it is being erased"
                                   : "until " + until + ", `syncline undelete` brings it back");
}

std::string removed_workspace_text(const Any& result, const DeletionWish& wish) {
  const std::string name = "workspace " + text_member(result, "workspace");
  if (wish.dry_run)
    return fmt::format("{} would {}", name,
                       wish.begin   ? "begin anew"
                       : wish.undo  ? "be as it was"
                       : wish.erase ? "be deleted and erased"
                                    : "be deleted");
  const std::uint64_t position = number_member(result, "position");
  if (wish.begin) return fmt::format("{} begins anew, by the event at position {}", name, position);
  if (wish.undo) return fmt::format("{} is as it was, by the event at position {}", name, position);
  const std::string until = text_member(member(result, "deleted"), "erase_at");
  return fmt::format("{} is deleted, by the event at position {}; {}", name, position,
                     until.empty() ? "it is being erased"
                                   : "until " + until + ", `syncline undelete` brings it back");
}

int carry_out(const Command& command, const RemovalOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  const bool whole = path->object.empty();
  if (options.wish.begin && !whole) return console.misused("--anew is for a whole workspace");
  if (whole && options.wish.erase && options.confirmed != path->workspace)
    return console.misused("this erases the whole workspace: repeat its name with --confirm");
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto answer = whole ? api->change_workspace_deletion(path->workspace, options.wish)
                            : api->change_deletion(path->workspace, path->object, options.wish);
  if (!answer) return console.failed(answer.error());
  const auto result = crdt::from_json(*answer);
  console.line(options.json || !result ? *answer
               : whole                 ? removed_workspace_text(*result, options.wish)
                                       : removed_text(*result, options.wish));
  return kDone;
}

std::shared_ptr<RemovalOptions> removal_options(Command& command, const char* what) {
  auto options = std::make_shared<RemovalOptions>();
  command.argument({.name = "WORKSPACE[/OBJECT]", .text = what, .required = true}, options->path);
  command.option({.name = "--reason", .value = "TEXT", .text = "Why; it is recorded"},
                 options->wish.reason);
  command.flag({.name = "--dry-run", .text = "Only say whether it would be done"},
               options->wish.dry_run);
  source_options(command, options->source);
  command.json_flag(options->json);
  return options;
}

}  // namespace

void add_rm(Command& root) {
  Command& command = root.add("rm", "Delete an object or a workspace");
  auto options = removal_options(command, "what is deleted");
  command.flag({.name = "--erase", .text = "Erase it at once: nothing brings it back"},
               options->wish.erase);
  command.option({.name = "--confirm",
                  .value = "WORKSPACE",
                  .text = "To erase a whole workspace: its name once more"},
                 options->confirmed);
  command.details(
      "Those who have the object open are told, and what they send of it later is refused. A new "
      "object of the name begins empty. The object can be undeleted for as long as the workspace "
      "says (`retention grace`); then the server erases it. Its events stay in the log, without "
      "their content. A workspace is deleted with all its objects, and refuses everybody, until it "
      "is undeleted, or until its name begins anew (`undelete --anew`). Needs a server.");
  command.example("syncline rm demo/old --reason 'moved' --server http://127.0.0.1:4400",
                  "can be undone for 30 days");
  command.example("syncline rm demo/old --erase --server http://127.0.0.1:4400", "cannot");
  command.example("syncline rm demo --server http://127.0.0.1:4400", "the whole workspace");
  command.run(
      [&command, options](Console& console) { return carry_out(command, *options, console); });
}

void add_undelete(Command& root) {
  Command& command = root.add("undelete", "Undo the deletion of an object or a workspace");
  auto options = removal_options(command, "what is brought back");
  command.flag({.name = "--anew", .text = "Begin an erased workspace anew: empty, without rules"},
               options->wish.begin);
  command.details(
      "The object is as it was, with its history, and so is the workspace. Whoever had it open can "
      "go on. What was erased cannot be brought back; with --anew, its name can be used for a new "
      "workspace. Needs a server.");
  command.example("syncline undelete demo/old --server http://127.0.0.1:4400", "as it was");
  command.run([&command, options](Console& console) {
    options->wish.undo = !options->wish.begin;
    return carry_out(command, *options, console);
  });
}

}  // namespace syncline::cli
