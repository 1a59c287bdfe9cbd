#include <memory>

#include "cli/commands.h"
#include "cli/data/options.h"

namespace syncline::cli {
namespace {

struct LogProveOptions {
  std::string workspace;
  std::uint64_t position = 0;
  SourceOptions source;
};

int prove(const Command& command, const LogProveOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto proof = api->proof(options.workspace, options.position);
  if (!proof) return console.failed(proof.error());
  console.out(*proof);
  return kDone;
}

}  // namespace

void add_log_prove(Command& log) {
  Command& command = log.add("prove", "Print a proof that an event is in a log");
  auto options = std::make_shared<LogProveOptions>();
  command.argument({.name = "WORKSPACE", .text = "whose log", .required = true},
                   options->workspace);
  command.option({.name = "--position",
                  .value = "POSITION",
                  .text = "Of the event, as `log show` has it",
                  .required = true},
                 options->position);
  source_options(command, options->source);
  command.details(
      "The proof is text in C2SP's tlog-proof format: the event's index, the hashes on the way to "
      "the root, and the checkpoint that signs the root. Whoever has the event's hash and the "
      "server's key (`syncline log keys`) can check it without the log.");
  command.example("syncline log prove demo --position 12", "that event 12 is what it is");
  command.run([&command, options](Console& console) { return prove(command, *options, console); });
}

}  // namespace syncline::cli
