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

struct MvOptions {
  std::string from;
  std::string to;
  std::string reason;
  bool free = false;
  SourceOptions source;
  bool json = false;
};

int free_name(Api& api, const MvOptions& options, Console& console) {
  const auto from = parse_path(options.from, Whole::kRefused);
  const auto freed = api.remove_redirect(from->workspace, from->object);
  if (!freed) return console.failed(freed.error());
  console.line(options.json ? *freed : visible(options.from) + " leads nowhere any more");
  return kDone;
}

int rename_one(const Command& command, const MvOptions& options, Console& console) {
  const auto from = parse_path(options.from, Whole::kRefused);
  if (!from) return console.misused(from.error().message);
  if (options.free != options.to.empty())
    return console.misused("say the new name, or --free for an old one");
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  if (options.free) return free_name(*api, options, console);
  const auto to = parse_path(options.to, Whole::kRefused);
  if (!to) return console.misused(to.error().message);
  if (to->workspace != from->workspace)
    return console.misused("an object is renamed within its workspace; `syncline cp` copies it");
  const auto renamed = api->rename(from->workspace, from->object, to->object, options.reason);
  if (!renamed) return console.failed(renamed.error());
  const auto result = crdt::from_json(*renamed);
  if (options.json || !result)
    console.line(*renamed);
  else
    console.line(fmt::format("{} is {} now, by the event at position {}", visible(options.from),
                             visible(options.to), number_member(*result, "position")));
  return kDone;
}

}  // namespace

void add_mv(Command& root) {
  Command& command = root.add("mv", "Rename an object; its old name leads to the new one");
  auto options = std::make_shared<MvOptions>();
  command.argument({.name = "FROM", .text = "WORKSPACE/OBJECT", .required = true}, options->from);
  command.argument({.name = "TO", .text = "WORKSPACE/OBJECT, which must not exist"}, options->to);
  command.option({.name = "--reason", .value = "TEXT", .text = "Why; it is recorded"},
                 options->reason);
  command.flag(
      {.name = "--free",
       .text = "FROM is an earlier name, which leads nowhere any more: it can be used again"},
      options->free);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "History and authors stay. Those who have the object open are told its new name, and so is "
      "everybody who asks for the old one, until that is freed. Policies and shares hold for "
      "names: they do not move. Needs a server.");
  command.example("syncline mv demo/draft demo/minutes/monday --server http://127.0.0.1:4400",
                  "the old name leads to the new one");
  command.example("syncline mv demo/draft --free --server http://127.0.0.1:4400",
                  "the old name can be used again");
  command.run(
      [&command, options](Console& console) { return rename_one(command, *options, console); });
}

}  // namespace syncline::cli
