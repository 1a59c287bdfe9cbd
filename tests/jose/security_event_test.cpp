#include "jose/security_event.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "support/token_signer.h"

namespace syncline::jose {
namespace {

using testing::TokenSigner;
using Kind = SecurityEvent::Kind;

constexpr std::uint64_t kNowMs = 1'800'000'000'000;
constexpr std::string_view kHeader = R"({"typ":"secevent+jwt","alg":"EdDSA","kid":"k"})";
const std::string kRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

std::string set_of(const std::string& events, const std::string& more = {}) {
  return R"({"iss":"https://idp.example","aud":"syncline","jti":"j1","iat":1799999999)" + more +
         R"(,"events":{)" + events + "}}";
}

class SecurityEvents : public ::testing::Test {
 protected:
  auto take(const std::string& claims, std::string_view header = kHeader) const {
    return take_security_event_token(signer_.sign_with_header(header, claims), keys_,
                                     Algorithms::asymmetric(), terms_, kNowMs);
  }
  std::string refusal(const std::string& claims, std::string_view header = kHeader) const {
    const auto taken = take(claims, header);
    return taken ? "taken" : std::string(name_of(taken.error().code));
  }

  const TokenSigner signer_{Algorithm::kEdDsa, "k"};
  const KeySet keys_ =
      KeySet::from_json(R"({"keys":[)" + signer_.jwk() + "]}", KeySet::Secrets::kIgnored).value();
  Terms terms_{.issuers = {"https://idp.example"}, .audiences = {"syncline"}};
};

TEST_F(SecurityEvents, TheKindsThatEndSessions) {
  for (const auto& [uri, kind] :
       {std::pair(kRevoked, Kind::kSessionRevoked),
        std::pair(
            std::string("https://schemas.openid.net/secevent/caep/event-type/token-claims-change"),
            Kind::kTokenClaimsChange),
        std::pair(
            std::string("https://schemas.openid.net/secevent/risc/event-type/account-disabled"),
            Kind::kAccountDisabled),
        std::pair(std::string("https://schemas.openid.net/secevent/ssf/event-type/verification"),
                  Kind::kOther),
        std::pair(
            std::string("https://schemas.openid.net/secevent/caep/event-type/account-disabled"),
            Kind::kOther)}) {
    const auto taken =
        take(set_of("\"" + uri + R"(":{"event_timestamp":1799999000})",
                    R"(,"sub_id":{"format":"iss_sub","iss":"https://idp.example","sub":"ann"})"));
    ASSERT_TRUE(taken) << taken.error().reason;
    EXPECT_EQ(taken->id, "j1");
    ASSERT_EQ(taken->events.size(), 1u);
    const SecurityEvent& event = taken->events.front();
    EXPECT_EQ(event.kind, kind) << uri;
    EXPECT_EQ(event.at_ms, 1'799'999'000'000u);
    if (kind != Kind::kOther) {
      EXPECT_EQ(event.subject, (EventSubject{.issuer = "https://idp.example", .id = "ann"}));
    }
  }
}

TEST_F(SecurityEvents, SubjectsOfAllForms) {
  const auto subject = [&](const std::string& json) {
    const auto taken = take(set_of("\"" + kRevoked + "\":{}", R"(,"sub_id":)" + json));
    return taken ? taken->events.front().subject : std::nullopt;
  };
  EXPECT_EQ(subject(R"({"format":"opaque","id":"ann"})"), (EventSubject{.id = "ann"}));
  EXPECT_EQ(subject(R"({"format":"email","email":"ann@example.com"})"),
            (EventSubject{.email = "ann@example.com"}));
  EXPECT_EQ(subject(R"({"format":"complex","session":{"format":"opaque","id":"s"},)"
                    R"("user":{"format":"iss_sub","iss":"https://idp.example","sub":"ann"}})"),
            (EventSubject{.issuer = "https://idp.example", .id = "ann"}));
  for (const char* unknown :
       {R"({"format":"phone_number","phone_number":"+1"})", R"({"format":"opaque"})",
        R"({"format":"iss_sub","sub":"ann"})", R"({"format":"complex"})", R"({"id":"ann"})", "7",
        R"({"format":"opaque","id":7})"})
    EXPECT_EQ(subject(unknown), std::nullopt) << unknown;
}

TEST_F(SecurityEvents, OlderDraftsNameTheSubjectInTheEvent) {
  const auto taken =
      take(set_of("\"" + kRevoked + R"(":{"subject":{"format":"opaque","id":"ann"}})"));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->events.front().subject, (EventSubject{.id = "ann"}));
  EXPECT_EQ(taken->events.front().at_ms, 1'799'999'999'000u) << "when the token was issued";
}

TEST_F(SecurityEvents, AnEventOfTheFutureHappenedWhenItsTokenWasIssued) {
  const auto taken = take(set_of("\"" + kRevoked + R"(":{"event_timestamp":1900000000})"));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->events.front().at_ms, 1'799'999'999'000u);
}

TEST_F(SecurityEvents, RefusalsSayWhatIsWrong) {
  const std::string events = "\"" + kRevoked + "\":{}";
  EXPECT_EQ(refusal(set_of(events)), "taken");
  EXPECT_EQ(refusal(set_of(events), R"({"typ":"JWT","alg":"EdDSA","kid":"k"})"), "invalid_request")
      << "a token of a person";
  EXPECT_EQ(refusal(set_of(events), R"({"alg":"EdDSA","kid":"k"})"), "invalid_request");
  EXPECT_EQ(refusal(set_of(events), R"({"typ":"secevent+jwt","alg":"EdDSA","kid":"other"})"),
            "invalid_key");
  EXPECT_EQ(refusal(set_of("")), "invalid_request");
  EXPECT_EQ(refusal(set_of("\"" + kRevoked + "\":7")), "invalid_request");
  EXPECT_EQ(refusal(R"({"iss":"https://idp.example","aud":"syncline","iat":1,"events":{"x":{}}})"),
            "invalid_request")
      << "no jti";
  EXPECT_EQ(
      refusal(R"({"iss":"https://idp.example","aud":"syncline","jti":"j","events":{"x":{}}})"),
      "invalid_request")
      << "no iat";
  EXPECT_EQ(refusal(set_of(events, R"(,"exp":1)")), "invalid_request");
  EXPECT_EQ(refusal(set_of(events, R"(,"nbf":1900000000)")), "invalid_request");
  terms_.issuers = {"https://other.example"};
  EXPECT_EQ(refusal(set_of(events)), "invalid_issuer");
  terms_ = {.issuers = {"https://idp.example"}, .audiences = {"other"}};
  EXPECT_EQ(refusal(set_of(events)), "invalid_audience");
}

TEST_F(SecurityEvents, AForgedTokenIsRefused) {
  const TokenSigner forger(Algorithm::kEdDsa, "k");
  const std::string forged = forger.sign_with_header(kHeader, set_of("\"" + kRevoked + "\":{}"));
  const auto taken =
      take_security_event_token(forged, keys_, Algorithms::asymmetric(), terms_, kNowMs);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, EventRefusal::Code::kInvalidKey);
  EXPECT_FALSE(
      take_security_event_token("nonsense", keys_, Algorithms::asymmetric(), terms_, kNowMs));
}

TEST_F(SecurityEvents, AreBounded) {
  std::string events;
  for (std::size_t i = 0; i <= kMaxSecurityEvents; ++i)
    events += (i == 0 ? "" : ",") + std::string("\"x") + std::to_string(i) + "\":{}";
  EXPECT_EQ(refusal(set_of(events)), "invalid_request");
}

}  // namespace
}  // namespace syncline::jose
