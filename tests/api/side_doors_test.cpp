// The side doors of the HTTP API: every operation of docs/openapi.json is tried by every kind of caller. A caller
// without the right gets a refusal that depends on nothing that is stored, and changes nothing.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "api/dispatch.h"
#include "api/mcp_tools.h"
#include "identity/person.h"
#include "identity/ticket_authenticator.h"
#include "node/revoke.h"
#include "streams/stream.h"
#include "support/test_api.h"
#include "syncline/crdt/any.h"

namespace syncline::api {
namespace {

using testing::FakeAnswer;
using testing::TestApi;
using testing::Typist;

const identity::Access kTwoTokens({{"full", {.id = "ann"}},
                                   {"look", {.id = "bob", .rights = identity::Rights::reading()}}});

// What is stored, and must not stand in a refusal.
constexpr std::string_view kSecrets[] = {"vault",  "plan", "classified", "milestone",
                                         "case 7", "ann",  "stolen"};

// ---- imports and backups that only count what they are asked for

class CountedImports final : public Imports {
 public:
  void status(const std::string&, log::Done<ImportStatus> done) override { done(ImportStatus{}); }
  void piece(const std::string&, std::uint64_t, std::string,
             log::Done<ImportStatus> done) override {
    ++changes;
    done(ImportStatus{});
  }
  void give_up(const std::string&, log::Done<ImportStatus> done) override {
    ++changes;
    done(ImportStatus{});
  }
  int changes = 0;
};

class CountedBackups final : public Backups {
 public:
  void start(const std::string&, bool, log::Done<BackupReport> done) override {
    ++started;
    done(BackupReport{});
  }
  int started = 0;
};

class CountedKeys final : public ApiKeys {
 public:
  void add(identity::ApiKey, log::Done<void> done) override {
    ++changes;
    done({});
  }
  std::vector<identity::ApiKey> list(const KeyOwner&, const std::string&,
                                     std::size_t) const override {
    return {{.id = "abcdefghijklmnop", .label = "classified", .rights = "read"}};
  }
  void revoke(const KeyOwner&, const std::string&, std::uint64_t, log::Done<void> done) override {
    ++changes;
    done({});
  }
  int changes = 0;
};

class TestLevels final : public observe::LevelSwitch {
 public:
  observe::Levels levels() const override { return levels_; }
  void set_levels(const observe::Levels& levels) override { levels_ = levels; }

 private:
  observe::Levels levels_;
};

// ---- the server that is asked: a workspace with something of everything

struct Vault {
  explicit Vault(identity::Access access) : node(std::move(access)) {
    node.context.imports = &imports;
    node.context.backups = &backups;
    node.context.log_levels = &levels;
    node.context.api_keys = &keys;
    node.context.tickets = &tickets;
    node.context.tenants = &tenants;
    Typist typist(1);
    for (int i = 0; i < 3; ++i) node.change("vault", "plan", typist.type("classified "));
    node::Shard& shard = *node.shards->at(0);
    shard.notary.checkpoint("vault", [](Result<log::SignedCheckpoint> made) {
      EXPECT_TRUE(made) << made.error().message;
    });
    node.run();
    change(log::SetPin{"milestone", 1});
  }

  void change(log::RuleAct act) {
    node.shards->at(0)->host.get("vault").change_rules(
        testing::ann(), Right::kHold, std::move(act), "case 7",
        [](Result<workspace::Receipt> changed) { EXPECT_TRUE(changed); });
    node.run();
  }

  void shut() { node.shards->at(0)->host.shut().add("vault", {ErrorCode::kCorrupt, "stolen"}, 1); }

  void quarantine() {
    node.shards->at(0)->quarantine.add("vault", "plan", 3, {ErrorCode::kCorrupt, "stolen"});
  }

  void welcome_guest() {
    node.shards->at(0)->store->directory().change_directory(
        {{log::DirectoryKind::kGuest, *identity::guest_id("vault", "actor"), Bytes{1}}},
        [](Result<void> kept) { EXPECT_TRUE(kept); });
  }

  // Its id is that of the principal x's revocation.
  void revoke_x() {
    node::Shard& shard = *node.shards->at(0);
    node::revoke(*node.shards, shard, {{.of = identity::Revocation::Of::kPrincipal, .id = "x"}},
                 [](Result<void> revoked) { EXPECT_TRUE(revoked); });
    node.run();
  }

  void make_tenant() {
    node.shards->at(0)->store->directory().change_directory(
        {{log::DirectoryKind::kTenant, "stolen", limits::encode_tenant({.name = "stolen"})}},
        [](Result<void> made) { EXPECT_TRUE(made); });
    node.run();
  }

