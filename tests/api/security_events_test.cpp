// Security Event Tokens over HTTP, as RFC 8935 has it.
#include "api/security_events.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/event_verifier.h"
#include "identity/key_source.h"
#include "support/test_api.h"
#include "support/token_signer.h"

namespace syncline::api {
namespace {

using identity::Revocation;
using testing::TestApi;
using testing::TokenSigner;

constexpr std::string_view kIssuer = "https://idp.example";
constexpr std::string_view kHeader = R"({"typ":"secevent+jwt","alg":"EdDSA","kid":"k"})";
constexpr std::uint64_t kNowMs = 1'700'000'000'001;  // of the loops, at their start

// Keys of an issuer, of which the newest are known only after it was asked.
class Keys final : public identity::KeySource {
 public:
  explicit Keys(jose::KeySet known) : known_(std::make_shared<jose::KeySet>(std::move(known))) {}

  identity::Keys keys() override { return known_; }
  void ask(const identity::Keys&, Scheduler&, identity::KeyCache::Done done) override {
    ++asked;
    if (down) return done(fail(ErrorCode::kUnavailable, "the keys cannot be fetched"));
    if (newer != nullptr) known_ = newer;
    done(known_);
  }
  void forget() { known_ = nullptr; }

  bool down = false;
  int asked = 0;
  identity::Keys newer = nullptr;

