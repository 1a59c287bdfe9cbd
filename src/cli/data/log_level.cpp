#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/data/options.h"

namespace syncline::cli {
namespace {

struct LogLevelOptions {
  std::string levels;
  SourceOptions source;
};

int show_or_change(const Command& command, const LogLevelOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto levels =
      options.levels.empty() ? api->log_level() : api->set_log_level(options.levels);
  if (!levels) return console.failed(levels.error());
  console.line(*levels);
  return kDone;
}

}  // namespace

void add_log_level(Command& root) {
  Command& level = root.add("log-level", "Show or change what a running server logs");
  level.details(
      "LEVELS is error, warn, info or debug, for all areas or as AREA=LEVEL, with commas between "
      "them: they apply from left to right to the present levels. Areas: server, net, session, "
      "workspace, store, api. The change holds until the server stops.");
  auto options = std::make_shared<LogLevelOptions>();
  level.argument({.name = "LEVELS", .text = "the change; without it, the present levels are shown"},
                 options->levels);
  source_options(level, options->source, "The server");
  level.example("syncline log-level session=debug --server http://127.0.0.1:4400",
                "say why a client has trouble");
  level.example("syncline log-level info --server http://127.0.0.1:4400", "back to the default");
  level.run(
      [&level, options](Console& console) { return show_or_change(level, *options, console); });
}

}  // namespace syncline::cli
