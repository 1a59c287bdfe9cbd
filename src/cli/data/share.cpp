#include <memory>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct ShareOptions {
  std::string path;  // WORKSPACE, WORKSPACE/FOLDER/, WORKSPACE/OBJECT
  ShareWish wish;
  SourceOptions source;
  bool json = false;
};

int list_shares(const Command& command, const ShareOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto shares = api->shares(path->workspace, path->object);
  if (!shares) return console.failed(shares.error());
  Table table({{"ROLE"}, {"TO"}, {"OF"}, {"GIVEN"}, {"BY"}});
  for (const NamedLine& entry : *shares) {
    const auto json = crdt::from_json(entry.json);
    if (options.json || !json) {
      console.line(entry.json);
      continue;
    }
    table.row({text_member(*json, "role"), text_member(*json, "to"),
               entry.name.empty() ? "(the workspace)" : entry.name, text_member(*json, "given"),
               text_member(*json, "principal")});
  }
  if (!table.empty()) console.out(table.print());
  return kDone;
}

// Calls `change` with what the options name.
template <typename Change>
int change_share(const Command& command, const ShareOptions& options, Console& console,
                 Change change) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  ShareWish wish = options.wish;
  wish.resource = path->object;
  return change(*api, path->workspace, wish);
}

int give_share(const Command& command, const ShareOptions& options, Console& console) {
  return change_share(
      command, options, console,
      [&](Api& api, const std::string& workspace, const ShareWish& wish) {
        const auto given = api.share(workspace, wish);
        if (!given) return console.failed(given.error());
        console.line(options.json ? *given : wish.to + " is " + wish.role + " of " + options.path);
        return int{kDone};
      });
}

int take_share(const Command& command, const ShareOptions& options, Console& console) {
  return change_share(command, options, console,
                      [&](Api& api, const std::string& workspace, const ShareWish& wish) {
                        const auto taken = api.unshare(workspace, wish);
                        return taken ? int{kDone} : console.failed(taken.error());
                      });
}

using RunShare = int (*)(const Command&, const ShareOptions&, Console&);

Command& share_command(Command& parent, std::string name, std::string summary,
                       std::shared_ptr<ShareOptions> options, RunShare run) {
  Command& command = parent.add(std::move(name), std::move(summary));
  command.argument({.name = "PATH",
                    .text = "WORKSPACE, WORKSPACE/FOLDER/ or WORKSPACE/OBJECT",
                    .required = true},
                   options->path);
  source_options(command, options->source);
  command.run(
      [&command, options, run](Console& console) { return run(command, *options, console); });
  return command;
}

void to_option(Command& command, ShareOptions& options) {
  command.option({.name = "--to",
                  .value = "WHOM",
                  .text = "principal:ID, group:NAME, or everyone who is let in",
                  .required = true},
                 options.wish.to);
  command.option({.name = "--reason", .value = "TEXT", .text = "Why; it is recorded"},
                 options.wish.reason);
}

}  // namespace

void add_share(Command& root) {
  Command& share = root.add("share", "Give people and groups roles in a workspace");
  share.details(
      "A role holds for a workspace, a folder or an object. As soon as a workspace has a share or "
      "a "
      "policy, nobody has a right there that none of them gives (docs/policy.md).");

  auto list = std::make_shared<ShareOptions>();
  Command& list_command =
      share_command(share, "list", "List who has which role", list, list_shares);
  list_command.json_flag(list->json);
  list_command.example("syncline share list demo/notes/ --server http://127.0.0.1:4400",
                       "of what is below notes/");

  auto give = std::make_shared<ShareOptions>();
  Command& give_command = share_command(share, "give", "Give a role", give, give_share);
  to_option(give_command, *give);
  give_command.option({.name = "--role",
                       .value = "ROLE",
                       .text = "What they may do",
                       .choices = {"viewer", "annotator", "editor", "owner"},
                       .required = true},
                      give->wish.role);
  give_command.json_flag(give->json);
  give_command.example(
      "syncline share give demo/notes/plan --to principal:ann --role editor --server "
      "http://127.0.0.1:4400",
      "it replaces the role that ann had there");

  auto take = std::make_shared<ShareOptions>();
  Command& take_command = share_command(share, "take", "Take a role back", take, take_share);
  to_option(take_command, *take);
  take_command.example(
      "syncline share take demo/notes/plan --to principal:ann --server http://127.0.0.1:4400",
      "whoever may not read any more is disconnected");
}

}  // namespace syncline::cli
