// What a command makes of a server's answers, and of what stands between.
#include "cli/data/api_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backend/net_support.h"

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

TEST(ApiClient, AUrlIsAUrl) {
  for (const char* url : {"", "localhost:4400", "ftp://localhost", "127.0.0.1"})
    EXPECT_EQ(ApiClient::open(url, "").error().code, ErrorCode::kInvalid) << url;
}

}  // namespace
}  // namespace syncline::cli
