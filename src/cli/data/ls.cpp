#include <memory>

#include "cli/commands.h"
#include "cli/data/source.h"
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

Result<void> list_workspaces(Source& source, const LsOptions& options, Console& console) {
  return each_workspace(source, [&](const std::string& name) {
    console.line(options.json ? compact_json(crdt::Any::Object{{"workspace", crdt::Any(name)}})
                              : visible(name));
    return !console.closed();
  });
}

Result<void> list_objects(Source& source, const LsOptions& options, Console& console) {
  bool any = false;
  auto listed =
      each_object(source, options.workspace, options.prefix, [&](const std::string& name) {
        any = true;
        const crdt::Any::Object line{{"workspace", crdt::Any(options.workspace)},
                                     {"object", crdt::Any(name)}};
        console.line(options.json ? compact_json(line) : visible(name));
        return !console.closed();
      });
  if (listed && !any && options.prefix.empty())
    return std::unexpected(no_such_workspace(source, options.workspace));
  return listed;
}

int list(const Command& command, const LsOptions& options, Console& console) {
  auto source = open_source(command, options.source);
  if (!source) return console.failed(source.error());
  auto listed = options.workspace.empty() ? list_workspaces(**source, options, console)
                                          : list_objects(**source, options, console);
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
