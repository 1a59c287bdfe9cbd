#include <memory>

#include "cli/commands.h"
#include "cli/data/named_list.h"
#include "cli/data/options.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct QuarantineOptions {
  std::string path;
  SourceOptions source;
};

int lift(const Command& command, const QuarantineOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kRefused);
  if (!path) return console.misused(path.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto lifted = api->lift_quarantine(path->workspace, path->object);
  if (!lifted) return console.failed(lifted.error());
  console.line(visible(options.path) + " can be served again");
  return kDone;
}

}  // namespace

void add_quarantine(Command& root) {
  Command& quarantine = root.add("quarantine", "Objects that a server cannot serve");
  quarantine.details(
      "An object of which an event is damaged or cannot be applied is refused, and everything else "
      "works. Its states before that event can be had: cat --at, restore --into.");

  add_named_list(quarantine, {.summary = "List what is in quarantine, since when and why",
                              .of = "of which workspace",
                              .value = "OBJECT",
                              .one = "object",
                              .columns = {{{"OBJECT", "object"},
                                           {"EVENT", "position"},
                                           {"SINCE", "since"},
                                           {"REASON", "reason"}}},
                              .page = &Api::quarantine})
      .example("syncline quarantine ls demo --server http://127.0.0.1:4400",
               "nothing is printed where all is well");

  Command& lift_command = quarantine.add("lift", "Have an object tried again, after a repair");
  auto lift_options = std::make_shared<QuarantineOptions>();
  lift_command.argument({.name = "WORKSPACE/OBJECT", .text = "which one", .required = true},
                        lift_options->path);
  source_options(lift_command, lift_options->source);
  lift_command.example("syncline quarantine lift demo/welcome --server http://127.0.0.1:4400",
                       "fails with the reason if it cannot be served still");
  lift_command.run([&lift_command, lift_options](Console& console) {
    return lift(lift_command, *lift_options, console);
  });
}

}  // namespace syncline::cli