  // Everything that a request could change, as text.
  std::string contents() {
    std::string all;
    for (std::size_t family = 0; family < store::kFamilies; ++family) {
      auto cursor = node.store.tables().cursor(static_cast<store::Family>(family));
      for (cursor->seek(""); cursor->valid(); cursor->next()) {
        for (const std::string_view part : {cursor->key(), cursor->value()})
          all += std::to_string(part.size()) + ":" + std::string(part);
      }
    }
    node::Shard& shard = *node.shards->at(0);
    for (const auto& held : shard.quarantine.list("vault", "", 10)) all += held.object;
    for (const auto& shut : shard.host.shut().all()) all += "; shut: " + shut.first;
    all += "; " + std::to_string(imports.changes) + " imports, " + std::to_string(backups.started) +
           " backups, " + std::to_string(keys.changes) + " keys; " + to_string(levels.levels());
    return all;
  }

  CountedImports imports;
  CountedBackups backups;
  CountedKeys keys;
  const identity::TicketAuthenticator tickets{
      {.secrets = [] { return std::make_shared<const std::vector<identity::TicketSecret>>(1); }}};
  TestLevels levels;
  limits::TenantTable tenants;
  TestApi node;
};

// ---- a request for each operation, which does what the operation is for

struct Trial {
  std::string_view method;
  std::string_view path;  // as openapi.json has it
  std::string_view
      target;  // behind "/v1", if the path begins so; VAULT stands for the workspace, PLAN for the object
  int answer;  // to whoever has the right
  void (*prepare)(Vault& vault) = [](Vault&) {};
  std::string_view body = {};     // with the same words
  std::string_view headers = {};  // whole lines
};

constexpr std::string_view kPolicyText = "permit (principal, action, resource);";

void set_policy(Vault& vault) {
  vault.change(log::SetPolicy{"all", std::string(kPolicyText)});
}

void delete_plan(Vault& vault) {
  vault.node.shards->at(0)->host.get("vault").delete_object(
      {.caller = testing::ann(), .object = "plan"},
      [](Result<workspace::Receipt> deleted) { EXPECT_TRUE(deleted); });
  vault.node.run();
}

void rename_plan(Vault& vault) {
  vault.node.shards->at(0)->host.get("vault").rename_object(
      {.caller = testing::ann(), .object = "plan", .to = "plan9"},
      [](Result<workspace::Receipt> renamed) { EXPECT_TRUE(renamed); });
  vault.node.run();
}

// From now on, "plan" is a stream.
void begin_stream(Vault& vault) {
  delete_plan(vault);
  vault.node.shards->at(0)->host.get("vault").change(
      "plan", {.caller = testing::ann(), .type = &streams::stream_type()},
      [](const merge::Object&, log::Position) -> Result<Bytes> {
        return streams::encode(streams::CreateStream{.config = {.content_type = "text/plain"},
                                                     .content = as_bytes("classified")});
      },
      [](Result<workspace::Receipt> begun) { EXPECT_TRUE(begun); });
  vault.node.run();
}

void delete_vault(Vault& vault) {
  vault.change(log::DeleteWorkspace{.erase_at_ms = log::kMaxGraceMs * 100});
}

void erase_vault(Vault& vault) {
  delete_vault(vault);
  vault.change(log::EraseWorkspace{.complete = true});
}

constexpr Trial kTrials[] = {
    {"GET", "/streams/{workspace}", "/streams/VAULT?offset=-1", 200},
    {"GET", "/streams/{workspace}/{object}", "/streams/VAULT/PLAN", 200, begin_stream},
    {"PUT", "/streams/{workspace}/{object}", "/streams/VAULT/PLAN", 201, delete_plan, "mine",
     "Content-Type: text/plain\r\n"},
    {"POST", "/streams/{workspace}/{object}", "/streams/VAULT/PLAN", 204, begin_stream, "mine",
     "Content-Type: text/plain\r\n"},
    {"DELETE", "/streams/{workspace}/{object}", "/streams/VAULT/PLAN", 204, begin_stream},
    {"GET", "/v1/workspaces", "/workspaces", 200},
    {"GET", "/v1/workspaces/{workspace}/objects", "/workspaces/VAULT/objects", 200},
    {"GET", "/v1/workspaces/{workspace}/objects/{object}", "/workspaces/VAULT/objects/PLAN", 200},
    {"PUT", "/v1/workspaces/{workspace}/objects/{object}",
     "/workspaces/VAULT/objects/PLAN?root=content", 200, [](Vault&) {}, "mine",
     "Content-Type: text/plain\r\n"},
    {"PATCH", "/v1/workspaces/{workspace}/objects/{object}", "/workspaces/VAULT/objects/PLAN", 200,
     [](Vault&) {}, R"({"root":"content","ops":[{"insert":"mine","at":0}]})",
     "Content-Type: application/vnd.syncline.text+json\r\n"},
    {"POST", "/v1/workspaces/{workspace}/objects/{object}",
     "/workspaces/VAULT/objects/PLAN2?copy_from=PLAN", 201},
    {"DELETE", "/v1/workspaces/{workspace}/objects/{object}", "/workspaces/VAULT/objects/PLAN",
     200},
    {"POST", "/v1/workspaces/{workspace}/undelete/{object}", "/workspaces/VAULT/undelete/PLAN", 200,
     delete_plan},
    {"POST", "/v1/workspaces/{workspace}/rename/{object}",
     "/workspaces/VAULT/rename/PLAN?to=PLAN2", 200},
    {"DELETE", "/v1/workspaces/{workspace}/redirects/{object}", "/workspaces/VAULT/redirects/PLAN",
     200, rename_plan},
    {"GET", "/v1/workspaces/{workspace}/deletions", "/workspaces/VAULT/deletions", 200},
    {"DELETE", "/v1/workspaces/{workspace}", "/workspaces/VAULT", 200},
    {"POST", "/v1/workspaces/{workspace}/undelete", "/workspaces/VAULT/undelete", 200,
     delete_vault},
    {"POST", "/v1/workspaces/{workspace}/begin", "/workspaces/VAULT/begin", 200, erase_vault},
    {"PUT", "/v1/workspaces/{workspace}/deletions", "/workspaces/VAULT/deletions?grace=7d", 200},
    {"GET", "/v1/workspaces/{workspace}/state", "/workspaces/VAULT/state?at=2", 200},
    {"GET", "/v1/workspaces/{workspace}/changes", "/workspaces/VAULT/changes", 200},
    {"GET", "/v1/workspaces/{workspace}/events", "/workspaces/VAULT/events?after=0&follow=0", 200},
    {"GET", "/v1/workspaces/{workspace}/events/{object}",
     "/workspaces/VAULT/events/PLAN?after=0&follow=0", 200},
    {"GET", "/v1/workspaces/{workspace}/webhooks", "/workspaces/VAULT/webhooks", 200},
    {"POST", "/v1/workspaces/{workspace}/webhooks", "/workspaces/VAULT/webhooks", 201,
     [](Vault&) {}, R"({"url":"https://app.example/hook"})"},
    {"GET", "/v1/workspaces/{workspace}/webhooks/{session}/dead",
     "/workspaces/VAULT/webhooks/a/dead", 404},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/replay",
     "/workspaces/VAULT/webhooks/a/replay", 404},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/rotate",
     "/workspaces/VAULT/webhooks/a/rotate", 404},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/enable",
     "/workspaces/VAULT/webhooks/a/enable", 404},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/test",
     "/workspaces/VAULT/webhooks/a/test", 404},
    {"GET", "/v1/workspaces/{workspace}/webhooks/{webhook}", "/workspaces/VAULT/webhooks/a", 404},
    {"DELETE", "/v1/workspaces/{workspace}/webhooks/{webhook}", "/workspaces/VAULT/webhooks/a",
     404},
    {"GET", "/v1/workspaces/{workspace}/changes/{object}", "/workspaces/VAULT/changes/PLAN", 200},
    {"GET", "/v1/workspaces/{workspace}/blame/{object}", "/workspaces/VAULT/blame/PLAN", 200},
    {"GET", "/v1/workspaces/{workspace}/pins", "/workspaces/VAULT/pins", 200},
    {"PUT", "/v1/workspaces/{workspace}/pins/{pin}", "/workspaces/VAULT/pins/mine?at=2", 200},
    {"DELETE", "/v1/workspaces/{workspace}/pins/{pin}", "/workspaces/VAULT/pins/milestone", 204},
    {"GET", "/v1/workspaces/{workspace}/policies", "/workspaces/VAULT/policies", 200, set_policy},
    {"GET", "/v1/workspaces/{workspace}/policies/{policy}", "/workspaces/VAULT/policies/all", 200,
     set_policy},
    {"PUT", "/v1/workspaces/{workspace}/policies/{policy}", "/workspaces/VAULT/policies/mine", 200,
     [](Vault&) {}, kPolicyText},
    {"DELETE", "/v1/workspaces/{workspace}/policies/{policy}", "/workspaces/VAULT/policies/all",
     204, set_policy},
    {"GET", "/v1/workspaces/{workspace}/shares", "/workspaces/VAULT/shares", 200},
    {"POST", "/v1/workspaces/{workspace}/simulation", "/workspaces/VAULT/simulation", 200,
     [](Vault&) {}, R"({"policies":{"none":"forbid (principal, action, resource);"}})"},
    {"GET", "/v1/workspaces/{workspace}/access/{object}", "/workspaces/VAULT/access/PLAN", 200},
    {"GET", "/v1/workspaces/{workspace}/shares/{object}", "/workspaces/VAULT/shares/PLAN", 200},
    {"GET", "/v1/workspaces/{workspace}/rights/{object}", "/workspaces/VAULT/rights/PLAN", 200},
    {"POST", "/v1/workspaces/{workspace}/links/{object}", "/workspaces/VAULT/links/PLAN", 201,
     [](Vault&) {}, R"({"role":"viewer"})"},
    {"PUT", "/v1/workspaces/{workspace}/shares",
     "/workspaces/VAULT/shares?resource=PLAN&to=everyone&role=editor", 200},
    {"DELETE", "/v1/workspaces/{workspace}/shares",
     "/workspaces/VAULT/shares?resource=PLAN&to=everyone", 204,
     [](Vault& vault) {
       vault.change(log::Share{"plan", {}, log::ShareRole::kOwner});
     }},
    {"POST", "/v1/workspaces/{workspace}/restore/{object}",
     "/workspaces/VAULT/restore/PLAN?at=1&confirm=VAULT", 200},
    {"GET", "/v1/workspaces/{workspace}/retention", "/workspaces/VAULT/retention", 200},
    {"PUT", "/v1/workspaces/{workspace}/retention", "/workspaces/VAULT/retention?keep_last=1", 200},
    {"POST", "/v1/workspaces/{workspace}/retention", "/workspaces/VAULT/retention", 200,
     [](Vault& vault) { vault.change(log::SetRetention{{.keep_last = 1}}); }},
    {"PUT", "/v1/workspaces/{workspace}/hold", "/workspaces/VAULT/hold?reason=x", 200},
    {"DELETE", "/v1/workspaces/{workspace}/hold", "/workspaces/VAULT/hold?reason=x", 200,
     [](Vault& vault) { vault.change(log::PutHold{}); }},
    {"GET", "/v1/workspaces/{workspace}/quarantine", "/workspaces/VAULT/quarantine", 200,
     [](Vault& vault) { vault.quarantine(); }},
    {"DELETE", "/v1/workspaces/{workspace}/quarantine/{object}",
     "/workspaces/VAULT/quarantine/PLAN", 204, [](Vault& vault) { vault.quarantine(); }},
    {"GET", "/v1/sessions", "/sessions", 200},
    // Nobody is connected. tests/api/sessions_test.cpp ends sessions.
    {"POST", "/v1/sessions/{session}/kick", "/sessions/00-00000000-0000000000000000/kick", 404},
    {"POST", "/v1/sessions/{session}/revoke", "/sessions/00-00000000-0000000000000000/revoke", 404},
    {"GET", "/v1/revocations", "/revocations", 200},
    {"POST", "/v1/revocations", "/revocations?principal=x", 204},
    {"DELETE", "/v1/revocations/{revocation}", "/revocations/cB8fH3g", 204,
     [](Vault& vault) { vault.revoke_x(); }},
    {"POST", "/v1/security-events", "/security-events", 501},  // of which the vault has no keys
    {"GET", "/v1/shut", "/shut", 200, [](Vault& vault) { vault.shut(); }},
    {"DELETE", "/v1/workspaces/{workspace}/shut", "/workspaces/VAULT/shut", 204,
     [](Vault& vault) { vault.shut(); }},
    {"GET", "/v1/workspaces/{workspace}/log", "/workspaces/VAULT/log", 200},
    {"GET", "/v1/workspaces/{workspace}/checkpoint", "/workspaces/VAULT/checkpoint", 200},
    {"GET", "/v1/workspaces/{workspace}/proof/{position}", "/workspaces/VAULT/proof/1", 200},
    {"GET", "/v1/workspaces/{workspace}/consistency", "/workspaces/VAULT/consistency?from=1&to=3",
     200},
    {"GET", "/v1/workspaces/{workspace}/export", "/workspaces/VAULT/export", 200},
    {"GET", "/v1/workspaces/{workspace}/import", "/workspaces/VAULT/import", 200},
    {"POST", "/v1/workspaces/{workspace}/import", "/workspaces/VAULT/import", 200},
    {"DELETE", "/v1/workspaces/{workspace}/import", "/workspaces/VAULT/import", 200},
    {"GET", "/v1/keys", "/keys", 200},
    {"POST", "/v1/backups", "/backups?name=nightly", 201},
    {"GET", "/v1/log-level", "/log-level", 200},
    {"PUT", "/v1/log-level", "/log-level?level=net%3Ddebug", 200},
    {"GET", "/v1/audit", "/audit", 200},
    {"GET", "/v1/me", "/me", 200},
    {"GET", "/v1/people", "/people", 200},
    {"DELETE", "/v1/people/{principal}", "/people/somebody?forget=1", 204},
    {"GET", "/v1/workspaces/{workspace}/guests", "/workspaces/VAULT/guests", 200},
    {"DELETE", "/v1/workspaces/{workspace}/guests", "/workspaces/VAULT/guests", 204,
     [](Vault& vault) { vault.welcome_guest(); }},
    {"GET", "/v1/api-keys", "/api-keys", 200},
    {"POST", "/v1/api-keys", "/api-keys", 201, [](Vault&) {}, R"({"rights":"write"})"},
    {"DELETE", "/v1/api-keys/{key}", "/api-keys/abcdefghijklmnop", 204},
    {"POST", "/v1/tickets", "/tickets", 201, [](Vault&) {},
     R"({"workspace":"VAULT","object":"PLAN"})"},
    {"GET", "/v1/tenants", "/tenants", 200, [](Vault& vault) { vault.make_tenant(); }},
    {"GET", "/v1/tenants/{tenant}", "/tenants/stolen", 200,
     [](Vault& vault) { vault.make_tenant(); }},
    {"POST", "/v1/tenants/{tenant}", "/tenants/new", 201},
    {"PUT", "/v1/tenants/{tenant}", "/tenants/stolen?max_objects=1", 200,
     [](Vault& vault) { vault.make_tenant(); }},
    {"DELETE", "/v1/tenants/{tenant}", "/tenants/stolen", 204,
     [](Vault& vault) { vault.make_tenant(); }},
    {"GET", "/v1/workspaces/{workspace}/files/{object}", "/workspaces/VAULT/files/PLAN", 406},
    {"PUT", "/v1/workspaces/{workspace}/files/{object}", "/workspaces/VAULT/files/PLAN3", 201,
     [](Vault&) {}, "mine"},
    {"POST", "/v1/workspaces/{workspace}/uploads/{object}", "/workspaces/VAULT/uploads/PLAN3", 201,
     [](Vault&) {}, "", "Tus-Resumable: 1.0.0\r\nUpload-Length: 3\r\n"},
    {"GET", "/v1/workspaces/{workspace}/uploads/{object}",
     "/workspaces/VAULT/uploads/PLAN?upload=0", 404, [](Vault&) {}, "", "Tus-Resumable: 1.0.0\r\n"},
    {"PATCH", "/v1/workspaces/{workspace}/uploads/{object}",
     "/workspaces/VAULT/uploads/PLAN?upload=0", 404, [](Vault&) {}, "", "Tus-Resumable: 1.0.0\r\n"},
    {"DELETE", "/v1/workspaces/{workspace}/uploads/{object}",
     "/workspaces/VAULT/uploads/PLAN?upload=0", 404, [](Vault&) {}, "", "Tus-Resumable: 1.0.0\r\n"},
    {"OPTIONS", "/v1/workspaces/{workspace}/uploads/{object}", "/workspaces/VAULT/uploads/PLAN",
     204},
    {"GET", "/v1/workspaces/{workspace}/search", "/workspaces/VAULT/search?q=classified", 200},
    {"POST", "/mcp", "/mcp", 200, [](Vault&) {},
     R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})",
     "Content-Type: application/json\r\n"},
    {"DELETE", "/mcp", "/mcp", 400},  // without a session
};

