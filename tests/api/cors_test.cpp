#include "api/cors.h"

#include <gtest/gtest.h>

#include <map>

#include "support/fake_exchange.h"
#include "support/virtual_loop.h"

namespace syncline::api {
namespace {

const Cors kCors({"https://app.example", "http://localhost:3000"});

http::Request preflight(std::string origin) {
  http::Request request;
  request.method = "OPTIONS";
  request.headers.add("Origin", std::move(origin));
  request.headers.add("Access-Control-Request-Method", "PUT");
  return request;
}

std::map<std::string, std::string> headers_of(const http::Response& response) {
  return {response.headers.begin(), response.headers.end()};
}

TEST(Cors, APreflightOfAKnownOriginIsAnswered) {
  const auto answer = kCors.preflight(preflight("https://app.example"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  auto headers = headers_of(*answer);
  EXPECT_NE(headers["Access-Control-Allow-Methods"].find("PUT"), std::string::npos);
  EXPECT_NE(headers["Access-Control-Allow-Headers"].find("Authorization"), std::string::npos);
  EXPECT_FALSE(headers.contains("Access-Control-Allow-Credentials"));
}

TEST(Cors, OriginsAreComparedExactly) {
  for (const char* other :
       {"https://app.example.evil", "https://evil-app.example", "null", "", "http://app.example",
        "https://app.example:443", "https://APP.example"}) {
    const auto answer = kCors.preflight(preflight(other));
    ASSERT_TRUE(answer) << other;
    EXPECT_EQ(answer->status, 403) << other;
  }
}

TEST(Cors, OtherRequestsAreNoPreflights) {
  http::Request request = preflight("https://app.example");
  request.method = "GET";
  EXPECT_FALSE(kCors.preflight(request));
  request = {};
  request.method = "OPTIONS";
  request.headers.add("Origin", "https://app.example");
  EXPECT_FALSE(kCors.preflight(request));
}

// What is answered to a page of that origin, whoever answers and however.
testing::FakeAnswer answer_to(const Cors& cors, const std::string& path,
                              const std::string& origin) {
  testing::VirtualLoop loop;
  auto [responder, answer] = testing::fake_responder(loop);
  {
    http::Request request;
    if (!origin.empty()) request.headers.add("Origin", origin);
    http::Responder taken = std::move(responder);
    cors.admit(request, taken);
    if (path == "/pieces") {
      http::Stream stream = taken.begin(http::text_response(200, ""));
      stream.write("piece");
      stream.end();
    } else if (path == "/whole") {
      taken.respond(http::text_response(200, "whole"));
    }
  }
  EXPECT_TRUE(answer->ended);
  return *answer;
}

TEST(Cors, EveryAnswerNamesTheOriginAndNoOther) {
  for (const char* path : {"/whole", "/pieces", "/dropped"}) {
    const auto known = answer_to(kCors, path, "https://app.example");
    EXPECT_EQ(known.header("Access-Control-Allow-Origin"), "https://app.example") << path;
    EXPECT_EQ(known.header("Vary"), "Origin");
    EXPECT_EQ(known.header("Access-Control-Allow-Credentials"), "");
    for (const char* origin : {"https://other.example", ""}) {
      const auto other = answer_to(kCors, path, origin);
      EXPECT_EQ(other.header("Access-Control-Allow-Origin"), "") << origin;
      EXPECT_EQ(other.header("Vary"), "Origin");
    }
  }
  EXPECT_EQ(answer_to(Cors({}), "/whole", "https://app.example").header("Vary"), "");
}

}  // namespace
}  // namespace syncline::api
