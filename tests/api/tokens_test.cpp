// API keys and tickets over the API: what is asked for is what is stored and signed, and never more than the caller has.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "api/api_keys.h"
#include "identity/ticket_authenticator.h"
#include "support/test_api.h"
#include "syncline/crdt/any.h"

namespace syncline::api {
namespace {

using testing::TestApi;

class KeptKeys final : public ApiKeys {
 public:
  void add(identity::ApiKey key, log::Done<void> done) override {
    if (full) return done(fail(ErrorCode::kTooLarge, "full"));
    keys.push_back(std::move(key));
    done({});
  }
  std::vector<identity::ApiKey> list(const KeyOwner& owner, const std::string&,
                                     std::size_t) const override {
    std::vector<identity::ApiKey> found;
    for (const identity::ApiKey& key : keys)
      if (!owner || *owner == key.tenant) found.push_back(key);
    return found;
  }
  void revoke(const KeyOwner& owner, const std::string& id, std::uint64_t,
              log::Done<void> done) override {
    for (const identity::ApiKey& key : list(owner, "", 0))
      if (key.id == id) return done({});
    done(fail(ErrorCode::kNotFound, "there is no such key"));
  }

  std::vector<identity::ApiKey> keys;
  bool full = false;
};

identity::Principal member_of(std::string tenant,
                              identity::Rights rights = identity::Rights::all()) {
  return {.id = "ann",
          .rights = rights,
          .identity = std::make_shared<const identity::Identity>(
              identity::Identity{.name = "Ann", .tenant = std::move(tenant), .token = "jti"})};
}

const identity::Access kHolders(
    {{"full", {.id = "root"}},
     {"write", {.id = "eve", .rights = identity::Rights::writing()}},
     {"acme", member_of("acme")},
     {"boss",
      member_of("acme", identity::Rights::all().without(identity::Rights::of_the_server()))},
     {"keys", member_of("acme", identity::Rights::reading().with(identity::Right::kManageKeys))}});

class ApiTokens : public ::testing::Test {
 protected:
  ApiTokens() {
    node_.context.api_keys = &keys_;
    node_.context.tickets = &tickets_;
  }

  struct Answer {
    int status;
    crdt::Any body;
    std::string text(std::string_view member) const {
      const crdt::Any* found = body.find(member);
      const auto* value = found ? std::get_if<std::string>(&found->value()) : nullptr;
      return value ? *value : "";
    }
  };

  Answer ask(const std::string& token, const std::string& method, const std::string& path,
             const std::string& body = {}) {
    node_.body = body;
    const auto answer = node_.ask(method, "/v1" + path, "Authorization: Bearer " + token + "\r\n");
    last_ = answer->body;
    auto json = crdt::from_json(answer->body);
    return {answer->head->status, json ? std::move(*json) : crdt::Any()};
  }