std::string with_names(std::string text, std::string_view workspace, std::string_view object) {
  for (const auto& [word, name] : {std::pair("VAULT", workspace), std::pair("PLAN", object)})
    for (auto at = text.find(word); at != text.npos; at = text.find(word))
      text.replace(at, std::string_view(word).size(), name);
  return text;
}

std::string target_of(const Trial& trial, std::string_view workspace, std::string_view object) {
  const std::string_view version = trial.path.starts_with("/v1") ? "/v1" : "";
  return with_names(std::string(version) + std::string(trial.target), workspace, object);
}

// ---- who asks

struct Asker {
  std::string_view what;
  std::string headers;
  std::string query;  // behind the target's own
  int reading;        // what a request to read is answered with; 0: whatever the operation answers
  int changing;
};

std::string bearer(std::string_view token) {
  return "Authorization: Bearer " + std::string(token) + "\r\n";
}

std::string origin(std::string_view page) {
  return "Origin: " + std::string(page) + "\r\n";
}

std::vector<Asker> askers_of_a_server_with_tokens() {
  const std::string foreign = origin("https://elsewhere.example");
  return {
      {"nobody", "", "", 401, 401},
      {"an empty token", "Authorization: Bearer \r\n", "", 401, 401},
      {"a wrong token", bearer("fool"), "", 401, 401},
      {"the beginning of a token", bearer("ful"), "", 401, 401},
      {"a token with more behind it", bearer("full2"), "", 401, 401},
      {"two tokens in one", bearer("look full"), "", 401, 401},
      {"another scheme", "Authorization: Basic full\r\n", "", 401, 401},
      {"a wrong token before a good one in the query", bearer("fool"), "token=full", 401, 401},
      {"a wrong token in the query", "", "token=fool", 401, 401},
      {"a foreign page without a token", foreign, "", 401, 401},
      {"a reader", bearer("look"), "", 0, 403},
      {"a reader, by the query", "", "token=look", 0, 403},
      {"a reader who names a writer's token second", bearer("look") + bearer("full"), "", 0, 403},
      {"a reader on a foreign page", bearer("look") + foreign, "", 0, 403},
      {"an operator on a foreign page", bearer("full") + foreign, "", 0, 0},
      {"an operator, by the query", "", "token=full", 0, 0},
      {"an operator", bearer("full"), "", 0, 0}};
}

