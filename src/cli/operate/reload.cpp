#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"

namespace syncline::cli {
namespace {

struct ReloadOptions {
  SourceOptions source;
  bool json = false;
};

int ask_for_reload(const Command& command, const ReloadOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.unusable(api.error());
  const auto answer = api->reload();
  if (!answer) return console.failed(answer.error());
  const auto json = crdt::from_json(*answer);
  if (options.json || !json) {
    console.line(*answer);
    return kDone;
  }
  console.line("taken over: certificate, keys for tokens, rates, log level");
  std::vector<std::string> restart;
  if (const auto* names = array_member(*json, "restart"))
    for (const crdt::Any& name : *names) restart.push_back(text_of(name));
  if (!restart.empty()) console.line(fmt::format("needs a restart: {}", fmt::join(restart, " ")));
  return kDone;
}

}  // namespace

void add_reload(Command& root) {
  Command& command =
      root.add("reload", "Have a running server take over changed files and options");
  auto options = std::make_shared<ReloadOptions>();
  source_options(command, options->source, "The server, such as http://127.0.0.1:4400",
                 "Not of use here: only a running server reloads");
  command.json_flag(options->json);
  command.details(
      "The server reads its options and its config file again, and takes over the TLS certificate "
      "and "
      "its key, the keys for JWTs, the rates and the log level. If something cannot be used, "
      "nothing "
      "changes, and the command says what. SIGHUP does the same; then the log of the server says "
      "it.");
  command.example("syncline reload --server http://127.0.0.1:4400",
                  "after a certificate was renewed");
  command.run(
      [&command, options](Console& console) { return ask_for_reload(command, *options, console); });
}

}  // namespace syncline::cli
