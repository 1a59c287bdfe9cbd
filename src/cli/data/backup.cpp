#include <fmt/format.h>

#include <memory>

#include "backend/store/backup.h"
#include "base/percent.h"
#include "cli/commands.h"
#include "cli/data/api_client.h"
#include "cli/data/leftovers.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using backend::BackupReport;
using crdt::Any;

struct BackupOptions {
  std::string target;
  SourceOptions source;
  bool signing_key = false;
  bool json = false;
};

std::string json_of(const BackupReport& report) {
  return compact_json(Any::Object{{"files", json_number(report.files)},
                                  {"bytes", json_number(report.bytes)},
                                  {"workspaces", json_number(report.workspaces)},
                                  {"signing_key", Any(report.signing_key)}});
}

int print(const Result<BackupReport>& report, std::string_view what, const BackupOptions& options,
          Console& console) {
  console.progress({});
  if (!report) return console.failed(report.error());
  console.line(options.json ? json_of(*report)
                            : fmt::format("{}: {}, {}, {}{}", what,
                                          count_of(report->workspaces, "workspace"),
                                          count_of(report->files, "file"), size_text(report->bytes),
                                          report->signing_key ? ", with the signing key" : ""));
  return kDone;
}

// Asks the server, which writes the backup into its --backup-dir.
Result<BackupReport> ask_server(const BackupOptions& options) {
  const auto token = read_token(options.source.token_file);
  if (!token) return std::unexpected(token.error());
  const auto client = ApiClient::open(options.source.server, *token);
  if (!client) return std::unexpected(client.error());
  const auto answer =
      client->ask({.method = "POST",
                   .path = fmt::format("/v1/backups?name={}{}", percent_encode(options.target),
                                       options.signing_key ? "&signing_key=1" : ""),
                   .timeout_ms = std::uint64_t{24} * 3600 * 1000});
  if (!answer) return std::unexpected(answer.error());
  const auto json = crdt::from_json(*answer);
  if (!json) return client->not_understood();
  return BackupReport{.files = number_member(*json, "files"),
                      .bytes = number_member(*json, "bytes"),
                      .workspaces = number_member(*json, "workspaces"),
                      .signing_key = options.signing_key};
}

int create(const Command& command, const BackupOptions& options, Console& console) {
  const auto to_server = names_server(command, options.source);
  if (!to_server) return console.misused(to_server.error().message);
  if (*to_server) return print(ask_server(options), "backed up", options, console);
  const backend::BackupOptions wanted{.destination = options.target,
                                      .signing_key = options.signing_key,
                                      .progress = [&console](std::uint64_t bytes) {
                                        console.progress(fmt::format("{} …", size_text(bytes)));
                                        return true;
                                      }};
  return print(
      backend::back_up({.data_dir = options.source.data_dir, .create_if_missing = false}, wanted),
      "backed up", options, console);
}

void add_create(Command& backup) {
  Command& command =
      backup.add("create", "Back up all workspaces, of a server or a data directory");
  auto options = std::make_shared<BackupOptions>();
  command.argument(
      {.name = "NAME|DIR",
       .text = "with --server a name below its --backup-dir, else a directory to write",
       .required = true},
      options->target);
  source_options(command, options->source);
  command.flag({.name = "--signing-key",
                .text = "The private key too: whoever has it signs in the server's name"},
               options->signing_key);
  command.json_flag(options->json);
  command.details(
      "Everything that was acknowledged when it began is in it. It is read back before it is "
      "called "
      "a backup; one that was interrupted is called NAME.partial and is refused everywhere.");
  command.example("syncline backup create nightly --server http://127.0.0.1:4400",
                  "beside everything else that it does");
  command.example("syncline backup create /mnt/backups/monday --data-dir /var/lib/syncline",
                  "of a server that is stopped");
  command.run([&command, options](Console& console) { return create(command, *options, console); });
}

std::string leftover_text(const Leftover& leftover) {
  return fmt::format("{}: {}", leftover.erased ? "erased since" : "deleted since",
                     leftover.object.empty()
                         ? visible(leftover.workspace) + " (the whole workspace)"
                         : visible(leftover.workspace + "/" + leftover.object));
}

// After the report of the check.
int print_leftovers(const BackupOptions& options, Console& console) {
  auto backup = open_data_dir(options.target, options.source.tenant);
  if (!backup) return console.failed(backup.error());
  auto server = open_server(options.source);
  if (!server) return console.failed(server.error());
  const auto leftovers = find_leftovers(*backup, *server);
  if (!leftovers) return console.failed(leftovers.error());
  for (const Leftover& each : *leftovers)
    console.line(options.json ? compact_json(Any::Object{
                                    {"workspace", Any(each.workspace)},
                                    {"object", each.object.empty() ? Any() : Any(each.object)},
                                    {"erased", Any(each.erased)}})
                              : leftover_text(each));
  if (!options.json)
    console.line(leftovers->empty()
                     ? "holds nothing that was deleted since"
                     : fmt::format("holds {} that {} deleted since: a restore brings {} back",
                                   count_of(leftovers->size(), "thing"),
                                   leftovers->size() == 1 ? "was" : "were",
                                   leftovers->size() == 1 ? "it" : "them"));
  return kDone;
}

int check(const BackupOptions& options, Console& console) {
  const int checked = print(backend::check_backup(options.target), "sound", options, console);
  if (checked != kDone || options.source.server.empty()) return checked;
  return print_leftovers(options, console);
}

void add_check(Command& backup) {
  Command& command = backup.add("check", "Read a backup, and compare it with its list");
  auto options = std::make_shared<BackupOptions>();
  command.argument({.name = "DIR", .text = "the backup", .required = true}, options->target);
  server_options(command, options->source,
                 "Also say what was deleted on this server since, and would come back");
  command.json_flag(options->json);
  command.details(
      "A backup is a data directory: `log verify --data-dir DIR` re-derives what is in it.");
  command.example("syncline backup check /mnt/backups/monday", "every file, by its hash");
  command.example("syncline backup check /mnt/backups/monday --server http://127.0.0.1:4400",
                  "and what it still holds of what was deleted there since");
  command.run([options](Console& console) { return check(*options, console); });
}

void add_restore_backup(Command& backup) {
  Command& command = backup.add("restore", "Make a data directory of a backup");
  auto options = std::make_shared<BackupOptions>();
  command.argument({.name = "DIR", .text = "the backup", .required = true}, options->target);
  data_dir_option(command, options->source.data_dir, "What to make; must not exist, or be empty");
  command.json_flag(options->json);
  command.details(
      "Without the private key in it, the directory gets a new one, and what the old one signed "
      "stays "
      "believed. Do not go on with the server that was backed up: two continuations of one log are "
      "two logs.");
  command.example("syncline backup restore /mnt/backups/monday --data-dir /var/lib/syncline",
                  "then start a server over it");
  command.run([options](Console& console) {
    return print(backend::restore_backup(options->target, {.data_dir = options->source.data_dir}),
                 "restored", *options, console);
  });
}

}  // namespace

void add_backup(Command& root) {
  Command& backup = root.add("backup", "Back up everything, check a backup, bring one back");
  add_create(backup);
  add_check(backup);
  add_restore_backup(backup);
}

}  // namespace syncline::cli