std::vector<Asker> askers_of_an_open_server() {
  return {
      {"a foreign page", origin("https://elsewhere.example"), "", 0, 403},
      {"a page without an origin", origin("null"), "", 0, 403},
      {"a page that calls itself local", origin("http://localhost.elsewhere.example"), "", 0, 403},
      {"a foreign page with a token", origin("https://elsewhere.example") + bearer("full"), "", 0,
       403},
      {"a page of this machine", origin("http://localhost:3000"), "", 0, 0},
      {"a program", "", "", 0, 0}};
}

using Answer = std::shared_ptr<FakeAnswer>;

// A refusal is the same for what is stored and for what is not.
void expect_silence(const Answer& refusal, const Answer& of_nothing) {
  EXPECT_EQ(refusal->body, of_nothing->body);
  EXPECT_EQ(refusal->head->headers, of_nothing->head->headers);
  for (const std::string_view secret : kSecrets)
    EXPECT_EQ(refusal->body.find(secret), std::string::npos) << refusal->body;
}

void try_door(const identity::Access& access, const std::vector<Asker>& askers,
              const Trial& trial) {
  Vault vault(access);
  trial.prepare(vault);
  const Right right = [&] {
    for (const Route* route : all_routes())
      if (route->method == trial.method && route->path == trial.path) return route->right;
    return Right::kRead;
  }();
  for (const Asker& asker : askers) {
    SCOPED_TRACE(std::string(asker.what) + ": " + std::string(trial.method) + " " +
                 std::string(trial.path));
    const auto ask = [&](std::string_view method, std::string target) {
      if (!asker.query.empty())
        target += (target.find('?') == target.npos ? "?" : "&") + asker.query;
      vault.node.body = with_names(std::string(trial.body), "vault", "plan");
      return vault.node.ask(std::string(method), target,
                            asker.headers + std::string(trial.headers));
    };
    const std::string before = vault.contents();
    // Who may only read may not see who is connected.
    // The endpoint of agents is closed to foreign pages altogether.
    const bool more_than_reading = access.open() ? identity::changes(right) || trial.path == "/mcp"
                                                 : !identity::Rights::reading().has(right);
    const int expected = more_than_reading ? asker.changing : asker.reading;
    const Answer answer = ask(trial.method, target_of(trial, "vault", "plan"));
    ASSERT_TRUE(answer->head && answer->ended);
    EXPECT_EQ(answer->head->status, expected == 0 ? trial.answer : expected) << answer->body;
    if (expected != 0 || !identity::changes(right)) {
      EXPECT_EQ(vault.contents(), before);
    }
    if (expected == 0) {
      if (!identity::changes(right)) continue;
      // Whoever comes next finds the same server.
      EXPECT_EQ(vault.contents() == before, trial.answer >= 400) << "the trial does nothing";
      return;
    }
    expect_silence(answer, ask(trial.method, target_of(trial, "none", "nothing")));
    EXPECT_FALSE(vault.node.shards->at(0)->host.has("none"));
    if (trial.method == "GET") {
      const Answer head = ask("HEAD", target_of(trial, "vault", "plan"));
      EXPECT_EQ(head->head->status, expected);
      expect_silence(head, answer);
    }
  }
}

