#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct ShutOptions {
  std::string workspace;
  std::string after;
  SourceOptions source;
  bool json = false;
};

std::string shut_row(std::string_view workspace, std::string_view since, std::string_view reason) {
  return fmt::format("{:<24}  {:<24}  {}", workspace, since, reason);
}

std::string shut_line(const std::string& json) {
  const auto entry = crdt::from_json(json);
  if (!entry) return json;
  const auto cell = [&](std::string_view key) { return visible(text_member(*entry, key)); };
  return shut_row(cell("workspace"), cell("since"), cell("reason"));
}

int list_shut(const Command& command, const ShutOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  std::string after = options.after;
  bool first = true;
  while (!console.closed()) {
    const auto page = api->shut(after);
    if (!page) return console.failed(page.error());
    if (page->empty()) return kDone;
    if (std::exchange(first, false) && !options.json)
      console.line(console.paint(Colour::kBold, shut_row("WORKSPACE", "SINCE", "REASON")));
    for (const NamedLine& entry : *page)
      console.line(options.json ? entry.json : shut_line(entry.json));
    after = page->back().name;
  }
  return kDone;
}

int lift_shut(const Command& command, const ShutOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto lifted = api->lift_shut(options.workspace);
  if (!lifted) return console.failed(lifted.error());
  console.line(visible(options.workspace) + " is open again");
  return kDone;
}

}  // namespace

void add_shut(Command& root) {
  Command& shut = root.add("shut", "Workspaces that a server has shut");
  shut.details(
      "A workspace whose log is damaged, or does not begin with what was signed of it, is shut: "
      "the "
      "server refuses everybody who opens it, with the reason. All other workspaces work.");

  Command& list = shut.add("ls", "List the workspaces that are shut, since when and why");
  auto list_options = std::make_shared<ShutOptions>();
  list.option({.name = "--after", .value = "WORKSPACE", .text = "Go on after this workspace"},
              list_options->after);
  source_options(list, list_options->source);
  list.json_flag(list_options->json);
  list.example("syncline shut ls --server http://127.0.0.1:4400",
               "nothing is printed where all is well");
  list.run(
      [&list, list_options](Console& console) { return list_shut(list, *list_options, console); });

  Command& lift = shut.add("lift", "Have a workspace opened again, after a repair");
  auto lift_options = std::make_shared<ShutOptions>();
  lift.argument({.name = "WORKSPACE", .text = "which one", .required = true},
                lift_options->workspace);
  source_options(lift, lift_options->source);
  lift.example("syncline shut lift demo --server http://127.0.0.1:4400",
               "fails with the reason if it stays shut");
  lift.run(
      [&lift, lift_options](Console& console) { return lift_shut(lift, *lift_options, console); });
}

}  // namespace syncline::cli
