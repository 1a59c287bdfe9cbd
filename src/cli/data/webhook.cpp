#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/percent.h"
#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"
#include "protocol/retention_json.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct WebhookOptions {
  std::string workspace;
  std::string id;
  std::string url;
  std::string label;
  std::string prefix;
  std::string type;
  std::string debounce;
  std::string position;
  bool content = false;
  bool initial_content = false;
  SourceOptions source;
  bool json = false;
};

std::string hook_value(const Any& json, std::string_view name) {
  return text_of(member(json, name));
}

// Asks the server, and has `show` print the answer.
template <typename Show>
int ask_webhook(const Command& command, const WebhookOptions& options, Console& console,
                const std::string& method, const std::string& path, const std::string& body,
                Show show) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto answer = api->webhook(method, options.workspace, path, body);
  if (!answer) return console.failed(answer.error());
  if (options.json && !answer->empty()) {
    console.line(*answer);
    return kDone;
  }
  const auto json = answer->empty() ? Result<Any>(Any()) : crdt::from_json(*answer);
  if (!json)
    return console.failed({ErrorCode::kMalformed, "the answer of the server is not understood"});
  show(*json);
  return kDone;
}

std::string of_hook(const WebhookOptions& options, std::string_view what = {}) {
  return "/" + percent_encode(options.id) + std::string(what);
}

void print_hook(Console& console, const Any& hook) {
  Table table({{"ID"}, {"STATE"}, {"POSITION"}, {"DELIVERED"}, {"DEAD"}, {"URL"}, {"REASON"}});
  table.row({visible(text_member(hook, "id")), visible(text_member(hook, "state")),
             hook_value(hook, "position"), hook_value(hook, "delivered"), hook_value(hook, "dead"),
             visible(text_member(hook, "url")), visible(text_member(hook, "reason"))});
  console.out(table.print());
}

void print_secret(Console& console, const Any& hook) {
  console.line(text_member(hook, "id") + "  " + text_member(hook, "secret"));
  console.message(
      "keep the secret now: nobody can show it again; `syncline webhook rotate` makes another");
}

// The body of the request.
Result<std::string> wish_of(const WebhookOptions& options) {
  Any::Object wish{{"url", options.url}};
  for (const auto& [member, value] :
       {std::pair("label", &options.label), std::pair("prefix", &options.prefix),
        std::pair("type", &options.type)})
    if (!value->empty()) wish.emplace_back(member, *value);
  if (options.content) wish.emplace_back("content", true);
  if (options.initial_content) wish.emplace_back("initial_content", true);
  if (!options.debounce.empty()) {
    const auto ms = protocol::parse_duration(options.debounce);
    if (!ms || *ms < 1000)
      return fail(
          ErrorCode::kInvalid,
          fmt::format("--debounce: '{}' is no duration such as 30s or 5m", options.debounce));
    wish.emplace_back("debounce_s", json_number(*ms / 1000));
  }
  return compact_json(Any(std::move(wish)));
}

int add_hook(const Command& command, const WebhookOptions& options, Console& console) {
  const auto wish = wish_of(options);
  if (!wish) return console.misused(wish.error().message);
  return ask_webhook(command, options, console, "POST", "", *wish,
                     [&](const Any& made) { print_secret(console, made); });
}

int list_hooks(const Command& command, const WebhookOptions& options, Console& console) {
  return ask_webhook(command, options, console, "GET", "", {}, [&](const Any& answer) {
    const auto* const hooks = array_member(answer, "webhooks");
    if (hooks == nullptr) return;
    for (const Any& hook : *hooks) print_hook(console, hook);
  });
}

int remove_hook(const Command& command, const WebhookOptions& options, Console& console) {
  return ask_webhook(command, options, console, "DELETE", of_hook(options), {},
                     [&](const Any&) { console.line(options.id + " is removed"); });
}

int rotate_hook(const Command& command, const WebhookOptions& options, Console& console) {
  return ask_webhook(command, options, console, "POST", of_hook(options, "/rotate"), {},
                     [&](const Any& hook) { print_secret(console, hook); });
}

int enable_hook(const Command& command, const WebhookOptions& options, Console& console) {
  return ask_webhook(command, options, console, "POST", of_hook(options, "/enable"), {},
                     [&](const Any& hook) { print_hook(console, hook); });
}

int test_hook(const Command& command, const WebhookOptions& options, Console& console) {
  bool delivered = false;
  const int asked = ask_webhook(
      command, options, console, "POST", of_hook(options, "/test"), {}, [&](const Any& answer) {
        const std::string reason = text_member(answer, "reason");
        delivered = hook_value(answer, "delivered") == "true";
        console.line(reason.empty() ? "the receiver answered " + hook_value(answer, "status")
                                    : visible(reason));
      });
  return asked != kDone || options.json || delivered ? asked : kFailed;
}