// ---- what there is to be tried

std::string operation_of(std::string_view method, std::string_view path) {
  return std::string(method) + " " + std::string(path);
}

std::set<std::string> described_operations() {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/docs/openapi.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto document = crdt::from_json(text.str());
  std::set<std::string> described;
  const crdt::Any* paths = document ? document->find("paths") : nullptr;
  if (paths == nullptr) return described;
  for (const auto& [path, operations] : std::get<crdt::Any::Object>(paths->value()))
    for (const auto& [method, operation] : std::get<crdt::Any::Object>(operations.value())) {
      std::string upper = method;
      for (char& letter : upper) letter = static_cast<char>(std::toupper(letter));
      described.insert(operation_of(upper, path));
    }
  return described;
}

TEST(SideDoors, EveryRouteIsDescribedAndTried) {
  std::set<std::string> routed;
  std::set<std::string> tried;
  for (const Route* route : all_routes()) routed.insert(operation_of(route->method, route->path));
  for (const Trial& trial : kTrials) tried.insert(operation_of(trial.method, trial.path));
  EXPECT_EQ(described_operations(), routed);
  EXPECT_EQ(tried, routed) << "each route needs its line in kTrials";
}

TEST(SideDoors, AServerWithTokensTellsNothingToThoseWithoutTheRight) {
  for (const Trial& trial : kTrials) {
    // An operator changes what the next one would find: each kind of them begins anew.
    std::vector<Asker> refused;
    for (const Asker& asker : askers_of_a_server_with_tokens()) {
      if (asker.changing != 0) {
        refused.push_back(asker);
      } else {
        std::vector<Asker> all = refused;
        all.push_back(asker);
        try_door(kTwoTokens, all, trial);
      }
    }
  }
}

