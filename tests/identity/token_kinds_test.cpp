#include "identity/token_kinds.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/virtual_loop.h"

namespace syncline::identity {
namespace {

// Lets in whoever has a token of this kind, under the kind's name.
class Kind final : public Authenticator {
 public:
  explicit Kind(std::string name) : name_(std::move(name)) {}

  bool open() const override { return false; }
  void authenticate(const Credential&, Scheduler&, Done done) const override {
    done(Principal{.id = name_});
  }

 private:
  const std::string name_;
};

const Kind kKeys("keys");
const Kind kTickets("tickets");
const Kind kJwt("jwt");
const Kind kWebhook("webhook");

// The id of the principal, or the error.
std::string who(const TokenKinds& kinds, std::string_view token) {
  testing::VirtualLoop loop;
  std::optional<Result<Principal>> answer;
  kinds.authenticate({.token = token}, loop, [&](Result<Principal> judged) { answer = judged; });
  if (!answer) return "no answer";
  return answer->has_value() ? (*answer)->id : answer->error().message;
}

TEST(TokenKinds, TheFormOfATokenTellsItsKind) {
  const Access shared({{"secret", {.id = "writer"}}, {"a.b.c", {.id = "odd"}}});
  const TokenKinds kinds(
      shared, {.keys = &kKeys, .tickets = &kTickets, .jwt = &kJwt, .webhook = &kWebhook});
  EXPECT_FALSE(kinds.open());
  EXPECT_EQ(who(kinds, "secret"), "writer");
  EXPECT_EQ(who(kinds, "a.b.c"), "odd");  // a shared token may have any form
  EXPECT_EQ(who(kinds, "slk_x"), "keys");
  EXPECT_EQ(who(kinds, "slt_x"), "tickets");
  EXPECT_EQ(who(kinds, "x.y.z"), "jwt");
  EXPECT_EQ(who(kinds, "x"), "webhook");
  EXPECT_EQ(who(kinds, ""), "a token is required");
}

TEST(TokenKinds, WithoutSharedTokensNobodyIsLetInWithoutAToken) {
  const Access nobody;
  const TokenKinds kinds(nobody, {.keys = &kKeys, .jwt = &kJwt});
  EXPECT_FALSE(kinds.open());
  EXPECT_EQ(who(kinds, ""), "a token is required");
  EXPECT_EQ(who(kinds, "x"), "unknown token");
  EXPECT_EQ(who(kinds, "x.y.z"), "jwt");
}

TEST(TokenKinds, AnOpenServerLetsEverybodyInAndJudgesKeys) {
  const Access nobody;
  const TokenKinds kinds(nobody, {.keys = &kKeys});
  EXPECT_TRUE(kinds.open());
  EXPECT_EQ(who(kinds, ""), "anonymous");
  EXPECT_EQ(who(kinds, "x"), "anonymous");
  EXPECT_EQ(who(kinds, "slk_x"), "keys");
}

class EverythingRevoked final : public RevocationCheck {
 public:
  Result<void> check(const Principal&, const Scheduler&) const override {
    return fail(ErrorCode::kUnauthorized, "the token was revoked");
  }
};

TEST(TokenKinds, NoKindEscapesRevocations) {
  const EverythingRevoked revoked;
  const Access shared({{"secret", {.id = "writer"}}});
  const TokenKinds kinds(shared, {.keys = &kKeys,
                                  .tickets = &kTickets,
                                  .jwt = &kJwt,
                                  .webhook = &kWebhook,
                                  .revoked = &revoked});
  for (const char* token : {"slk_x", "slt_x", "x.y.z", "x"})
    EXPECT_EQ(who(kinds, token), "the token was revoked") << token;
  EXPECT_EQ(who(kinds, "secret"), "writer") << "this one is taken out of the configuration";
}

TEST(TokenKinds, AServerThatRequiresTokensIsClosedAlsoWithKeysAlone) {
  const Access nobody;
  const TokenKinds kinds(nobody, {.keys = &kKeys, .required = true});
  EXPECT_FALSE(kinds.open());
  EXPECT_EQ(who(kinds, ""), "a token is required");
  EXPECT_EQ(who(kinds, "x"), "unknown token");
  EXPECT_EQ(who(kinds, "slk_x"), "keys");
}

// A ticket for one object.
class Narrow final : public Authenticator {
 public:
  bool open() const override { return false; }
  void authenticate(const Credential&, Scheduler&, Done done) const override {
    done(Principal{.id = "ann",
                   .identity = std::make_shared<const Identity>(
                       Identity{.workspace = "acme", .object = "plan"})});
  }
};

TEST(TokenKinds, ATokenOpensOnlyWhatItIsFor) {
  const Access nobody;
  const Narrow narrow;
  const TokenKinds kinds(nobody, {.tickets = &narrow});
  const auto judged = [&](std::string_view workspace, std::string_view object) {
    testing::VirtualLoop loop;
    std::optional<Result<Principal>> answer;
    kinds.authenticate({.token = "slt_x", .workspace = workspace, .object = object}, loop,
                       [&](Result<Principal> who) { answer = std::move(who); });
    if (!answer) return std::string("no answer");
    if (*answer) return (*answer)->id;
    EXPECT_EQ(answer->error().code, ErrorCode::kForbidden);
    return answer->error().message;
  };
  EXPECT_EQ(judged("acme", "plan"), "ann");
  EXPECT_EQ(judged("acme", "plan2"), "this token is for one object only");
  EXPECT_EQ(judged("acme", ""), "ann");  // a request, of which the dispatcher knows more
  EXPECT_EQ(judged("acme2", "plan"), "this token is for one workspace only");
  EXPECT_EQ(judged("", ""), "ann");  // what it will be used for is not known yet
}

}  // namespace
}  // namespace syncline::identity
