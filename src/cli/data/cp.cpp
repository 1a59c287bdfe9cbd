#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

struct CpOptions {
  std::string from;
  std::string to;
  std::string at;
  SourceOptions source;
  bool json = false;
};

int copy_one(const Command& command, const CpOptions& options, Console& console) {
  const auto from = parse_path(options.from, Whole::kRefused);
  if (!from) return console.misused(from.error().message);
  const auto to = parse_path(options.to, Whole::kRefused);
  if (!to) return console.misused(to.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto copied =
      api->copy(from->workspace, from->object, to->workspace, to->object, options.at);
  if (!copied) return console.failed(copied.error());
  const auto result = crdt::from_json(*copied);
  if (options.json || !result)
    console.line(*copied);
  else
    console.line(fmt::format("{} begins with the event at position {}", visible(options.to),
                             number_member(*result, "position")));
  return kDone;
}

}  // namespace

void add_cp(Command& root) {
  Command& command = root.add("cp", "Copy an object: a new one that begins with its content");
  auto options = std::make_shared<CpOptions>();
  command.argument({.name = "FROM", .text = "WORKSPACE/OBJECT", .required = true}, options->from);
  command.argument(
      {.name = "TO", .text = "WORKSPACE/OBJECT, which must not exist yet", .required = true},
      options->to);
  command.option({.name = "--at",
                  .value = "MOMENT",
                  .text = "As of this position, time or pin of FROM; default: now"},
                 options->at);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "The copy is a document of its own: editors of the one do not change the other, and its "
      "history begins with the copy. Nothing is overwritten. Needs a server.");
  command.example(
      "syncline cp demo/templates/minutes demo/minutes/monday --server http://127.0.0.1:4400",
      "a new document from a template");
  command.run(
      [&command, options](Console& console) { return copy_one(command, *options, console); });
}

}  // namespace syncline::cli