TEST(SideDoors, AnOpenServerIsNotChangedByForeignPages) {
  for (const Trial& trial : kTrials) {
    const auto askers = askers_of_an_open_server();
    try_door({}, askers, trial);
    try_door({}, {askers.back()}, trial);
  }
}

// What a browser hides from a page unless the server names the page's origin.
TEST(SideDoors, ForeignPagesMayReadNothingUnlessTheyAreNamed) {
  for (const Trial& trial : kTrials) {
    Vault vault({});
    trial.prepare(vault);
    const auto answer = vault.node.ask(std::string(trial.method), target_of(trial, "vault", "plan"),
                                       origin("https://elsewhere.example"));
    EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "") << trial.path;
  }
}

// ---- tokens for one workspace, or for one object

identity::Token scoped(std::string secret, std::string workspace, std::string object) {
  return {std::move(secret),
          {.id = "app",
           .identity = std::make_shared<const identity::Identity>(identity::Identity{
               .workspace = std::move(workspace), .object = std::move(object)})}};
}

const identity::Access kScopedTokens({scoped("its workspace", "vault", ""),
                                      scoped("its object", "vault", "plan"),
                                      scoped("another workspace", "vault2", ""),
                                      scoped("another object", "vault", "plan2"),
                                      scoped("that object elsewhere", "vault2", "plan")});

