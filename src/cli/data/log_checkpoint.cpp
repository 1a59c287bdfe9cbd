#include <memory>

#include "cli/commands.h"
#include "cli/data/options.h"

namespace syncline::cli {
namespace {

struct LogCheckpointOptions {
  std::string workspace;
  SourceOptions source;
};

int print_checkpoint(const Command& command, const LogCheckpointOptions& options,
                     Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto note = api->checkpoint(options.workspace);
  if (!note) return console.failed(note.error());
  console.out(*note);
  return kDone;
}

}  // namespace

void add_log_checkpoint(Command& log) {
  Command& command = log.add("checkpoint", "Print a signed checkpoint of a workspace");
  auto options = std::make_shared<LogCheckpointOptions>();
  command.argument({.name = "WORKSPACE", .text = "whose log", .required = true},
                   options->workspace);
  source_options(command, options->source);
  command.details(
      "A checkpoint says how many events the log has and what they hash to, signed by the server. "
      "Keep it elsewhere: `syncline log verify --checkpoint` finds out later whether the log still "
      "begins with exactly these events. The newest that was signed is printed. A server signs by "
      "itself, at the latest a minute after a change: `serve --checkpoint-seconds`.");
  command.example("syncline log checkpoint demo --server http://127.0.0.1:4400 > demo.checkpoint",
                  "to keep where the server cannot reach it");
  command.run([&command, options](Console& console) {
    return print_checkpoint(command, *options, console);
  });
}

}  // namespace syncline::cli