 private:
  identity::Keys known_;
};

jose::KeySet keys_of(const TokenSigner& signer) {
  return jose::KeySet::from_json(signer.jwk(), jose::KeySet::Secrets::kIgnored).value();
}

EventVerifier::Rules rules(std::string id_claim) {
  return {
      .terms = {.issuers = {std::string(kIssuer)}, .audiences = {"syncline"}, .leeway_ms = 30'000},
      .algorithms = jose::Algorithms::asymmetric(),
      .scope = {.id_claim = std::move(id_claim)}};
}

std::vector<EventVerifier::Transmitter> only_transmitter(Keys& keys, EventVerifier::Rules rules) {
  std::vector<EventVerifier::Transmitter> transmitters;
  transmitters.push_back({keys, std::move(rules)});
  return transmitters;
}

class ApiSecurityEvents : public ::testing::Test {
 protected:
  ApiSecurityEvents() { node_.context.security_events = &events_; }

  std::string token(const std::string& id, const std::string& subject,
                    const std::string& kind = "caep/event-type/session-revoked",
                    std::uint64_t issued_s = kNowMs / 1000) const {
    return signer_.sign_with_header(
        kHeader, R"({"iss":"https://idp.example","aud":"syncline","jti":")" + id + R"(","iat":)" +
                     std::to_string(issued_s) + R"(,"sub_id":)" + subject +
                     R"(,"events":{"https://schemas.openid.net/secevent/)" + kind + "\":{}}}");
  }

  std::shared_ptr<testing::FakeAnswer> push(const std::string& body,
                                            const std::string& type = "application/secevent+jwt",
                                            const std::string& bearer = "admin") {
    auto head = http::parse_request_head(
        "POST /v1/security-events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + bearer +
            "\r\nContent-Type: " + type + "\r\n\r\n",
        {});
    head->request.loop = 1;
    head->request.body = body;
    auto [responder, answer] = testing::fake_responder(*node_.loops[1]);
    answer->is_read = true;
    node_.loops[1]->post(
        [this, request = std::move(head->request), responder = std::move(responder)]() mutable {
          node_.handler(std::move(request), std::move(responder));
        });
    node_.run();
    return answer;
  }

  bool revoked(const std::string& id, std::uint64_t issued_ms, std::string tenant = {},
               std::string issuer = std::string(kIssuer)) const {
    const identity::Principal principal{
        .id = id,
        .identity = std::make_shared<identity::Identity>(
            identity::Identity{.source = identity::Identity::Source::kJwt,
                               .tenant = std::move(tenant),
                               .issuer = std::move(issuer),
                               .issued_ms = issued_ms})};
    return !node_.shards->at(1)->revocations.check(principal).has_value();
  }

  const std::string ann_ = R"({"format":"iss_sub","iss":"https://idp.example","sub":"ann"})";
  const TokenSigner signer_{jose::Algorithm::kEdDsa, "k"};
  Keys keys_{keys_of(signer_)};
  EventVerifier events_{only_transmitter(keys_, rules("sub"))};
  TestApi node_{identity::Access({{"admin", {.id = "root"}},
                                  {"acme",
                                   {.id = "boss",
                                    .identity = std::make_shared<const identity::Identity>(
                                        identity::Identity{.tenant = "acme"})}},
                                  {"writer", {.id = "w", .rights = identity::Rights::writing()}}}),
                2};
};

TEST_F(ApiSecurityEvents, AnEventRevokesWhatWasIssuedBefore) {
  const auto answer = push(token("j1", ann_));
  EXPECT_EQ(answer->head->status, 202) << answer->body;
  EXPECT_EQ(answer->body, "");
  EXPECT_TRUE(revoked("ann", kNowMs - 1'000));
  EXPECT_FALSE(revoked("ann", kNowMs + 1'000));
  EXPECT_FALSE(revoked("ben", kNowMs - 1'000));
}

TEST_F(ApiSecurityEvents, WhatATokenSaysMayChangeWithoutEndingIt) {
  EXPECT_EQ(push(token("j1", ann_, "caep/event-type/token-claims-change"))->head->status, 202);
  EXPECT_FALSE(revoked("ann", 1));
  EXPECT_EQ(node_.shards->at(0)->revocations.size(), 0u);
}

TEST_F(ApiSecurityEvents, ATenantPushesThemForItself) {
  const std::string body = token("j1", ann_);
  EXPECT_EQ(push(body, "application/secevent+jwt", "acme")->head->status, 202);
  EXPECT_TRUE(revoked("ann", 1, "acme"));
  EXPECT_FALSE(revoked("ann", 1, "rival"));
  EXPECT_FALSE(revoked("ann", 1));
  EXPECT_EQ(push(body)->head->status, 202) << "the same token for all";
  EXPECT_TRUE(revoked("ann", 1, "rival"));
  EXPECT_TRUE(revoked("ann", 1));
}

// The transmitter has keys and a name of its own, and speaks of the subjects of the issuer of JWTs.
TEST_F(ApiSecurityEvents, ATransmitterMayDifferFromTheIssuer) {
  EventVerifier::Rules own = rules("sub");
  own.scope.issuer = "https://tokens.example";
  own.scope.id_prefix = "t:";
  EventVerifier events(only_transmitter(keys_, own));
  node_.context.security_events = &events;
  const std::string subject = R"({"format":"iss_sub","iss":"https://tokens.example","sub":"ann"})";
  EXPECT_EQ(push(token("j1", subject))->head->status, 202);
  EXPECT_TRUE(revoked("t:ann", 1, "", "https://tokens.example"));
  EXPECT_FALSE(revoked("ann", 1));
  EXPECT_EQ(push(token("j2", ann_))->head->status, 202) << "not of its subjects";
  EXPECT_EQ(node_.shards->at(0)->revocations.size(), 1u);
}

TEST_F(ApiSecurityEvents, OfSeveralTransmittersNoneSpeaksForAnother) {
  const TokenSigner liar(jose::Algorithm::kEdDsa, "k");
  Keys liars_keys(keys_of(liar));
  EventVerifier::Rules lies = rules("sub");
  lies.terms.issuers = {"https://liar.example"};
  lies.scope.issuer = "https://liar.example";
  std::vector<EventVerifier::Transmitter> both = only_transmitter(keys_, rules("sub"));
  both.push_back({liars_keys, lies});
  EventVerifier events(std::move(both));
  node_.context.security_events = &events;
  const auto claims = [](const std::string& issuer) {
    return R"({"iss":")" + issuer +
           R"(","aud":"syncline","jti":"j1","iat":1700000000,"sub_id":{"format":"opaque","id":"ann"},)"
           R"("events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":{}}})";
  };
  const auto forged = push(liar.sign_with_header(kHeader, claims(std::string(kIssuer))));
  EXPECT_EQ(forged->head->status, 400);
  EXPECT_EQ(forged->body.find(R"({"err":"invalid_key")"), 0u) << forged->body;
  const auto stranger = push(liar.sign_with_header(kHeader, claims("https://third.example")));
  EXPECT_EQ(stranger->body.find(R"({"err":"invalid_issuer")"), 0u) << stranger->body;
  EXPECT_EQ(push(liar.sign_with_header(kHeader, claims("https://liar.example")))->head->status,
            202);
  EXPECT_TRUE(revoked("ann", 1, "", "https://liar.example"));
  EXPECT_FALSE(revoked("ann", 1)) << "only its own ann";
  EXPECT_EQ(push(signer_.sign_with_header(kHeader, claims(std::string(kIssuer))))->head->status,
            202);
  EXPECT_TRUE(revoked("ann", 1));
}

TEST_F(ApiSecurityEvents, TheSameTokenAgainDoesNothing) {
  EXPECT_EQ(push(token("j1", ann_))->head->status, 202);
  EXPECT_EQ(push(token("j1", R"({"format":"opaque","id":"ben"})"))->head->status, 202);
  EXPECT_FALSE(revoked("ben", 1));
  EXPECT_EQ(push(token("j2", R"({"format":"opaque","id":"ben"})"))->head->status, 202);
  EXPECT_TRUE(revoked("ben", 1));
}

TEST_F(ApiSecurityEvents, WhatConcernsNobodyIsTaken) {
  EXPECT_EQ(push(token("j1", ann_, "ssf/event-type/verification"))->head->status, 202);
  EXPECT_EQ(push(token("j2", R"({"format":"iss_sub","iss":"https://other.example","sub":"ann"})"))
                ->head->status,
            202);
  EXPECT_EQ(push(token("j3", R"({"format":"email","email":"ann@example.com"})"))->head->status,
            202);
  EXPECT_EQ(push(token("j4", ann_, "caep/event-type/session-revoked", 1))->head->status, 202)
      << "too long ago";
  EXPECT_EQ(node_.shards->at(0)->revocations.size(), 0u);
  EventVerifier by_email(only_transmitter(keys_, rules("email")));
  node_.context.security_events = &by_email;
  EXPECT_EQ(push(token("j5", R"({"format":"email","email":"ann@example.com"})"))->head->status,
            202);
  EXPECT_TRUE(revoked("ann@example.com", 1));
}

TEST_F(ApiSecurityEvents, RefusalsAreThoseOfTheRfc) {
  const auto answer = push("nonsense");
  EXPECT_EQ(answer->head->status, 400);
  EXPECT_EQ(answer->header("Content-Language"), "en");
  EXPECT_EQ(answer->body.find(R"({"err":"invalid_request","description":")"), 0u) << answer->body;
  EXPECT_EQ(push(token("j1", ann_), "application/json")->head->status, 400);
  const TokenSigner forger(jose::Algorithm::kEdDsa, "k");
  const auto forged = push(forger.sign_with_header(kHeader, "{}"));
  EXPECT_EQ(forged->head->status, 400);
  EXPECT_EQ(forged->body.find(R"({"err":"invalid_key")"), 0u) << forged->body;
}

TEST_F(ApiSecurityEvents, WhileTheKeysCannotBeHadTheIssuerSendsItAgain) {
  keys_.forget();
  keys_.down = true;
  EXPECT_EQ(push(token("j1", ann_))->head->status, 503);
  keys_.down = false;
  keys_.newer = std::make_shared<jose::KeySet>(keys_of(signer_));
  EXPECT_EQ(push(token("j1", ann_))->head->status, 202);
}

TEST_F(ApiSecurityEvents, ANewKeyIsAskedForOnce) {
  const TokenSigner next(jose::Algorithm::kEdDsa, "next");
  const std::string body = next.sign_with_header(
      R"({"typ":"secevent+jwt","alg":"EdDSA","kid":"next"})",
      R"({"iss":"https://idp.example","aud":"syncline","jti":"j1","iat":1700000000,"events":{"x":{}}})");
  EXPECT_EQ(push(body)->head->status, 400);
  EXPECT_EQ(keys_.asked, 1);
  keys_.newer = std::make_shared<jose::KeySet>(keys_of(next));
  EXPECT_EQ(push(body)->head->status, 202);
  EXPECT_EQ(keys_.asked, 2);
}

TEST_F(ApiSecurityEvents, WhoSendsThemNeedsTheRightTo) {
  EXPECT_EQ(push(token("j1", ann_), "application/secevent+jwt", "writer")->head->status, 403);
  EXPECT_EQ(push(token("j1", ann_), "application/secevent+jwt", "wrong")->head->status, 401);
  node_.context.security_events = nullptr;
  EXPECT_EQ(push(token("j1", ann_))->head->status, 501);
  EXPECT_EQ(node_.shards->at(0)->revocations.size(), 0u);
}

}  // namespace
}  // namespace syncline::api
