#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"
#include "identity/api_key.h"
#include "protocol/retention_json.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct KeyOptions {
  std::string label;
  std::string rights = "read";
  std::string principal;
  std::string name;
  std::string workspace;
  std::string object;
  std::string expires;
  bool for_others = false;
  std::string id;
  SourceOptions source;
  bool json = false;
};

// The body of the request.
Result<std::string> wish_of(const KeyOptions& options) {
  Any::Object wish{{"rights", options.rights}};
  for (const auto& [member, value] :
       {std::pair("label", &options.label), std::pair("principal", &options.principal),
        std::pair("name", &options.name), std::pair("workspace", &options.workspace),
        std::pair("object", &options.object)})
    if (!value->empty()) wish.emplace_back(member, *value);
  if (options.for_others) wish.emplace_back("for_others", true);
  if (!options.expires.empty()) {
    const auto ms = protocol::parse_duration(options.expires);
    if (!ms || *ms < 1000)
      return fail(
          ErrorCode::kInvalid,
          fmt::format("--expires: '{}' is no duration such as 90d or 12h", options.expires));
    wish.emplace_back("expires_in_s", json_number(*ms / 1000));
  }
  return compact_json(Any(std::move(wish)));
}

// The key alone goes to stdout, so that a script can keep it in a variable.
int create_key(const Command& command, const KeyOptions& options, Console& console) {
  const auto wish = wish_of(options);
  if (!wish) return console.misused(wish.error().message);
  auto api = open_api(command, options.source, Opened::kForKeys);
  if (!api) return console.failed(api.error());
  const auto made = api->make_api_key(*wish);
  if (!made) return console.failed(made.error());
  const auto json = crdt::from_json(*made);
  const std::string key = json ? text_member(*json, "key") : "";
  if (key.empty()) return console.failed({ErrorCode::kMalformed, "the answer holds no key"});
  console.line(options.json ? *made : key);
  console.message("keep it now: nobody can show it again; `syncline key revoke " +
                  visible(text_member(*json, "id")) + "` ends it");
  return kDone;
}

std::string key_row(std::string_view id, std::string_view rights, std::string_view scope,
                    std::string_view used, std::string_view state, std::string_view label) {
  return fmt::format("{:<16}  {:<6}  {:<20}  {:<24}  {:<24}  {}", id, rights, scope, used, state,
                     label);
}

std::string scope_text(const Any& key) {
  const std::string workspace = text_member(key, "workspace");
  const std::string object = text_member(key, "object");
  if (workspace.empty()) return "everything";
  return object.empty() ? workspace : workspace + "/" + object;
}

std::string end_text(const Any& key) {
  if (const std::string revoked = text_member(key, "revoked"); !revoked.empty())
    return "revoked " + revoked.substr(0, 10);
  const std::string expires = text_member(key, "expires");
  return expires.empty() ? "never" : expires;
}

std::string key_line(const std::string& json) {
  const auto key = crdt::from_json(json);
  if (!key) return json;
  const std::string used = text_member(*key, "last_used");
  return key_row(visible(text_member(*key, "id")), visible(text_member(*key, "rights")),
                 visible(scope_text(*key)), used.empty() ? "never" : visible(used),
                 visible(end_text(*key)), visible(text_member(*key, "label")));
}

int list_api_keys(const Command& command, const KeyOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  std::string after;
  bool first = true;
  while (!console.closed()) {
    const auto page = api->api_keys(after);
    if (!page) return console.failed(page.error());
    if (page->empty()) return kDone;
    if (std::exchange(first, false) && !options.json)
      console.line(console.paint(Colour::kBold,
                                 key_row("ID", "RIGHTS", "FOR", "LAST USED", "ENDS", "LABEL")));
    for (const NamedLine& entry : *page)
      console.line(options.json ? entry.json : key_line(entry.json));
    after = page->back().name;
  }
  return kDone;
}

int revoke_key(const Command& command, const KeyOptions& options, Console& console) {
  const auto id = identity::key_id_of(options.id);
  if (!id) return console.misused("this is no id of a key; `syncline key list` shows them");
  auto api = open_api(command, options.source, Opened::kForKeys);
  if (!api) return console.failed(api.error());
  const auto revoked = api->revoke_api_key(std::string(*id));
  if (!revoked) return console.failed(revoked.error());
  console.line(std::string(*id) + " is revoked");
  return kDone;
}

// A server that runs makes its keys itself.
void key_source(Command& command, SourceOptions& source) {
  source_options(command, source, "Ask this server, with a token that has all rights",
                 "The data directory of a server that does not run now");
}

void add_key_create(Command& key) {
  Command& create = key.add("create", "Make a key, and print it once");
  auto options = std::make_shared<KeyOptions>();
  create.option({.name = "--label", .value = "TEXT", .text = "What it is for"}, options->label);
  create.option({.name = "--rights",
                 .value = "RIGHTS",
                 .text = "What its holder may do",
                 .choices = {"read", "write", "admin"}},
                options->rights);
  create.option({.name = "--workspace", .value = "WORKSPACE", .text = "For this workspace only"},
                options->workspace);
  create.option(
      {.name = "--object", .value = "OBJECT", .text = "For this object of the workspace only"},
      options->object);
  create.option({.name = "--expires",
                 .value = "DURATION",
                 .text = "How long it is good, such as 90d or 12h",
                 .fallback = "for ever"},
                options->expires);
  create.option({.name = "--principal",
                 .value = "ID",
                 .text = "Who its holder is in the history",
                 .fallback = "key: and its id"},
                options->principal);
  create.option({.name = "--name", .value = "NAME", .text = "The holder's name, to show"},
                options->name);
  create.flag({.name = "--for-others",
               .text = "Its holder may mint tickets for people, as an application's server does"},
              options->for_others);
  key_source(create, options->source);
  create.json_flag(options->json);
  create.example("syncline key create --label nightly-export --rights read --expires 90d",
                 "before the server is started");
  create.example(
      "syncline key create --label app --rights write --for-others --server http://127.0.0.1:4400",
      "for an application that mints tickets");
  create.run(
      [&create, options](Console& console) { return create_key(create, *options, console); });
}

}  // namespace

void add_key(Command& root) {
  Command& key = root.add("key", "API keys, the tokens of programs");
  key.details(
      "A key is shown once; the server stores its hash. Whoever has a key presents it as a token. "
      "With --data-dir, no server may be using the directory. A server that anybody may use "
      "without "
      "a token is not closed by its keys: see `serve --require-token`.");
  add_key_create(key);

  Command& list = key.add("list", "List the keys, without their secrets");
  auto list_options = std::make_shared<KeyOptions>();
  source_options(list, list_options->source);
  list.json_flag(list_options->json);
  list.example("syncline key list --server http://127.0.0.1:4400",
               "what there is, and when it was used");
  list.run([&list, list_options](Console& console) {
    return list_api_keys(list, *list_options, console);
  });

  Command& revoke = key.add("revoke", "Make a key worthless at once, and end its sessions");
  auto revoke_options = std::make_shared<KeyOptions>();
  revoke.argument({.name = "ID", .text = "of the key, or the key itself", .required = true},
                  revoke_options->id);
  key_source(revoke, revoke_options->source);
  revoke.example("syncline key revoke mfzw6ylcmnsgkzlg --server http://127.0.0.1:4400",
                 "its tickets end, too");
  revoke.run([&revoke, revoke_options](Console& console) {
    return revoke_key(revoke, *revoke_options, console);
  });
}

}  // namespace syncline::cli
