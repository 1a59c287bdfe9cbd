// What a command makes of a server's answers, and of what stands between.
#include "cli/data/api_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "backend/net_support.h"
#include "cli/data/patient_transport.h"

namespace syncline::cli {
namespace {

// Asks a server that answers this.
Result<std::string> ask(http::Response response) {
  const backend::TestServer server({}, 1, [&](http::Request, http::Responder responder) {
    responder.respond(std::move(response));
  });
  const auto client = ApiClient::open(fmt::format("http://127.0.0.1:{}/", server.port), "");
  EXPECT_TRUE(client);
  auto answer = client->ask("GET", "/v1/keys");
  if (!answer) {
    EXPECT_TRUE(answer.error().message.starts_with("http://127.0.0.1:")) << answer.error().message;
    EXPECT_EQ(answer.error().message.find("/:"), std::string::npos) << answer.error().message;
  }
  return answer;
}

TEST(ApiClient, AnErrorIsTheServersOwn) {
  for (const ErrorCode code :
       {ErrorCode::kMalformed, ErrorCode::kTooLarge, ErrorCode::kNotFound, ErrorCode::kConflict,
        ErrorCode::kUnavailable, ErrorCode::kCorrupt, ErrorCode::kIo, ErrorCode::kUnsupported}) {
    // Several codes have the status 500, and those of a quarantine must not be taken for those of a disk.
    const auto refused = ask(http::error_response(500, to_string(code), "what happened"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code);
    EXPECT_TRUE(refused.error().message.ends_with(": what happened")) << refused.error().message;
  }
}

TEST(ApiClient, AGatewaysErrorIsToldByItsStatus) {
  const auto code_of = [](int status) {
    http::Response response;
    response.status = status;
    response.body = "<html>";
    const auto refused = ask(std::move(response));
    EXPECT_TRUE(refused.error().message.ends_with(fmt::format(": HTTP status {}", status)));
    return refused.error().code;
  };
  EXPECT_EQ(code_of(400), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(401), ErrorCode::kUnauthorized);
  EXPECT_EQ(code_of(403), ErrorCode::kForbidden);
  EXPECT_EQ(code_of(404), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(500), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(502), ErrorCode::kUnavailable);
  EXPECT_EQ(ask(http::error_response(500, "internal", "?")).error().code, ErrorCode::kUnavailable);
}

// Asks a server that answers so; also says how long the client waited in between.
struct Patient {
  std::vector<std::uint64_t> waits_ms = {};
  int requests = 0;
  Result<ApiAnswer> answer = ApiAnswer{};

  Patient(std::uint64_t patience_ms, const std::function<http::Response(int request)>& answers) {
    std::atomic<int> asked = 0;
    const backend::TestServer server({}, 1, [&](http::Request, http::Responder responder) {
      responder.respond(answers(++asked));
    });
    auto direct = transport_to_server(fmt::format("http://127.0.0.1:{}", server.port), "");
    PatientTransport patient(std::move(*direct), patience_ms,
                             [this](std::uint64_t ms) { waits_ms.push_back(ms); });
    answer = patient.ask({.method = "GET", .path = "/v1/keys"});
    requests = asked;
  }
};

http::Response refusal(int status, const char* retry_after) {
  http::Response response = http::error_response(status, "unavailable", "no room");
  if (retry_after != nullptr) response.headers.emplace_back("Retry-After", retry_after);
  return response;
}

TEST(PatientTransport, ComesBackWhenTheServerSays) {
  const Patient patient(60'000, [](int request) {
    if (request == 1) return refusal(503, "3");
    if (request == 2) return refusal(429, "1");
    if (request == 3) return refusal(503, nullptr);
    if (request == 4) return refusal(503, "Wed, 21 Oct 2026 07:28:00 GMT");
    if (request == 5) return refusal(503, "0");
    if (request == 6) return refusal(503, "3600");
    http::Response response;
    response.body = "here it is";
    return response;
  });
  ASSERT_TRUE(patient.answer);
  EXPECT_EQ(patient.answer->status, 200);
  EXPECT_EQ(patient.answer->body, "here it is");
  EXPECT_THAT(patient.waits_ms, ::testing::ElementsAre(3000, 1000, 1000, 1000, 100, 10'000));
}

TEST(PatientTransport, EndsWithTheRefusalWhenPatienceIsUsedUp) {
  const Patient patient(5000, [](int) { return refusal(503, "2"); });
  ASSERT_TRUE(patient.answer);
  EXPECT_EQ(patient.answer->status, 503);
  EXPECT_EQ(patient.answer->retry_after_s, 2U);
  EXPECT_THAT(patient.waits_ms, ::testing::ElementsAre(2000, 2000));
  EXPECT_EQ(patient.requests, 3);
}

TEST(PatientTransport, OtherAnswersComeAtOnce) {
  for (const int status : {400, 404, 500, 502}) {
    const Patient patient(5000, [&](int) { return refusal(status, "1"); });
    EXPECT_EQ(patient.answer->status, status);
    EXPECT_EQ(patient.requests, 1);
  }
}

TEST(ApiClient, AUrlIsAUrl) {
  for (const char* url : {"", "localhost:4400", "ftp://localhost", "127.0.0.1"})
    EXPECT_EQ(ApiClient::open(url, "").error().code, ErrorCode::kInvalid) << url;
}

}  // namespace
}  // namespace syncline::cli
