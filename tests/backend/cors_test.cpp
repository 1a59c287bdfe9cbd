#include "backend/server/cors.h"

#include <gtest/gtest.h>

#include <map>

#include "backend/net_support.h"

namespace syncline::backend {
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

// What is answered over a connection, whoever answers and however.
std::string answer_to(const Cors& cors, const std::string& path, const std::string& origin) {
  TestServer test({}, 1, [&cors](http::Request request, http::Responder responder) {
    cors.admit(request, responder);
    if (request.path == "/dropped") return;
    if (request.path == "/pieces") {
      http::Stream stream = responder.begin(http::text_response(200, ""));
      stream.write("piece");
      return stream.end();
    }
    responder.respond(http::text_response(200, "whole"));
  });
  RawClient client(test.port);
  client.send("GET " + path + " HTTP/1.1\r\nHost: t\r\nConnection: close\r\n" +
              (origin.empty() ? "" : "Origin: " + origin + "\r\n") + "\r\n");
  return client.take_all();
}

TEST(Cors, EveryAnswerNamesTheOriginAndNoOther) {
  for (const char* path : {"/whole", "/pieces", "/dropped"}) {
    const std::string known = answer_to(kCors, path, "https://app.example");
    EXPECT_NE(known.find("Access-Control-Allow-Origin: https://app.example\r\n"), std::string::npos)
        << known;
    EXPECT_NE(known.find("Vary: Origin\r\n"), std::string::npos);
    EXPECT_EQ(known.find("Credentials"), std::string::npos);
    for (const char* origin : {"https://other.example", ""}) {
      const std::string other = answer_to(kCors, path, origin);
      EXPECT_EQ(other.find("Access-Control"), std::string::npos) << other;
      EXPECT_NE(other.find("Vary: Origin\r\n"), std::string::npos);
    }
  }
  EXPECT_EQ(answer_to(Cors({}), "/whole", "https://app.example").find("Vary"), std::string::npos);
}

}  // namespace
}  // namespace syncline::backend