int list_dead(const Command& command, const WebhookOptions& options, Console& console) {
  const std::string query = "/dead?limit=1000";
  return ask_webhook(command, options, console, "GET", of_hook(options, query), {},
                     [&](const Any& answer) {
                       const auto* const dead = array_member(answer, "dead");
                       if (dead == nullptr) return;
                       for (const Any& each : *dead)
                         console.line(fmt::format("{}  {}  {}  {}", hook_value(each, "position"),
                                                  visible(text_member(each, "given_up")),
                                                  visible(text_member(each, "object")),
                                                  visible(text_member(each, "reason"))));
                     });
}

int replay_dead(const Command& command, const WebhookOptions& options, Console& console) {
  const std::string query =
      options.position.empty() ? "/replay" : "/replay?position=" + percent_encode(options.position);
  return ask_webhook(
      command, options, console, "POST", of_hook(options, query), {},
      [&](const Any& answer) { console.line(hook_value(answer, "replayed") + " are sent again"); });
}

using RunWebhook = int (*)(const Command&, const WebhookOptions&, Console&);

struct WebhookCommand {
  Command& command;
  std::shared_ptr<WebhookOptions> options;
};

// A command for webhooks, with what all of them have.
WebhookCommand webhook_command(Command& parent, std::string name, std::string summary, bool named,
                               RunWebhook run) {
  Command& command = parent.add(std::move(name), std::move(summary));
  auto options = std::make_shared<WebhookOptions>();
  command.argument({.name = "WORKSPACE", .text = "whose webhooks", .required = true},
                   options->workspace);
  if (named)
    command.argument({.name = "ID", .text = "of the webhook", .required = true}, options->id);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.run(
      [&command, options, run](Console& console) { return run(command, *options, console); });
  return {command, options};
}

void add_webhook_add(Command& webhook) {
  const WebhookCommand added =
      webhook_command(webhook, "add", "Make a webhook, and print its secret once", false, add_hook);
  WebhookOptions& options = *added.options;
  added.command.argument({.name = "URL", .text = "where events are sent", .required = true},
                         options.url);
  added.command.option({.name = "--label", .value = "TEXT", .text = "What it is for"},
                       options.label);
  added.command.option(
      {.name = "--prefix", .value = "TEXT", .text = "Only objects whose names begin so"},
      options.prefix);
  added.command.option({.name = "--type", .value = "TYPE", .text = "Only objects of this type"},
                       options.type);
  added.command.option({.name = "--debounce",
                        .value = "DURATION",
                        .text = "Tell of an object at most once in this time, such as 30s",
                        .fallback = "tell of each change"},
                       options.debounce);
  added.command.flag({.name = "--content", .text = "Send each change with its event"},
                     options.content);
  added.command.flag({.name = "--initial-content",
                      .text = "Ask it for the first content of documents, and tell it of nothing"},
                     options.initial_content);
  added.command.example(
      "syncline webhook add demo https://app.example/hook --server http://127.0.0.1:4400",
      "from now on, each change is told there");
}

}  // namespace

void add_webhook(Command& root) {
  Command& webhook = root.add("webhook", "Tell other programs of the changes of a workspace");
  webhook.details(
      "A webhook sends the durable events of a workspace to an address, signed as Standard "
      "Webhooks "
      "says, at least once and in the order of each object. docs/webhooks.md explains what is sent "
      "and what happens when the receiver fails.");
  add_webhook_add(webhook);
  webhook_command(webhook, "ls", "List the webhooks of a workspace", false, list_hooks)
      .command.example("syncline webhook ls demo --server http://127.0.0.1:4400",
                       "how far each has come");
  webhook_command(webhook, "rm", "Remove a webhook", true, remove_hook);
  webhook_command(webhook, "test", "Send a message of the type test", true, test_hook);
  webhook_command(webhook, "rotate", "Make a new secret; the one before is good for a day", true,
                  rotate_hook);
  webhook_command(webhook, "enable", "Go on with a webhook that was disabled", true, enable_hook);
  webhook_command(webhook, "dead", "List the events that the receiver did not take", true,
                  list_dead);
  const WebhookCommand replay =
      webhook_command(webhook, "replay", "Send such events again", true, replay_dead);
  replay.command.option({.name = "--position",
                         .value = "N",
                         .text = "Only the event at this position",
                         .fallback = "all of them"},
                        replay.options->position);
}

}  // namespace syncline::cli
