#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/data/source.h"
#include "cli/files.h"
#include "cli/json.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

struct Options {
  std::string path;
  std::string output;
  SourceOptions source;
  bool json = false;
};

int write_update(Source& source, const std::string& workspace, const std::string& object,
                 const std::string& output, Console& console) {
  auto update = source.object_update(workspace, object);
  if (!update) return console.failed(update.error());
  auto written = write_file(output, *update, console);
  return written ? kDone : console.failed(written.error());
}

int print(const Command& command, const Options& options, Console& console) {
  const std::size_t slash = options.path.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == options.path.size()) {
    return console.misused(
        fmt::format("'{}' is no WORKSPACE/OBJECT, such as demo/welcome", options.path));
  }
  const std::string workspace = options.path.substr(0, slash);
  const std::string object = options.path.substr(slash + 1);
  auto source = open_source(command, options.source);
  if (!source) return console.failed(source.error());
  if (!options.output.empty())
    return write_update(**source, workspace, object, options.output, console);
  auto state = (*source)->object(workspace, object);
  if (!state) return console.failed(state.error());
  if (options.json) {
    console.line(fmt::format(R"({{"workspace":{},"object":{},"position":{},"state":{}}})",
                             compact_json(crdt::Any(workspace)), compact_json(crdt::Any(object)),
                             state->position, state->json));
    return kDone;
  }
  const auto value = crdt::from_json(state->json);
  console.line(value ? pretty_json(*value) : state->json);
  return kDone;
}

}  // namespace

void add_cat(Command& root) {
  Command& command = root.add("cat", "Print an object's present state");
  auto options = std::make_shared<Options>();
  command.argument({.name = "WORKSPACE/OBJECT", .text = "what to print", .required = true},
                   options->path);
  command.option({.name = "-o,--output",
                  .value = "FILE",
                  .text = "Write it as a Yjs update (v1) instead; '-' is stdout",
                  .is_file = true},
                 options->output);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.example("syncline cat demo/welcome", "from ./syncline-data, as JSON");
  command.example("syncline cat demo/welcome -o - | syncline doc show - --as text",
                  "as text, by way of its update");
  command.run([&command, options](Console& console) { return print(command, *options, console); });
}

}  // namespace syncline::cli
