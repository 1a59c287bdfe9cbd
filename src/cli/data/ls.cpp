#include <memory>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct LsOptions {
  std::string workspace;
  std::string prefix;
  SourceOptions source;
  bool json = false;
};

Result<void> list_workspaces(Api& api, const LsOptions& options, Console& console) {
  return each_workspace(api, [&](const std::string& name) {
    console.line(options.json ? compact_json(crdt::Any::Object{{"workspace", crdt::Any(name)}})
                              : visible(name));
    return !console.closed();
  });
}

Result<void> list_objects(Api& api, const LsOptions& options, Console& console) {
  bool any = false;
  auto listed = each_object(api, options.workspace, options.prefix, [&](const std::string& name) {
    any = true;
    const crdt::Any::Object line{{"workspace", crdt::Any(options.workspace)},
                                 {"object", crdt::Any(name)}};
    console.line(options.json ? compact_json(line) : visible(name));
    return !console.closed();
  });
  if (listed && !any && options.prefix.empty())
    return std::unexpected(no_such_workspace(api, options.workspace));
  return listed;
}

int list(const Command& command, const LsOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  auto listed = options.workspace.empty() ? list_workspaces(*api, options, console)
                                          : list_objects(*api, options, console);
  return listed ? kDone : console.failed(listed.error());
}

}  // namespace

void add_ls(Command& root) {
  Command& command = root.add("ls", "List workspaces, or the objects of one");
  auto options = std::make_shared<LsOptions>();
  command.argument({.name = "WORKSPACE", .text = "list its objects"}, options->workspace);
  command.option({.name = "--prefix", .value = "TEXT", .text = "Objects that begin with this only"},
                 options->prefix);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.example("syncline ls", "the workspaces in ./syncline-data");
  command.example("syncline ls demo --server http://127.0.0.1:4400", "the objects of one");
  command.run([&command, options](Console& console) { return list(command, *options, console); });
}

}  // namespace syncline::cli
