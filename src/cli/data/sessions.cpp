#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct SessionsOptions {
  std::string session;
  std::string revocation;
  SessionFilter filter;
  RevocationWish wish;
  SourceOptions source;
  bool json = false;
};

// The name of the person, or the id of the principal.
std::string person_of(const crdt::Any& document) {
  const std::string name = text_member(document, "name");
  return name.empty() ? text_member(document, "principal") : name;
}

std::vector<std::string> session_cells(const crdt::Any& session) {
  const crdt::Any::Array* const documents = array_member(session, "documents");
  std::string person;
  std::string objects;
  std::uint64_t lag = 0;
  for (std::size_t i = 0; documents != nullptr && i < documents->size(); ++i) {
    const crdt::Any& document = (*documents)[i];
    if (person.empty()) person = person_of(document);
    objects += (objects.empty() ? "" : " ") + text_member(document, "object");
    lag += number_member(document, "lag");
  }
  return {text_member(session, "session"),
          person,
          text_member(session, "protocol"),
          text_member(session, "workspace"),
          shorten(objects, 40),
          text_member(session, "address"),
          text_member(session, "since"),
          size_text(number_member(session, "queued_bytes")),
          std::to_string(lag)};
}

int list_sessions(const Command& command, const SessionsOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  std::string after;
  while (!console.closed()) {
    const auto page = api->sessions(options.filter, after);
    if (!page) return console.failed(page.error());
    if (page->empty()) return kDone;
    Table table({{"SESSION"},
                 {"WHO"},
                 {"PROTOCOL"},
                 {"WORKSPACE"},
                 {"OBJECTS"},
                 {"ADDRESS"},
                 {"SINCE"},
                 {"QUEUED", Align::kRight},
                 {"LAG", Align::kRight}});
    for (const NamedLine& entry : *page) {
      const auto session = crdt::from_json(entry.json);
      if (options.json || !session) {
        console.line(entry.json);
      } else {
        table.row(session_cells(*session));
      }
    }
    if (!table.empty()) console.out(table.print());
    after = page->back().name;
  }
  return kDone;
}

int kick_session(const Command& command, const SessionsOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto kicked = api->kick_session(options.session);
  if (!kicked) return console.failed(kicked.error());
  console.line(visible(options.session) + " was closed; its client may come back");
  return kDone;
}

int revoke(const Command& command, const SessionsOptions& options, Console& console) {
  RevocationWish wish = options.wish;
  wish.tenant = options.source.tenant;
  const int named = static_cast<int>(!options.session.empty()) +
                    static_cast<int>(!wish.principal.empty()) +
                    static_cast<int>(!wish.token.empty()) + static_cast<int>(!wish.key.empty());
  if (named != 1)
    return console.misused("name one thing to revoke: SESSION, --principal, --token or --key");
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto revoked =
      options.session.empty() ? api->revoke(wish) : api->revoke_session(options.session);
  if (!revoked) return console.failed(revoked.error());
  console.line("revoked, and all sessions with it have ended");
  return kDone;
}

std::vector<std::string> revocation_cells(const crdt::Any& revocation) {
  const std::string until = text_member(revocation, "until");
  return {text_member(revocation, "of"),        text_member(revocation, "id"),
          text_member(revocation, "issuer"),    text_member(revocation, "tenant"),
          text_member(revocation, "before"),    until.empty() ? "for ever" : until,
          text_member(revocation, "revocation")};
}

int list_revocations(const Command& command, const SessionsOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  std::string after;
  while (!console.closed()) {
    const auto page = api->revocations(after);
    if (!page) return console.failed(page.error());
    if (page->empty()) return kDone;
    Table table(
        {{"OF"}, {"ID"}, {"ISSUER"}, {"TENANT"}, {"ISSUED BEFORE"}, {"UNTIL"}, {"REVOCATION"}});
    for (const NamedLine& entry : *page) {
      const auto revocation = crdt::from_json(entry.json);
      if (options.json || !revocation) {
        console.line(entry.json);
      } else {
        table.row(revocation_cells(*revocation));
      }
    }
    if (!table.empty()) console.out(table.print());
    after = page->back().name;
  }
  return kDone;
}

