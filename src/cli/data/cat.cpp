#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/files.h"
#include "cli/json.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

struct CatOptions {
  std::string path;
  std::string at;
  std::string after;
  std::string output;
  WantedPart part;
  SourceOptions source;
  bool json = false;
};

std::string json_line(const std::string& workspace, const std::string& object,
                      const ObjectState& state) {
  return fmt::format(R"({{"workspace":{},"object":{},"position":{},"state":{}}})",
                     compact_json(crdt::Any(workspace)), compact_json(crdt::Any(object)),
                     state.position, state.json);
}

int write_update(Api& api, const std::string& workspace, const std::string& object,
                 const CatOptions& options, Console& console) {
  auto update = api.object_update(workspace, object, options.at);
  if (!update) return console.failed(update.error());
  auto written = write_file(options.output, *update, console);
  return written ? kDone : console.failed(written.error());
}

// Prints every object of a workspace, one per line. Returns false if some were damaged; those are
// named and skipped.
Result<bool> print_all(Api& api, const std::string& workspace, const CatOptions& options,
                       Console& console) {
  Result<bool> result = true;
  bool any = false;
  auto print_one = [&](const std::string& object) {
    any = true;
    if (object <= options.after) return true;
    const auto state = api.object(workspace, object, options.at, {});
    if (state) {
      console.line(json_line(workspace, object, *state));
    } else if (state.error().code == ErrorCode::kCorrupt) {
      console.message(state.error().message);
      result = false;
    } else if (state.error().code != ErrorCode::kNotFound) {
      result = std::unexpected(state.error());
    }
    return !console.closed() && result.has_value();
  };
  if (auto listed = each_object(api, workspace, "", print_one); !listed)
    return std::unexpected(std::move(listed.error()));
  if (!any) return std::unexpected(no_such_workspace(api, workspace));
  return result;
}

std::optional<std::string> misuse_of_part(const CatOptions& options, bool whole) {
  const auto& [root, range] = options.part;
  if (root.empty()) {
    if (range.empty()) return std::nullopt;
    return "--range is of a root: --root NAME";
  }
  if (whole) return "--root takes one object: WORKSPACE/OBJECT";
  if (!options.output.empty()) return "an update is of the whole object: --output without --root";
  return std::nullopt;
}

int print(const Command& command, const CatOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  const auto& [workspace, object] = *path;
  const bool whole = object.empty();
  if (whole && !options.output.empty())
    return console.misused("--output takes one object: WORKSPACE/OBJECT");
  if (const auto why = misuse_of_part(options, whole)) return console.misused(*why);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  if (whole) {
    const auto printed = print_all(*api, workspace, options, console);
    if (!printed) return console.failed(printed.error());
    return *printed ? kDone : kFailed;
  }
  if (!options.output.empty()) return write_update(*api, workspace, object, options, console);
  auto state = api->object(workspace, object, options.at, options.part);
  if (!state) return console.failed(state.error());
  if (options.json) {
    console.line(json_line(workspace, object, *state));
    return kDone;
  }
  const auto value = crdt::from_json(state->json);
  console.line(value ? pretty_json(*value) : state->json);
  return kDone;
}

}  // namespace

void add_cat(Command& root) {
  Command& command =
      root.add("cat", "Print the state of an object or a workspace, now or at a moment");
  auto options = std::make_shared<CatOptions>();
  command.argument({.name = "WORKSPACE[/OBJECT]", .text = "what to print", .required = true},
                   options->path);
  command.option({.name = "-o,--output",
                  .value = "FILE",
                  .text = "Write it as a Yjs update (v1) instead; '-' is stdout",
                  .is_file = true},
                 options->output);
  at_option(command, options->at);
  command.option({.name = "--root", .value = "NAME", .text = "Only this root type of the object"},
                 options->part.root);
  command.option({.name = "--range",
                  .value = "FROM:TO",
                  .text = "Of that root, a text (in UTF-16 units) or a list: only this much"},
                 options->part.range);
  after_object_option(command, options->after);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.example("syncline cat demo/welcome", "from ./syncline-data, as JSON");
  command.example("syncline cat demo/welcome -o - | syncline doc show - --as text",
                  "as text, by way of its update");
  command.example("syncline cat demo/welcome --at 2026-01-31T12:00", "as it was then");
  command.example("syncline cat demo/welcome --root content --range 0:80", "how its text begins");
  command.example("syncline cat demo --at release-1", "all objects, a line each, as of a pin");
  command.details(
      "A workspace is printed as one JSON line for each object. A moment is a position as `log "
      "show` "
      "has it, a time (UTC unless it ends in an offset), or the name of a pin.");
  command.run([&command, options](Console& console) { return print(command, *options, console); });
}

}  // namespace syncline::cli
