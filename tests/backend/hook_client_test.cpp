// What sends the requests of webhooks, and the key from which their secrets follow.
#include "backend/outbound/hook_client.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <utility>

#include "backend/net_support.h"
#include "backend/tokens/hook_key.h"
#include "store_test_dir.h"

namespace syncline::backend {
namespace {

using hooks::HookAnswer;
using hooks::HookRequest;

// A loop that does at once what others post.
class AtOnce final : public Scheduler {
 public:
  void post(Task task) override { task(); }
  bool is_current() const override { return false; }
  TimerId after(std::uint64_t, Task) override { return 0; }
  void cancel(TimerId) override {}
  std::uint64_t monotonic_ms() const override { return 0; }
  std::uint64_t unix_ms() const override { return 0; }
};

Result<HookAnswer> send(HookClient& client, HookRequest request) {
  AtOnce loop;
  std::promise<Result<HookAnswer>> answer;
  client.send(std::move(request), loop,
              [&](Result<HookAnswer> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

OutboundOptions to_this_machine() {
  OutboundOptions options{.rules = {.allowed = {parse_network("127.0.0.0/8").value()}}};
  options.rules.option = "--hooks-allow";
  return options;
}

TEST(HookClientTest, PostsAndGivesWhatIsAnswered) {
  http::Request got;
  TestServer test({}, 1, [&](http::Request request, http::Responder responder) {
    got = std::move(request);
    responder.respond({503, {{"Retry-After", "7"}, {"Syncline-Put", "root=a"}}, std::string("no")});
  });
  HookClient client(to_this_machine());
  const auto answer = send(client, {.url = "http://127.0.0.1:" + std::to_string(test.port) + "/in",
                                    .body = "{}",
                                    .headers = {{"webhook-id", "msg_1"}}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->retry_after_ms, 7'000u);
  EXPECT_EQ(answer->put_query, "root=a");
  EXPECT_EQ(answer->body, "no");
  EXPECT_EQ(got.method + got.path + got.body, "POST/in{}");
  EXPECT_EQ(got.headers.find("webhook-id"), "msg_1");
  EXPECT_EQ(got.headers.find("Content-Type"), "application/json");
}

TEST(HookClientTest, TellsNothingOfAnAddressThatIsNotAllowed) {
  TestServer test;
  HookClient client({.rules = {.option = "--hooks-allow"}});
  const auto refused =
      send(client, {.url = "http://localhost:" + std::to_string(test.port) + "/", .body = "{}"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kForbidden);
  EXPECT_EQ(refused.error().message,
            "its address is not one that this server may connect to (--hooks-allow)");
}

TEST(HookClientTest, BoundsTheAnswerAndTheTime) {
  std::vector<http::Responder> kept;
  TestServer test({}, 1, [&](http::Request request, http::Responder responder) {
    if (request.path == "/silent") return kept.push_back(std::move(responder));
    responder.respond({200, {}, std::string(2000, 'x')});
  });
  HookClient client(to_this_machine());
  const std::string base = "http://127.0.0.1:" + std::to_string(test.port);
  const auto large = send(client, {.url = base + "/", .body = "{}", .most_bytes = 1000});
  EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);
  const auto late = send(client, {.url = base + "/silent", .body = "{}", .timeout_ms = 200});
  EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
  test.server.stop();
  kept.clear();
}

TEST(HookClientTest, AfterAStopEverythingIsRefused) {
  HookClient client(to_this_machine());
  client.stop();
  EXPECT_EQ(send(client, {.url = "http://127.0.0.1:1/", .body = "{}"}).error().code,
            ErrorCode::kUnavailable);
}

TEST(HookKeyTest, IsMadeOnceForItsOwnerAlone) {
  testing::TempDir dir;
  std::filesystem::create_directories(dir.path() + "/keys");
  const auto made = open_hook_key(dir.path());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), hooks::kKeyBytes);
  EXPECT_EQ(open_hook_key(dir.path()).value(), *made);
  const std::string path = dir.path() + "/keys/webhooks";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  std::ofstream(path) << "WEBHOOKS+short\n";
  EXPECT_EQ(open_hook_key(dir.path()).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace syncline::backend