// Whether a token with all rights and this scope reaches what the trial asks for.
bool reaches(std::string_view token, const Trial& trial) {
  // They tell of the caller alone.
  if (trial.path == "/v1/me" || trial.path == "/mcp") return true;
  const bool in_body = trial.body.find("VAULT") != std::string_view::npos;
  if (token == "its workspace")
    return in_body || trial.target.find("VAULT") != std::string_view::npos;
  if (token != "its object") return false;
  // To lift a quarantine, to make a link and to delete are events of the workspace's rules.
  const bool rules = trial.path.find("/quarantine/") != trial.path.npos ||
                     trial.path.find("/links/") != trial.path.npos ||
                     trial.path.find("/undelete/") != trial.path.npos ||
                     trial.path.find("/rename/") != trial.path.npos ||
                     (trial.method == "DELETE" && trial.path.find("/uploads/") == trial.path.npos);
  const bool others = trial.target.find("copy_from") != trial.target.npos ||
                      trial.target.find("PLAN3") != trial.target.npos;
  return in_body || (trial.path.ends_with("{object}") && !rules && !others);
}

TEST(SideDoors, ATokenForOneThingOpensNothingElse) {
  for (const Trial& trial : kTrials) {
    for (const std::string token : {"another workspace", "another object", "that object elsewhere",
                                    "its object", "its workspace"}) {
      SCOPED_TRACE(token + ": " + std::string(trial.method) + " " + std::string(trial.path));
      Vault vault(kScopedTokens);
      trial.prepare(vault);
      const std::string before = vault.contents();
      const auto ask = [&](std::string_view workspace, std::string_view object) {
        vault.node.body = with_names(std::string(trial.body), workspace, object);
        return vault.node.ask(std::string(trial.method), target_of(trial, workspace, object),
                              bearer(token) + std::string(trial.headers));
      };
      const Answer answer = ask("vault", "plan");
      ASSERT_TRUE(answer->head && answer->ended);
      const bool expected = reaches(token, trial);
      EXPECT_EQ(answer->head->status, expected ? trial.answer : 403) << answer->body;
      if (expected) continue;
      EXPECT_EQ(vault.contents(), before);
      if (token.starts_with("its")) continue;
      // The same for what is stored and for what is not.
      expect_silence(answer, ask(token == "another object" ? "vault" : "none", "nothing"));
    }
  }
}

// ---- the tools of agents, each of which is a request to one of the operations above

struct ToolTrial {
  std::string_view tool;
  std::string_view arguments;
  bool writes;
};

constexpr ToolTrial kToolTrials[] = {
    {"list_workspaces", "{}", false},
    {"list_objects", R"({"workspace":"VAULT"})", false},
    {"read_object", R"({"workspace":"VAULT","object":"PLAN"})", false},
    {"search_objects", R"({"workspace":"VAULT","query":"classified"})", false},
    {"edit_text",
     R"({"workspace":"VAULT","object":"PLAN","root":"content","ops":[{"insert":"mine","at":0}]})",
     true},
    {"put_markdown", R"({"workspace":"VAULT","object":"PLAN3","root":"default","markdown":"mine"})",
     true},
    {"put_text", R"({"workspace":"VAULT","object":"PLAN","root":"content","text":"mine"})", true},
    {"copy_object", R"({"workspace":"VAULT","object":"PLAN3","copy_from":"PLAN"})", true},
    {"history", R"({"workspace":"VAULT","object":"PLAN"})", false},
};

