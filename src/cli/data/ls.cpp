#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct LsOptions {
  std::string workspace;
  Api::ObjectFilter filter;
  SourceOptions source;
  bool details = false;
  bool json = false;

  bool asks_for_details() const { return details || !filter.type.empty() || !filter.since.empty(); }
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
  auto listed =
      each_object(api, options.workspace, options.filter.prefix, [&](const std::string& name) {
        any = true;
        const crdt::Any::Object line{{"workspace", crdt::Any(options.workspace)},
                                     {"object", crdt::Any(name)}};
        console.line(options.json ? compact_json(line) : visible(name));
        return !console.closed();
      });
  if (listed && !any && options.filter.prefix.empty())
    return std::unexpected(no_such_workspace(api, options.workspace));
  return listed;
}

// Whose name is known, and of whom only the id.
std::string author_of(const crdt::Any& object) {
  const std::string name = text_member(object, "name");
  return name.empty() ? text_member(object, "principal") : name;
}

std::vector<std::string> detail_cells(const crdt::Any& object) {
  const std::string name = text_member(object, "object");
  if (text_member(object, "time").empty()) return {"damaged", "", "", "", "", name};
  return {text_member(object, "type"),
          size_text(number_member(object, "size")),
          std::to_string(number_member(object, "position")),
          text_member(object, "time"),
          shorten(author_of(object), 24),
          name};
}

Result<void> list_details(Api& api, const LsOptions& options, Console& console) {
  bool any = false;
  std::string after;
  do {
    const auto page = api.object_details(options.workspace, options.filter, after);
    if (!page) return std::unexpected(page.error());
    Table table({{"TYPE"},
                 {"SIZE", Align::kRight},
                 {"EVENT", Align::kRight},
                 {"CHANGED"},
                 {"BY"},
                 {"OBJECT"}});
    for (const crdt::Any& object : *array_member(*page, "details")) {
      any = true;
      options.json ? console.line(compact_json(object)) : table.row(detail_cells(object));
    }
    if (!table.empty()) console.out(table.print());
    after = text_member(*page, "next");
    if (!after.empty()) any = true;
  } while (!after.empty() && !console.closed());
  if (!any && options.filter.prefix.empty() && options.filter.type.empty() &&
      options.filter.since.empty())
    return std::unexpected(no_such_workspace(api, options.workspace));
  return {};
}

Result<void> list_one(Api& api, const LsOptions& options, Console& console) {
  if (options.workspace.empty()) return list_workspaces(api, options, console);
  return options.asks_for_details() ? list_details(api, options, console)
                                    : list_objects(api, options, console);
}

int list(const Command& command, const LsOptions& options, Console& console) {
  if (options.workspace.empty() && options.asks_for_details())
    return console.misused("--long, --type and --since are of objects: name a WORKSPACE");
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto listed = list_one(*api, options, console);
  return listed ? kDone : console.failed(listed.error());
}

}  // namespace

void add_ls(Command& root) {
  Command& command = root.add("ls", "List workspaces, or the objects of one");
  auto options = std::make_shared<LsOptions>();
  command.argument({.name = "WORKSPACE", .text = "list its objects"}, options->workspace);
  command.option({.name = "--prefix", .value = "TEXT", .text = "Objects that begin with this only"},
                 options->filter.prefix);
  command.option({.name = "--type", .value = "NAME", .text = "Objects of this type only"},
                 options->filter.type);
  command.option({.name = "--since",
                  .value = "MOMENT",
                  .text = "Objects that have changed after it: a position, a time, or a pin"},
                 options->filter.since);
  command.flag({.name = "-l,--long", .text = "Type, size, last change and its author of each"},
               options->details);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.example("syncline ls", "the workspaces in ./syncline-data");
  command.example("syncline ls demo --server http://127.0.0.1:4400", "the objects of one");
  command.example("syncline ls demo -l --since 2026-11-30",
                  "what has changed since then, and by whom");
  command.run([&command, options](Console& console) { return list(command, *options, console); });
}

}  // namespace syncline::cli