  KeptKeys keys_;
  const std::shared_ptr<const std::vector<identity::TicketSecret>> secrets_ =
      std::make_shared<const std::vector<identity::TicketSecret>>(1);
  const identity::TicketAuthenticator tickets_{{.secrets = [this] { return secrets_; }}};
  TestApi node_{kHolders};
  std::string last_;
};

TEST_F(ApiTokens, AKeyIsShownOnceAndStoredAsAHash) {
  const Answer made = ask("full", "POST", "/api-keys",
                          R"({"rights":"write","label":"nightly","workspace":"docs",
                              "object":"plan","name":"Robot","expires_in_s":60})");
  ASSERT_EQ(made.status, 201) << last_;
  const std::string key = made.text("key");
  const auto parsed = identity::parse_key(key);
  ASSERT_TRUE(parsed) << key;
  ASSERT_EQ(keys_.keys.size(), 1U);
  const identity::ApiKey& stored = keys_.keys.front();
  EXPECT_EQ(stored.id, parsed->id);
  EXPECT_EQ(stored.secret_hash, identity::hash_of_secret(parsed->secret));
  EXPECT_EQ(stored.principal, "key:" + stored.id);
  EXPECT_EQ(stored.label, "nightly");
  EXPECT_EQ(stored.name, "Robot");
  EXPECT_EQ(stored.rights, "write");
  EXPECT_EQ(stored.workspace, "docs");
  EXPECT_EQ(stored.object, "plan");
  EXPECT_EQ(stored.made_by, "root");
  EXPECT_EQ(stored.expires_ms, stored.made_ms + 60'000);
  EXPECT_EQ(ask("full", "GET", "/api-keys").status, 200);
  EXPECT_NE(last_.find(stored.id), std::string::npos);
  EXPECT_EQ(last_.find(parsed->secret), std::string::npos);
  EXPECT_EQ(last_.find(to_hex(stored.secret_hash)), std::string::npos);
  EXPECT_EQ(ask("full", "DELETE", "/api-keys/" + stored.id).status, 204);
  EXPECT_EQ(ask("full", "DELETE", "/api-keys/abcdefghijklmnop").status, 404);
  EXPECT_EQ(ask("full", "DELETE", "/api-keys/nightly").status, 400);
}

TEST_F(ApiTokens, AKeyHasNoMoreRightsThanWhoeverMadeIt) {
  EXPECT_EQ(ask("write", "POST", "/api-keys", R"({"rights":"read"})").status, 403);
  EXPECT_EQ(ask("write", "GET", "/api-keys").status, 403);
  EXPECT_EQ(ask("keys", "POST", "/api-keys", R"({"rights":"read"})").status, 201);
  EXPECT_EQ(ask("keys", "POST", "/api-keys", R"({"rights":"write"})").status, 403);
  EXPECT_EQ(ask("keys", "POST", "/api-keys", R"({"rights":"admin"})").status, 403);
  EXPECT_EQ(ask("keys", "POST", "/api-keys", R"({"rights":"read","for_others":true})").status, 403);
  EXPECT_EQ(ask("full", "POST", "/api-keys", R"({"rights":"admin","for_others":true})").status,
            201);
  EXPECT_EQ(keys_.keys.size(), 2U);
}

// A tenant's administrator comes in without the rights that concern the server (limits::TenantDoor).
TEST_F(ApiTokens, AnAdministratorOfATenantMakesKeysOfItAndNoOthers) {
  for (const char* rights : {"read", "write", "admin"}) {
    EXPECT_EQ(ask("boss", "POST", "/api-keys",
                  R"({"rights":")" + std::string(rights) + R"(","for_others":true})")
                  .status,
              201)
        << rights << last_;
    EXPECT_EQ(keys_.keys.back().tenant, "acme");
  }
  // The tenant of a key is that of whoever makes it.
  for (const char* wish :
       {R"({"rights":"read","tenant":"rival"})", R"({"rights":"read","tenant":""})",
        R"({"rights":"server"})", R"({"rights":"tenants"})"})
    EXPECT_EQ(ask("boss", "POST", "/api-keys", wish).status, 400) << wish;
  EXPECT_EQ(ask("boss", "POST", "/tickets", R"({"workspace":"w","rights":"write"})").status, 201);
  EXPECT_EQ(ask("boss", "POST", "/tickets", R"({"workspace":"/rival/w"})").status, 400);
  EXPECT_EQ(ask("boss", "POST", "/tickets", R"({"workspace":"w","tenant":"rival"})").status, 400);
  EXPECT_EQ(keys_.keys.size(), 3U);
}

TEST_F(ApiTokens, AKeySpeaksForNobodyElse) {
  EXPECT_EQ(ask("keys", "POST", "/api-keys", R"({"rights":"read","principal":"bob"})").status, 403);
  EXPECT_EQ(ask("keys", "POST", "/api-keys", R"({"rights":"read","principal":"ann"})").status, 201);
  EXPECT_EQ(ask("full", "POST", "/api-keys", R"({"rights":"read","principal":"bob"})").status, 201);
  for (const char* reserved : {"anonymous", "token", "key:abcdefghijklmnop", "slk_x"})
    EXPECT_EQ(ask("full", "POST", "/api-keys",
                  R"({"rights":"read","principal":")" + std::string(reserved) + "\"}")
                  .status,
              403)
        << reserved;
}

TEST_F(ApiTokens, TheKeysOfATenantAreItsOwn) {
  ASSERT_EQ(ask("acme", "POST", "/api-keys", R"({"rights":"read"})").status, 201);
  const std::string id = keys_.keys.front().id;
  EXPECT_EQ(keys_.keys.front().tenant, "acme");
  ask("full", "GET", "/api-keys");
  EXPECT_EQ(last_.find(id), std::string::npos);
  EXPECT_EQ(ask("full", "DELETE", "/api-keys/" + id).status, 404);
  ask("acme", "GET", "/api-keys");
  EXPECT_NE(last_.find(id), std::string::npos);
  EXPECT_EQ(ask("acme", "DELETE", "/api-keys/" + id).status, 204);
}

TEST_F(ApiTokens, ABadWishIsRefusedWithAReasonAndChangesNothing) {
  for (const std::string body :
       {"", "[]", "null", "{", R"({"rights":"everything"})", R"({})", R"({"rights":3})",
        R"({"rights":"read","more":1})", R"({"rights":"read","object":"plan"})",
        R"({"rights":"read","workspace":".x"})",
        R"({"rights":"read","workspace":"w","object":"../x"})",
        R"({"rights":"read","expires_in_s":-1})", R"({"rights":"read","expires_in_s":1.5})",
        R"({"rights":"read","expires_in_s":9007199254740991})",
        R"({"rights":"read","label":"a\u0000"})", R"({"rights":"read","for_others":"yes"})"})
    EXPECT_EQ(ask("full", "POST", "/api-keys", body).status, 400) << body << last_;
  const std::string long_label = R"({"rights":"read","label":")" + std::string(257, 'x') + "\"}";
  EXPECT_EQ(ask("full", "POST", "/api-keys", long_label).status, 400);
  EXPECT_EQ(ask("full", "POST", "/api-keys", std::string(20'000, ' ')).status, 413);
  EXPECT_TRUE(keys_.keys.empty());
  keys_.full = true;
  EXPECT_EQ(ask("full", "POST", "/api-keys", R"({"rights":"read"})").status, 413);
}

TEST_F(ApiTokens, ATicketSaysWhatWasAskedFor) {
  const Answer minted =
      ask("full", "POST", "/tickets",
          R"({"workspace":"docs","object":"a plan","rights":"write","lifetime_s":60,
              "principal":"bob","name":"Bob"})");
  ASSERT_EQ(minted.status, 201) << last_;
  EXPECT_EQ(minted.text("y_path"), "/y/docs/a%20plan");
  EXPECT_EQ(minted.text("hocuspocus_path"), "/hocuspocus/docs");
  const auto ticket = identity::read_ticket(minted.text("ticket"), *secrets_);
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->principal, "bob");
  EXPECT_EQ(ticket->name, "Bob");
  EXPECT_EQ(ticket->rights, "write");
  EXPECT_EQ(ticket->workspace, "docs");
  EXPECT_EQ(ticket->object, "a plan");
  EXPECT_EQ(ticket->expires_ms, ticket->minted_ms + 60'000);
  const Answer own = ask("acme", "POST", "/tickets", R"({"workspace":"docs"})");
  const auto plain = identity::read_ticket(own.text("ticket"), *secrets_);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->principal, "ann");
  EXPECT_EQ(plain->rights, "read");
  EXPECT_EQ(plain->tenant, "acme");
  EXPECT_EQ(plain->minter, "jti");
  EXPECT_EQ(own.text("y_path"), "");
}

TEST_F(ApiTokens, ATicketIsRefusedWithAReason) {
  const auto status = [&](const std::string& token, const std::string& body) {
    return ask(token, "POST", "/tickets", body).status;
  };
  EXPECT_EQ(status("full", R"({})"), 400);
  EXPECT_EQ(status("full", R"({"workspace":"docs","rights":"admin"})"), 400);
  EXPECT_EQ(status("full", R"({"workspace":"docs","lifetime_s":86401})"), 400);
  EXPECT_EQ(status("full", R"({"workspace":"docs","lifetime_s":9007199254740991})"), 400);
  EXPECT_EQ(status("write", R"({"workspace":"docs","principal":"ann"})"), 403);
  EXPECT_EQ(status("write", R"({"workspace":"docs","name":"Ann"})"), 403);
  EXPECT_EQ(status("write", R"({"workspace":"docs","rights":"write"})"), 201);
  EXPECT_EQ(status("keys", R"({"workspace":"docs","rights":"write"})"), 403);
}

}  // namespace
}  // namespace syncline::api
