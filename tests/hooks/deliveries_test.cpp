// Webhooks: what receivers are told, over failures, restarts and lost rights.
#include "hooks/deliveries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "hooks/hook_world.h"
#include "hooks/retry_times.h"

namespace syncline::hooks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Webhooks : public ::testing::Test, public HookWorld {};

TEST_F(Webhooks, TellWhatComesAfterTheyWereMade) {
  begin();
  change("a");
  const std::string id = add();
  change("a");
  change("b");
  EXPECT_THAT(receiver.take(), ElementsAre("a2", "b3"));
  EXPECT_EQ(progress(id).delivered, 2u);
  EXPECT_EQ(progress(id).after, 3u);
}

TEST_F(Webhooks, AMessageIsSignedAndNamesItsEvent) {
  begin();
  const std::string id = add();
  change("a");
  ASSERT_EQ(receiver.requests.size(), 1u);
  const HookRequest& sent = receiver.requests[0];
  EXPECT_THAT(sent.body, HasSubstr(R"({"type":"change","timestamp":"2023-)"));
  EXPECT_THAT(sent.body, HasSubstr(R"("workspace":"w","data":{"position":1,)"));
  const std::string time = std::to_string(world.loop.unix_ms() / 1000);
  const std::string message = "msg_" + id + "_1";
  EXPECT_THAT(sent.headers,
              ElementsAre(std::pair("webhook-id", message), std::pair("webhook-timestamp", time),
                          std::pair("webhook-signature",
                                    signature(secret_of(key, "w", id, 1), message,
                                              world.loop.unix_ms() / 1000, sent.body))));
}

// The example of the specification.
TEST(HookSignature, IsThatOfStandardWebhooks) {
  const Bytes secret = *from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_EQ(
      signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_F(Webhooks, AfterARotationBothSecretsSignForADay) {
  begin();
  const std::string id = add();
  hooks->rotate("w", id, [](Result<void> done) { EXPECT_TRUE(done.has_value()); });
  world.loop.run();
  change("a");
  const auto signatures = [&] { return receiver.requests.back().headers[2].second; };
  EXPECT_THAT(signatures(), HasSubstr(" v1,"));
  EXPECT_THAT(signatures(),
              HasSubstr(signature(secret_of(key, "w", id, 1), "msg_" + id + "_1",
                                  world.loop.unix_ms() / 1000, receiver.requests.back().body)));
  world.loop.advance(kOldSecretMs + 1);
  change("a");
  EXPECT_THAT(signatures(), ::testing::Not(HasSubstr(" ")));
}

TEST_F(Webhooks, WhatAnEndpointDoesNotWantIsPassedBy) {
  begin();
  add({.prefix = "notes/"});
  change("other");
  change("notes/a");
  set_policy("permit(principal, action, resource);");
  change("notes/a");
  EXPECT_THAT(receiver.take(), ElementsAre("notes/a2", "notes/a5"));
}

TEST_F(Webhooks, WhatCameWhileNoServerRanIsDelivered) {
  begin();
  add();
  change("a");
  hooks.reset();
  change("a");
  change("b");
  EXPECT_THAT(receiver.take(), ElementsAre("a1"));
  begin();
  EXPECT_THAT(receiver.take(), ElementsAre("a2", "b3"));
}

TEST_F(Webhooks, ARestartSendsAgainOnlyWhatWasUnderWay) {
  begin();
  add();
  change("a");
  receiver.silent = true;
  change("a");
  change("a");
  EXPECT_THAT(receiver.take(), ElementsAre("a1", "a2"));
  receiver.silent = false;
  restart();
  EXPECT_THAT(receiver.take(), ElementsAre("a2", "a3"));
  restart();
  EXPECT_THAT(receiver.take(), IsEmpty());
}

TEST_F(Webhooks, AnObjectThatFailsKeepsItsOrderAndLetsOthersPass) {
  begin();
  const std::string id = add();
  receiver.failing["a"] = 500;
  change("a");
  change("a");
  change("b");
  EXPECT_THAT(receiver.take(), ElementsAre("a1!", "b3"));
  EXPECT_EQ(progress(id).reason, "the receiver answered 500");
  receiver.failing.clear();
  restart();
  EXPECT_THAT(receiver.take(), IsEmpty());  // not before its time
  change("a");
  world.loop.advance(2 * kRetryMs[0]);
  EXPECT_THAT(receiver.take(), ElementsAre("a1", "a2", "a4"));
  EXPECT_THAT(progress(id).late, IsEmpty());
  EXPECT_EQ(progress(id).reason, "");
}

TEST_F(Webhooks, AClockThatWasAheadHoldsNothingForLong) {
  begin();
  add();
  world.loop.ahead_ms = std::uint64_t{30} * 86'400'000;
  receiver.failing["a"] = 500;
  change("a");
  EXPECT_THAT(receiver.take(), ElementsAre("a1!"));
  receiver.failing.clear();
  world.loop.ahead_ms = 0;
  world.loop.advance(86'400'000);
  EXPECT_THAT(receiver.take(), ElementsAre("a1"));
}

TEST_F(Webhooks, AReceiverThatIsDownGetsFewAttemptsAndThenAll) {
  begin();
  const std::string id = add();
  receiver.answer = 503;
  for (int i = 0; i < 30; ++i) change("object-" + std::to_string(i) + "-");
  EXPECT_EQ(receiver.take().size(), kMostFailing);
  receiver.answer = 200;
  world.loop.advance(10 * kRetryMs[0]);
  EXPECT_EQ(receiver.take().size(), 30u);
  EXPECT_EQ(progress(id).after, 30u);
}

TEST_F(Webhooks, AnEventIsGivenUpAndReplayed) {
  begin();
  const std::string id = add();
  receiver.failing["a"] = 400;
  change("a");
  std::uint64_t all = 0;
  for (const std::uint64_t each : kRetryMs) all += 2 * each;
  world.loop.advance(all);
  EXPECT_EQ(receiver.take().size(), kRetryMs.size() + 1);
  receiver.failing.clear();
  change("a");
  EXPECT_THAT(receiver.take(), ElementsAre("a2"));
  restart();
  ASSERT_EQ(dead(id).size(), 1u);
  EXPECT_EQ(dead(id)[0].position, 1u);
  EXPECT_EQ(dead(id)[0].reason, "the receiver answered 400");
  EXPECT_EQ(progress(id).dead, 1u);
  hooks->replay("w", id, 0, [](Result<std::size_t> count) { EXPECT_EQ(*count, 1u); });
  world.loop.run();
  EXPECT_THAT(receiver.take(), ElementsAre("a1"));
  EXPECT_THAT(dead(id), IsEmpty());
  EXPECT_EQ(progress(id).dead, 0u);
}

TEST_F(Webhooks, AnEndpointThatFailsForDaysIsDisabledUntilSomebodyEnablesIt) {
  begin();
  const std::string id = add();
  receiver.answer = 500;
  for (int day = 0; day < 5; ++day) {
    change("a");
    world.loop.advance(86'400'000);
  }
  ASSERT_EQ(disabled.size(), 1u);
  EXPECT_THAT(disabled[0], HasSubstr("nothing was delivered for three days"));
  receiver.take();
  restart();
  world.loop.advance(86'400'000);
  EXPECT_THAT(receiver.take(), IsEmpty());
  EXPECT_TRUE(hooks->find("w", id)->stopped());
  receiver.answer = 200;
  hooks->find("w", id)->enable();
  world.loop.advance(1000);
  EXPECT_EQ(progress(id).after, 5u);
  EXPECT_FALSE(receiver.take().empty());
}

TEST_F(Webhooks, AReceiverThatIsGoneDisablesItsEndpointAtOnce) {
  begin();
  const std::string id = add();
  receiver.answer = 410;
  change("a");
  EXPECT_THAT(receiver.take(), ElementsAre("a1!"));
  EXPECT_TRUE(hooks->find("w", id)->stopped());
  receiver.answer = 200;
  hooks->find("w", id)->enable();
  world.loop.run();
  EXPECT_THAT(receiver.take(), ElementsAre("a1"));
}

TEST_F(Webhooks, WhatItsMakerMayNotReadIsNotSentAndTheEndpointSaysWhy) {
  begin();
  change("first");
  const std::string id = add();
  identity::Caller bob = testing::ann();
  bob.principal.id = "bob";
  set_policy(R"(permit (principal, action, resource);
forbid (principal == Principal::"ann", action in Action::"read", resource in Folder::"secret/");)");
  change("secret/a", bob);
  EXPECT_EQ(progress(id).unseen, 1u);
  change("b", bob);
  EXPECT_THAT(receiver.take(), ElementsAre(::testing::StartsWith("b")));
  // He loses the rest while no server runs; the change was made before.
  hooks.reset();
  change("c", bob);
  set_policy(R"(permit (principal, action, resource);
forbid (principal == Principal::"ann", action in Action::"read", resource);)");
  begin();
  EXPECT_THAT(receiver.take(), IsEmpty());
  EXPECT_NE(progress(id).unseen_reason, "");
}

TEST_F(Webhooks, AMakerWhoWasRevokedDisablesIt) {
  begin();
  const std::string id = add();
  Endpoint endpoint = hooks->find("w", id)->endpoint();
  endpoint.maker.source = "jwt";
  endpoint.maker.issued_ms = 1;
  hooks->find("w", id)->take(endpoint);
  revocations.add({.of = identity::Revocation::Of::kPrincipal,
                   .id = "ann",
                   .before_ms = world.loop.unix_ms() + 1});
  world.loop.advance(20'000);
  EXPECT_TRUE(hooks->find("w", id)->stopped());
  change("a");
  EXPECT_THAT(receiver.take(), IsEmpty());
}

TEST_F(Webhooks, ADebouncedObjectIsToldOfOnceAndThenOfItsLastChange) {
  begin();
  add({.debounce_ms = 60'000});
  for (int i = 0; i < 100; ++i) change("a");
  change("b");
  EXPECT_THAT(receiver.take(), ElementsAre("a1", "b101"));
  world.loop.advance(59'000);
  EXPECT_THAT(receiver.take(), IsEmpty());
  world.loop.advance(2'000);
  EXPECT_THAT(receiver.take(), ElementsAre("a100"));
  change("a");
  world.loop.advance(58'000);
  EXPECT_THAT(receiver.take(), IsEmpty());
  restart();
  world.loop.advance(3'000);
  EXPECT_THAT(receiver.take(), ElementsAre("a102"));
  world.loop.advance(600'000);
  EXPECT_THAT(receiver.take(), IsEmpty());
}

TEST_F(Webhooks, NothingIsSentWithASecretOfAnotherKey) {
  begin();
  const std::string id = add();
  key = Bytes(kKeyBytes, 8);
  restart();
  change("a");
  EXPECT_THAT(receiver.take(), IsEmpty());
  EXPECT_THAT(hooks->find("w", id)->held(), HasSubstr("rotate"));
  hooks->rotate("w", id, [](Result<void> done) { EXPECT_TRUE(done.has_value()); });
  world.loop.run();
  EXPECT_THAT(receiver.take(), ElementsAre("a1"));
}

TEST_F(Webhooks, AWorkspaceThatLetsNobodyInIsTriedAgainLater) {
  begin();
  add();
  world.gate = [](const auto&, const auto&) -> Result<void> {
    return fail(ErrorCode::kUnavailable, "it is being imported");
  };
  hooks.reset();
  change("a");
  begin();
  EXPECT_THAT(receiver.take(), IsEmpty());
  world.gate = {};
  world.loop.advance(40'000);
  EXPECT_THAT(receiver.take(), ElementsAre("a1"));
}

TEST_F(Webhooks, ARemovedOneIsGone) {
  begin();
  const std::string id = add();
  hooks->remove("w", id, [](Result<void> done) { EXPECT_TRUE(done.has_value()); });
  world.loop.run();
  restart();
  change("a");
  EXPECT_THAT(receiver.take(), IsEmpty());
  EXPECT_EQ(hooks->size(), 0u);
}

TEST_F(Webhooks, AWorkspaceHasFew) {
  begin();
  for (std::size_t i = 0; i < kMostEndpoints; ++i) add();
  Endpoint more;
  more.workspace = "w";
  more.url = "https://app.example/";
  hooks->add(more,
             [](Result<std::string> id) { EXPECT_EQ(id.error().code, ErrorCode::kTooLarge); });
}

TEST(HookUrl, IsAnAddressWithoutAUser) {
  EXPECT_TRUE(check_hook_url("https://app.example/hook?a=b"));
  EXPECT_TRUE(check_hook_url("http://127.0.0.1:3000"));
  for (const char* const bad : {"", "app.example", "ftp://app.example/", "https://", "https:///x",
                                "https://ann@app.example/", "https://app.example/a b"})
    EXPECT_FALSE(check_hook_url(bad)) << bad;
}

TEST(HookRecords, ReadBackAsTheyWere) {
  Endpoint endpoint{.workspace = "/acme/w",
                    .id = "abc",
                    .url = "https://app.example/",
                    .prefix = "notes/",
                    .debounce_ms = 5000,
                    .secret = 3,
                    .principal = "ann",
                    .maker = {.rights = {"read"}, .groups = {"finance"}}};
  EXPECT_EQ(*decode_endpoint(endpoint_key("/acme/w", "abc"), encode_endpoint(endpoint)), endpoint);
  const Progress progress{
      .after = 7, .late = {{.object = "a", .after = 3, .attempts = 2, .due_ms = 9}}, .dead = 1};
  EXPECT_EQ(*decode_progress(encode_progress(progress)), progress);
  Bytes cut = encode_progress(progress);
  while (!cut.empty()) {
    cut.pop_back();
    EXPECT_FALSE(decode_progress(cut));
  }
}

}  // namespace
}  // namespace syncline::hooks