class ToolDoor {
 public:
  ToolDoor(Vault& vault, std::string token) : vault_(vault), token_(std::move(token)) {
    session_ = post("initialize", R"({"clientInfo":{"name":"scribe"}})")->header("Mcp-Session-Id");
  }

  Answer post(std::string_view method, const std::string& params) {
    vault_.node.body = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                       R"(","params":)" + params + "}";
    const std::string in = session_.empty() ? "" : "Mcp-Session-Id: " + session_ + "\r\n";
    auto answer =
        vault_.node.ask("POST", "/mcp", bearer(token_) + in + "Content-Type: application/json\r\n");
    vault_.node.body.clear();
    return answer;
  }

  // Whether the tool did what it was asked for.
  bool call(const ToolTrial& trial, std::string_view workspace, std::string_view object) {
    answer =
        post("tools/call", R"({"name":")" + std::string(trial.tool) + R"(","arguments":)" +
                               with_names(std::string(trial.arguments), workspace, object) + "}");
    EXPECT_EQ(answer->head->status, 200) << answer->body;
    return answer->body.find("\"isError\":false") != std::string::npos;
  }

  Answer answer;

 private:
  Vault& vault_;
  const std::string token_;
  std::string session_;
};

TEST(SideDoors, EachToolIsTried) {
  std::set<std::string_view> tried;
  for (const ToolTrial& trial : kToolTrials) tried.insert(trial.tool);
  for (const McpTool& tool : mcp_tools()) EXPECT_TRUE(tried.contains(tool.name)) << tool.name;
}

TEST(SideDoors, AToolDoesNothingThatItsCallerMayNot) {
  for (const ToolTrial& trial : kToolTrials) {
    for (const char* token : {"look", "full"}) {
      SCOPED_TRACE(std::string(token) + ": " + std::string(trial.tool));
      Vault vault(kTwoTokens);
      ToolDoor door(vault, token);
      const std::string before = vault.contents();
      const bool may = !trial.writes || token == std::string_view("full");
      EXPECT_EQ(door.call(trial, "vault", "plan"), may) << door.answer->body;
      EXPECT_EQ(vault.contents() != before, may && trial.writes);
    }
  }
}

TEST(SideDoors, AToolReachesNothingBeyondTheTokenOfItsCaller) {
  for (const ToolTrial& trial : kToolTrials) {
    if (trial.tool == "list_workspaces") continue;  // not for tokens of one thing
    for (const std::string token :
         {"another workspace", "another object", "that object elsewhere"}) {
      SCOPED_TRACE(token + ": " + std::string(trial.tool));
      Vault vault(kScopedTokens);
      ToolDoor door(vault, token);
      const std::string before = vault.contents();
      EXPECT_FALSE(door.call(trial, "vault", "plan")) << door.answer->body;
      for (const std::string_view secret : {"classified", "milestone", "stolen"})
        EXPECT_EQ(door.answer->body.find(secret), std::string::npos) << door.answer->body;
      EXPECT_EQ(vault.contents(), before);
    }
  }
}

// What is no object may have the name of one.
TEST(SideDoors, ATokenForOneObjectIsNotForAPinOfThatName) {
  const identity::Access tokens({scoped("pin", "vault", "milestone"),
                                 scoped("position", "vault", "1"),
                                 scoped("prefix", "vault", "plan")});
  Vault vault(tokens);
  EXPECT_EQ(
      vault.node.ask("DELETE", "/v1/workspaces/vault/pins/milestone", bearer("pin"))->head->status,
      403);
  EXPECT_EQ(vault.node.ask("GET", "/v1/workspaces/vault/proof/1", bearer("position"))->head->status,
            403);
  EXPECT_EQ(vault.node.ask("GET", "/v1/workspaces/vault/objects?prefix=plan", bearer("prefix"))
                ->head->status,
            403);
}

TEST(SideDoors, ATokenForOneWorkspaceRestoresIntoNoOther) {
  for (const std::string dry : {"", "&dry_run=1"}) {
    Vault vault(kScopedTokens);
    const std::string before = vault.contents();
    const Answer answer =
        vault.node.ask("POST", "/v1/workspaces/vault/restore/plan?at=2&into=vault3" + dry,
                       bearer("its workspace"));
    EXPECT_EQ(answer->head->status, 403) << answer->body;
    EXPECT_EQ(vault.contents(), before);
  }
}

TEST(SideDoors, ATokenForOneWorkspaceReadsNoMetrics) {
  Vault vault(kScopedTokens);
  EXPECT_EQ(vault.node.ask("GET", "/metrics", bearer("its workspace"))->head->status, 403);
  EXPECT_EQ(vault.node.ask("GET", "/v1/anything", bearer("its workspace"))->head->status, 404);
}

}  // namespace
}  // namespace syncline::api