int allow_again(const Command& command, const SessionsOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto allowed = api->allow_again(options.revocation);
  if (!allowed) return console.failed(allowed.error());
  console.line("no longer revoked");
  return kDone;
}

void add_session_list(Command& sessions) {
  Command& list = sessions.add("list", "List who is connected, to what, and since when");
  auto options = std::make_shared<SessionsOptions>();
  list.option({.name = "--principal", .value = "ID", .text = "Only sessions of this principal"},
              options->filter.principal);
  list.option({.name = "--workspace", .value = "NAME", .text = "Only those in this workspace"},
              options->filter.workspace);
  list.option(
      {.name = "--object", .value = "NAME", .text = "Only those that have this object open"},
      options->filter.object);
  source_options(list, options->source);
  list.json_flag(options->json);
  list.example("syncline sessions list --workspace demo --server http://127.0.0.1:4400",
               "one line for each connection");
  list.run([&list, options](Console& console) { return list_sessions(list, *options, console); });
}

void add_session_kick(Command& sessions) {
  Command& kick = sessions.add("kick", "Close a connection; its client may come back");
  auto options = std::make_shared<SessionsOptions>();
  kick.argument({.name = "SESSION", .text = "as `sessions list` shows it", .required = true},
                options->session);
  source_options(kick, options->source);
  kick.example("syncline sessions kick 00-00000002-91c2c1e1d0b3f9aa --server http://127.0.0.1:4400",
               "clients reconnect by themselves");
  kick.run([&kick, options](Console& console) { return kick_session(kick, *options, console); });
}

void add_session_revoke(Command& sessions) {
  Command& command = sessions.add("revoke", "Revoke a token, and end every session with it");
  command.details(
      "What is revoked is not let in again until its token would have expired, also after a "
      "restart. "
      "Of a principal, all tokens are revoked that were issued before now.");
  auto options = std::make_shared<SessionsOptions>();
  command.argument({.name = "SESSION", .text = "the session whose token is revoked"},
                   options->session);
  RevocationWish& wish = options->wish;
  command.option({.name = "--principal", .value = "ID", .text = "Revoke all tokens of a principal"},
                 wish.principal);
  command.option({.name = "--token", .value = "ID", .text = "Revoke the token with this id (jti)"},
                 wish.token);
  command.option({.name = "--key", .value = "ID", .text = "Revoke the API key with this id"},
                 wish.key);
  command.option({.name = "--issuer", .value = "URL", .text = "Only tokens of this issuer"},
                 wish.issuer);
  source_options(command, options->source);
  command.example("syncline sessions revoke --principal ann --server http://127.0.0.1:4400",
                  "everything that was issued to ann before now");
  command.run([&command, options](Console& console) { return revoke(command, *options, console); });
}

void add_session_revocations(Command& sessions) {
  Command& list = sessions.add("revocations", "List what is revoked");
  auto options = std::make_shared<SessionsOptions>();
  source_options(list, options->source);
  list.json_flag(options->json);
  list.example("syncline sessions revocations --server http://127.0.0.1:4400",
               "the last column is what `sessions allow` takes");
  list.run(
      [&list, options](Console& console) { return list_revocations(list, *options, console); });
}

void add_session_allow(Command& sessions) {
  Command& allow = sessions.add("allow", "Undo a revocation");
  allow.details(
      "Tokens that it revoked are good again, unless they have expired or something else revokes "
      "them. An API key that was revoked with `key revoke` stays worthless.");
  auto options = std::make_shared<SessionsOptions>();
  allow.argument(
      {.name = "REVOCATION", .text = "as `sessions revocations` shows it", .required = true},
      options->revocation);
  source_options(allow, options->source);
  allow.example("syncline sessions allow cB8fH2Fubg --server http://127.0.0.1:4400", "");
  allow.run([&allow, options](Console& console) { return allow_again(allow, *options, console); });
}

}  // namespace

void add_sessions(Command& root) {
  Command& sessions = root.add("sessions", "Who is connected to a server");
  sessions.details("They need a token with the rights of an administrator.");
  add_session_list(sessions);
  add_session_kick(sessions);
  add_session_revoke(sessions);
  add_session_revocations(sessions);
  add_session_allow(sessions);
}

}  // namespace syncline::cli
