// Nobody reaches another tenant over the HTTP API: every route is asked by the administrator of a tenant, and by one of
// the default tenant who may not see tenants, for what another tenant has.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/dispatch.h"
#include "identity/person.h"
#include "identity/ticket_authenticator.h"
#include "limits/tenants.h"
#include "node/revoke.h"
#include "session/y_session.h"
#include "support/fake_connection.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using identity::Identity;
using identity::Rights;
using testing::FakeConnection;
using testing::TestApi;
using testing::Typist;

// In all that the other tenant has, and in no request.
constexpr std::string_view kTaint = "betasecret";
constexpr const char* kBetasKey = "abcdefghijklmnop";

class TwoKeys final : public ApiKeys {
 public:
  void add(identity::ApiKey key, log::Done<void> done) override {
    made.push_back(std::move(key));
    done({});
  }
  std::vector<identity::ApiKey> list(const KeyOwner& owner, const std::string&,
                                     std::size_t) const override {
    if (owner && *owner != "beta") return {};
    return {{.id = kBetasKey, .label = std::string(kTaint), .tenant = "beta", .rights = "read"}};
  }
  void revoke(const KeyOwner& owner, const std::string&, std::uint64_t,
              log::Done<void> done) override {
    if (owner && *owner != "beta") return done(fail(ErrorCode::kNotFound, "there is no such key"));
    ++revoked;
    done({});
  }

  std::vector<identity::ApiKey> made;
  int revoked = 0;
};

identity::Principal reach_member(std::string id, std::string tenant, Rights rights,
                                 std::string name = {}) {
  return {.id = std::move(id),
          .rights = rights,
          .identity = std::make_shared<const Identity>(Identity{.source = Identity::Source::kJwt,
                                                                .name = std::move(name),
                                                                .tenant = std::move(tenant),
                                                                .token = "same"})};
}

class TenantReach : public ::testing::Test {
 protected:
  TenantReach()
      : node_(identity::Access(
            {{"acme", reach_member("boss", "acme", Rights::all())},
             {"own", reach_member("chief", "", Rights::all().without(Rights::of_the_server()))}})),
        door_(node_.context.access, tenants_),
        context_{.shards = node_.context.shards,
                 .access = door_,
                 .tenants = &tenants_,
                 .api_keys = &keys_,
                 .tickets = &tickets_,
                 .keys = node_.context.keys,
                 .ready = node_.context.ready} {
    node_.handler = make_handler(context_);
    for (const char* tenant : {"acme", "beta"})
      tenants_.put({.name = tenant, .display_name = std::string(kTaint)});
    fill_beta();
    join_beta();
  }
  ~TenantReach() override {
    session_->on_closed(1000);
    node_.run();
  }

  void fill_beta() {
    node_.change("/beta/w", "x", Typist(3).type(kTaint));
    node::Shard& shard = *node_.shards->at(0);
    const identity::Person person{
        .name = std::string(kTaint), .first_day = 19'000, .last_day = 19'000};
    using log::DirectoryKind;
    shard.store->directory().change_directory(
        {{DirectoryKind::kPerson, *identity::person_id("beta", "bob"),
          identity::encode_person(person)},
         {DirectoryKind::kGuest, *identity::guest_id("/beta/w", "actor"),
          identity::encode_person(person)},
         {DirectoryKind::kTenant, "beta",
          limits::encode_tenant({.name = "beta", .display_name = std::string(kTaint)})}},
        [](Result<void> kept) { ASSERT_TRUE(kept); });
    node::revoke(*node_.shards, shard, {{.id = std::string(kTaint), .tenant = "beta"}},
                 [](Result<void> revoked) { ASSERT_TRUE(revoked); });
    shard.host.shut().add("/beta/shut", {ErrorCode::kCorrupt, std::string(kTaint)}, 1);
    node_.run();
  }

  void join_beta() {
    node::Shard& shard = *node_.shards->at(0);
    session_ = std::make_unique<session::YSession>(session::YSessionOptions{
        .host = shard.host,
        .workspace = "/beta/w",
        .object = "x",
        .principal = reach_member("bob", "beta", Rights::writing(), std::string(kTaint)),
        .actor = "actor",
        .sessions = &shard.sessions,
        .limits = limits_,
        .counters = shard.session_counters});
    session_->on_open(connection_);
    node_.run();
  }

  // What there is of beta: what its tables hold, and what is in memory.
  std::string beta() {
    std::string all;
    for (std::size_t family = 0; family < store::kFamilies; ++family) {
      auto cursor = node_.store.tables().cursor(static_cast<store::Family>(family));
      for (cursor->seek(""); cursor->valid(); cursor->next())
        if (const std::string entry = std::string(cursor->key()).append(cursor->value());
            entry.find("beta") != entry.npos)
          all += entry + "\n";
    }
    node::Shard& shard = *node_.shards->at(0);
    for (const auto& shut : shard.host.shut().all()) all += "shut " + shut.first + "\n";
    all += std::to_string(keys_.revoked) + " keys revoked, ";
    all += shard.revocations.check(reach_member("bob", "beta", Rights::writing())) ? "bob may\n"
                                                                                   : "\n";
    return all + (connection_.closed ? "closed" : "open");
  }

