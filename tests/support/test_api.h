// TestApi: the HTTP API of a node in memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "api/serve.h"
#include "http/parser.h"
#include "support/fake_exchange.h"
#include "support/test_node.h"

namespace syncline::testing {

class TestApi : public TestNode {
 public:
  explicit TestApi(identity::Access who = {}, std::size_t loop_count = 1,
                   const observe::LoopMeasures* measures = nullptr, state::Jobs* jobs = nullptr,
                   state::LoopShare share = {}, MemoryLimits of_principal = {})
      : TestNode(std::move(who), loop_count, measures, jobs, share, of_principal) {}

  // Sends a request. `headers` are whole lines, such as "Authorization: Bearer x\r\n". `home` is
  // the loop of the connection.
  std::shared_ptr<FakeAnswer> ask(const std::string& method, const std::string& target,
                                  const std::string& headers = {}, std::size_t home = 0) {
    auto answer = send(method, target, headers, home);
    run();
    return answer;
  }

  // The same, but runs nothing.
  std::shared_ptr<FakeAnswer> send(const std::string& method, const std::string& target,
                                   const std::string& headers = {}, std::size_t home = 0) {
    const std::string host = headers.starts_with("Host: ") ? "" : "Host: localhost\r\n";
    auto head = http::parse_request_head(
        method + " " + target + " HTTP/1.1\r\n" + host + headers + "\r\n", {});
    EXPECT_TRUE(head.has_value()) << method << " " << target;
    head->request.loop = home;
    head->request.peer = peer;
    head->request.body = body;
    auto [responder, answer] = fake_responder(*loops[home]);
    answer->is_read = answers_are_read;
    loops[home]->post(
        [this, request = std::move(head->request), responder = std::move(responder)]() mutable {
          handler(std::move(request), std::move(responder));
        });
    return answer;
  }

  api::Context context{
      .shards = *shards,
      .access = access,
      .keys = [this]() -> Result<api::PublicKeys> {
        return api::PublicKeys{identity.log_name, {identity.signers[0].verifier()}};
      },
      .ready = ready};
  bool answers_are_read = true;
  std::string body;  // of requests
  std::string peer;  // of requests: "203.0.113.5:51234"; no limit concerns an empty one
  http::Handler handler = api::make_handler(context);
};

}  // namespace syncline::testing
