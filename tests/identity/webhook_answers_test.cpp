#include "identity/webhook_answers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace syncline::identity {
namespace {

const Credential kAsked{.token = "t", .workspace = "w", .object = "o"};
constexpr std::uint64_t kNow = 1'800'000'000'000;

Result<Principal> judged(int status, std::string_view body) {
  return webhook_verdict(kAsked, status, body, kNow).answer;
}

TEST(WebhookAnswers, AnAnswerNamesThePrincipal) {
  const auto verdict = webhook_verdict(
      kAsked, 200,
      R"({"principal":"u","name":"Ann","groups":["g"],"tenant":"acme","rights":"read","expires_in":30})",
      kNow);
  ASSERT_TRUE(verdict.answer);
  const Principal& principal = *verdict.answer;
  EXPECT_EQ(principal.id, "u");
  EXPECT_EQ(principal.rights, Rights::reading());
  EXPECT_EQ(principal.identity->source, Identity::Source::kWebhook);
  EXPECT_EQ(principal.identity->name, "Ann");
  EXPECT_EQ(principal.identity->groups, (std::vector<std::string>{"g"}));
  EXPECT_EQ(principal.identity->tenant, "acme");
  EXPECT_EQ(principal.identity->workspace, "w");  // and nowhere else
  EXPECT_EQ(principal.identity->object, "o");
  EXPECT_EQ(principal.expires_ms(), kNow + 30'000);
  EXPECT_EQ(verdict.kept_ms, 30'000);
  const auto endless = webhook_verdict(kAsked, 200, R"({"principal":"u","rights":"write"})", kNow);
  EXPECT_EQ(endless.answer->expires_ms(), 0);
  EXPECT_EQ(endless.kept_ms, WebhookAnswers::kKeptMs);
  EXPECT_EQ(
      webhook_verdict(kAsked, 200, R"({"principal":"u","rights":"write","expires_in":86400})", kNow)
          .kept_ms,
      WebhookAnswers::kMostKeptMs);
}

TEST(WebhookAnswers, WhatIsNotUnderstoodLetsNobodyIn) {
  for (const char* body :
       {"", "yes", "[]", "{}", R"({"principal":"u"})", R"({"rights":"read"})",
        R"({"principal":"u","rights":"all"})", R"({"principal":"token","rights":"read"})",
        R"({"principal":"u","rights":"read","tenant":7})",
        R"({"principal":"u","rights":"read","groups":7})",
        R"({"principal":"u","rights":"read","expires_in":0})",
        R"({"principal":"u","rights":"read","expires_in":-1})",
        R"({"principal":"u","rights":"read","expires_in":"30"})"}) {
    const auto verdict = webhook_verdict(kAsked, 200, body, kNow);
    ASSERT_FALSE(verdict.answer) << body;
    EXPECT_EQ(verdict.answer.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(verdict.kept_ms, 0);
  }
  for (const int status : {0, 100, 201, 204, 301, 302, 400, 404, 429, 500, 503}) {
    const auto verdict =
        webhook_verdict(kAsked, status, R"({"principal":"u","rights":"read"})", kNow);
    ASSERT_FALSE(verdict.answer) << status;
    EXPECT_EQ(verdict.answer.error().code, ErrorCode::kUnavailable);
  }
}

TEST(WebhookAnswers, ARefusalCarriesTheReason) {
  EXPECT_EQ(judged(401, R"({"reason":"session ended"})").error(),
            (Error{ErrorCode::kUnauthorized, "session ended"}));
  EXPECT_EQ(judged(403, "").error(),
            (Error{ErrorCode::kForbidden, "the application refuses the token"}));
  for (const std::string& reason :
       {std::string("7"), std::string(R"("a\nb")"), "\"" + std::string(201, 'x') + "\""})
    EXPECT_EQ(judged(403, R"({"reason":)" + reason + "}").error().message,
              "the application refuses the token");
}

TEST(WebhookAnswers, TheQuestionIsJson) {
  EXPECT_EQ(webhook_question({.token = "a\"b", .workspace = "w", .object = ""}),
            R"({"token":"a\"b","workspace":"w","object":""})");
}

TEST(WebhookAnswers, EveryPartOfAQuestionCounts) {
  const auto one = WebhookAnswers::question_of(kAsked);
  EXPECT_EQ(one, WebhookAnswers::question_of(kAsked));
  EXPECT_NE(one, WebhookAnswers::question_of({.token = "tw", .workspace = "", .object = "o"}));
  EXPECT_NE(one, WebhookAnswers::question_of({.token = "t", .workspace = "wo", .object = ""}));
  EXPECT_NE(one, WebhookAnswers::question_of({.token = "t", .workspace = "w", .object = "p"}));
}

TEST(WebhookAnswers, EqualQuestionsShareARequest) {
  WebhookAnswers answers;
  const auto question = WebhookAnswers::question_of(kAsked);
  int told = 0;
  const auto waiter = [&](const Result<Principal>& said) { told += said ? 1 : 100; };
  EXPECT_TRUE(answers.wait(question, waiter));
  EXPECT_FALSE(answers.wait(question, waiter));
  EXPECT_TRUE(answers.wait(WebhookAnswers::question_of({.token = "other"}), waiter));
  const Result<Principal> said = Principal{.id = "u"};
  for (auto& done : answers.ended(question, said, 1000, 5000)) done(said);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(answers.find(question, 5999)->value().id, "u");
  EXPECT_FALSE(answers.find(question, 6000));
  EXPECT_TRUE(answers.wait(question, waiter));  // asked again
}

TEST(WebhookAnswers, AFailureIsNotKept) {
  WebhookAnswers answers;
  const auto question = WebhookAnswers::question_of(kAsked);
  answers.wait(question, [](const Result<Principal>&) {});
  answers.ended(question, fail(ErrorCode::kUnavailable, "x"), 0, 0);
  EXPECT_FALSE(answers.find(question, 0));
}

TEST(WebhookAnswers, AnswersAndWaitersAreBounded) {
  WebhookAnswers answers;
  const auto question = [](std::size_t i) {
    return WebhookAnswers::question_of({.token = std::to_string(i)});
  };
  const Result<Principal> said = Principal{.id = "u"};
  for (std::size_t i = 0; i <= WebhookAnswers::kMaxAnswers; ++i)
    answers.ended(question(i), said, 1000, 0);
  EXPECT_FALSE(answers.find(question(0), 0));
  EXPECT_TRUE(answers.find(question(1), 0));
  int refused = 0;
  const auto waiter = [&](const Result<Principal>& answer) { refused += answer ? 0 : 1; };
  for (std::size_t i = 0; i < WebhookAnswers::kMaxWaiters; ++i) answers.wait(question(i), waiter);
  EXPECT_EQ(refused, 0);
  EXPECT_FALSE(answers.wait(question(0), waiter));
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(answers.give_up().size(), WebhookAnswers::kMaxWaiters);
  EXPECT_TRUE(answers.wait(question(0), waiter));
}

}  // namespace
}  // namespace syncline::identity