  // The ids by which beta's things are named in a path.
  std::string target_of(std::string_view route, std::string_view workspace) {
    const std::string session = node_.shards->at(0)->sessions.info_at(0).id;
    std::string target(route);
    for (const auto& [word, id] : std::vector<std::pair<std::string, std::string>>{
             {"{workspace}", std::string(workspace)},
             {"{object}", "x"},
             {"{session}", session},
             {"{key}", kBetasKey},
             {"{principal}", "bob"},
             {"{tenant}", "beta"},
             // t, beta and the taint, with separators
             {"{revocation}", "dB9iZXRhHx9iZXRhc2VjcmV0"},
             {"{pin}", "p"},
             {"{position}", "1"}})
      if (const std::size_t at = target.find(word); at != target.npos)
        target.replace(at, word.size(), id);
    return target;
  }

  void ask_for_beta(const Route& route, const std::string& token, const std::string& target) {
    const std::string before = beta();
    for (const char* body :
         {"", R"({"rights":"admin","workspace":"w","tenant":"beta"})",
          R"({"rights":"read","workspace":"/beta/w"})", R"({"token_id":"same","tenant":"beta"})"}) {
      node_.body = body;
      const auto answer =
          node_.ask(std::string(route.method), target, "Authorization: Bearer " + token + "\r\n");
      ASSERT_TRUE(answer->head) << target;
      EXPECT_EQ(answer->body.find(kTaint), std::string::npos)
          << token << ": " << route.method << " " << target << "\n"
          << answer->body;
      EXPECT_EQ(beta(), before) << token << ": " << route.method << " " << target << " " << body;
    }
  }

  TestApi node_;
  limits::TenantTable tenants_;
  limits::TenantDoor door_;
  TwoKeys keys_;
  const std::shared_ptr<const std::vector<identity::TicketSecret>> secrets_ =
      std::make_shared<const std::vector<identity::TicketSecret>>(1);
  const identity::TicketAuthenticator tickets_{{.secrets = [this] { return secrets_; }}};
  Context context_;
  session::Limits limits_;
  FakeConnection connection_;
  std::unique_ptr<session::YSession> session_;
};

TEST_F(TenantReach, NoRouteShowsOrChangesWhatIsOfAnother) {
  ASSERT_NE(beta().find(kTaint), std::string::npos);
  for (const Route* route : all_routes())
    for (const char* token : {"acme", "own"})
      for (const char* workspace : {"w", "%2Fbeta%2Fw", "beta%2Fw", "shut"})
        for (const char* query : {"", "?tenant=beta&token_id=same", "?principal=bob&tenant=beta"}) {
          const std::string target = target_of(route->path, workspace) + query;
          ask_for_beta(*route, token, target);
          ask_for_beta(*route, token, "/t/beta" + target);
        }
  for (const identity::ApiKey& key : keys_.made) EXPECT_NE(key.tenant, "beta");
}

// The same requests find something when beta itself asks: so they can fail.
TEST_F(TenantReach, BetaFindsAllOfIt) {
  const identity::Access access({{"beta", reach_member("boss", "beta", Rights::all())}});
  const limits::TenantDoor door(access, tenants_);
  Context context{.shards = node_.context.shards,
                  .access = door,
                  .tenants = &tenants_,
                  .api_keys = &keys_,
                  .tickets = &tickets_,
                  .keys = node_.context.keys,
                  .ready = node_.context.ready};
  node_.handler = make_handler(context);
  for (const char* target :
       {"/v1/workspaces/{workspace}/objects/{object}", "/v1/sessions", "/v1/people", "/v1/api-keys",
        "/v1/revocations", "/v1/shut", "/v1/workspaces/{workspace}/guests"}) {
    const auto answer = node_.ask("GET", target_of(target, "w"), "Authorization: Bearer beta\r\n");
    EXPECT_NE(answer->body.find(kTaint), std::string::npos) << target << "\n" << answer->body;
  }
  const auto ask = [&](const char* method, const char* target) {
    return node_.ask(method, target_of(target, "w"), "Authorization: Bearer beta\r\n")
        ->head->status;
  };
  EXPECT_EQ(ask("DELETE", "/v1/revocations/{revocation}"), 204);
  EXPECT_EQ(ask("DELETE", "/v1/api-keys/{key}"), 204);
  EXPECT_EQ(ask("DELETE", "/v1/people/{principal}"), 204);
  EXPECT_EQ(ask("POST", "/v1/sessions/{session}/kick"), 204);
  EXPECT_TRUE(connection_.closed);
}

}  // namespace
}  // namespace syncline::api
