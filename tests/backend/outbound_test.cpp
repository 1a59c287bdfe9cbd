#include "backend/outbound/outbound_client.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "backend/net_support.h"
#include "backend/outbound/outbound_threads.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kMost = 1000;

OutboundOptions allowing(const std::string& network) {
  return {.rules = {.allowed = {parse_network(network).value()}}};
}

TEST(Outbound, ReachesNoPrivateAddressUnlessItMay) {
  TestServer test;
  const std::string port = ":" + std::to_string(test.port) + "/";
  const OutboundClient strict({});
  for (const char* host : {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
                           "2130706433", "0x7f.1", "127.1"}) {
    const auto refused = strict.get("http://" + std::string(host) + port, kMost);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, ErrorCode::kForbidden) << host << refused.error().message;
  }
  EXPECT_EQ(
      OutboundClient(allowing("10.0.0.0/8")).get("http://127.0.0.1" + port, kMost).error().code,
      ErrorCode::kForbidden);
  EXPECT_TRUE(OutboundClient(allowing("127.0.0.0/8")).get("http://127.0.0.1" + port, kMost));
  const OutboundClient loose({.rules = {.allow_private = true}});
  EXPECT_TRUE(loose.get("http://localhost" + port, kMost));
}

TEST(Outbound, FollowsNoRedirectAndBoundsTheAnswer) {
  TestServer test({}, 1, [&](http::Request request, http::Responder responder) {
    if (request.path == "/moved")
      return responder.respond({302, {{"Location", "/other"}}, std::string()});
    responder.respond({200, {}, std::string(request.path == "/large" ? kMost + 1 : kMost, 'x')});
  });
  const std::string base = "http://127.0.0.1:" + std::to_string(test.port);
  const OutboundClient client(allowing("127.0.0.1"));
  EXPECT_EQ(client.get(base + "/moved", kMost)->status, 302);
  EXPECT_EQ(client.get(base + "/fits", kMost)->body.size(), kMost);
  EXPECT_EQ(client.get(base + "/large", kMost).error().code, ErrorCode::kTooLarge);
}

TEST(Outbound, AStopEndsWhatWaits) {
  std::vector<http::Responder> kept;
  TestServer test({}, 1, [&](http::Request, http::Responder responder) {
    kept.push_back(std::move(responder));
  });
  OutboundOptions options = allowing("127.0.0.1");
  options.timeout_ms = 60'000;
  OutboundClient client(options);
  std::atomic<bool> ended = false;
  const auto began = std::chrono::steady_clock::now();
  std::thread asking([&] {
    const auto answer = client.get("http://127.0.0.1:" + std::to_string(test.port) + "/", kMost);
    ended = !answer && answer.error().code == ErrorCode::kUnavailable;
  });
  client.stop();
  asking.join();
  EXPECT_TRUE(ended);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
  test.server.stop();
  kept.clear();
}

TEST(Outbound, NetworksAreParsedStrictly) {
  EXPECT_EQ(parse_network("10.1.0.0/16")->bits, 96 + 16);
  EXPECT_EQ(parse_network("10.1.2.3")->bits, 128);
  EXPECT_EQ(parse_network("fd00::/8")->bits, 8);
  EXPECT_EQ(parse_network("0.0.0.0/0")->bits, 96);
  for (const char* text : {"", "/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                           "fd00::/129", "example.com", "10.0.0/8", "10.0.0.0 /8"})
    EXPECT_EQ(parse_network(text).error().code, ErrorCode::kInvalid) << text;
}

TEST(OutboundThreads, AFullQueueRefuses) {
  OutboundThreads threads(1, 2);
  std::atomic<bool> go = false;
  std::atomic<int> ran = 0;
  std::atomic<bool> begun = false;
  EXPECT_TRUE(threads.post([&] {
    begun = true;
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++ran;
  }));
  while (!begun) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(threads.post([&] { ++ran; }));
  EXPECT_TRUE(threads.post([&] { ++ran; }));
  EXPECT_FALSE(threads.post([&] { ++ran; }));
  go = true;
  while (ran < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  threads.stop();
  EXPECT_FALSE(threads.post([] {}));
  EXPECT_EQ(ran, 3);
}

}  // namespace
}  // namespace syncline::backend
