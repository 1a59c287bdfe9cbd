#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/data/leftovers.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct LogDeletedOptions {
  std::string file;
  SourceOptions source;
  bool json = false;
};

void print_one(const Leftover& each, const char* when, const LogDeletedOptions& options,
               Console& console) {
  if (options.json)
    return console.line(
        compact_json(Any::Object{{"workspace", Any(each.workspace)},
                                 {"object", each.object.empty() ? Any() : Any(each.object)},
                                 {"when", Any(std::string(when))},
                                 {"erased", Any(each.erased)}}));
  console.line(fmt::format("{} {}: {}", each.erased ? "erased" : "deleted", when,
                           each.object.empty() ? visible(each.workspace) + " (the whole workspace)"
                                               : visible(each.workspace + "/" + each.object)));
}

int show_deleted(const LogDeletedOptions& options, Console& console) {
  std::optional<Api> server;
  if (!options.source.server.empty()) {
    auto opened = open_server(options.source);
    if (!opened) return console.failed(opened.error());
    server.emplace(std::move(*opened));
  }
  const auto found = find_leftovers_of_export(options.file, server ? &*server : nullptr);
  if (!found) return console.failed(found.error());
  for (const Leftover& each : found->known) print_one(each, "before", options, console);
  for (const Leftover& each : found->since) print_one(each, "since", options, console);
  if (!options.json)
    console.line(fmt::format("workspace {}: {}, and the content of {} that {} deleted",
                             visible(found->workspace), count_of(found->objects, "object"),
                             count_of(found->known.size() + found->since.size(), "thing"),
                             found->known.size() + found->since.size() == 1 ? "was" : "were"));
  return kDone;
}

}  // namespace

void add_log_deleted(Command& log) {
  Command& command = log.add("deleted", "Say what an export still holds of what was deleted");
  auto options = std::make_shared<LogDeletedOptions>();
  command.argument({.name = "FILE", .text = "a file of `syncline export`", .required = true},
                   options->file);
  server_options(command, options->source, "Also say what was deleted on this server since");
  command.json_flag(options->json);
  command.details(
      "An export holds the content of what was deleted and not erased yet when it was made, and of "
      "what was deleted later. Whoever imports it into another workspace brings the latter back. "
      "An import into the workspace that it comes from does not. The file is read, and not "
      "verified: `log verify` does that.");
  command.example("syncline log deleted demo.syncline", "before the export was made");
  command.example("syncline log deleted demo.syncline --server http://127.0.0.1:4400", "and since");
  command.run([options](Console& console) { return show_deleted(*options, console); });
}

}  // namespace syncline::cli
