// HookWorld: a workspace in memory, its webhooks, and a receiver, for tests of webhooks.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hooks/deliveries.h"
#include "identity/recorded_session.h"
#include "support/test_world.h"

namespace syncline::hooks {

// Takes what it is sent, and answers as the test says.
class Receiver final : public HookSender {
 public:
  void send(HookRequest request, Scheduler& loop, Done done) override {
    if (lost) return held.push_back(std::move(done));
    const std::string position = part(request.body, R"("position":)", ",");
    const std::string object = part(request.body, R"("object":")", "\"");
    requests.push_back(request);
    const int status = failing.contains(object) ? failing.at(object) : answer;
    got.push_back(object + position + (status == 200 ? "" : "!"));
    if (status == 200 && on_taken) on_taken(object, std::stoull(position));
    if (silent) return held.push_back(std::move(done));
    loop.post([done = std::move(done), status]() mutable { done(HookAnswer{.status = status}); });
  }

  static std::string part(const std::string& text, const std::string& before,
                          const std::string& end) {
    const std::size_t at = text.find(before);
    if (at == std::string::npos) return {};
    const std::size_t from = at + before.size();
    return text.substr(from, text.find(end, from) - from);
  }

  std::vector<std::string> take() { return std::exchange(got, {}); }

  int answer = 200;
  std::map<std::string, int> failing;  // by object
  bool silent = false;                 // it never answers
  bool lost = false;                   // and does not even get it
  std::vector<Done> held;
  std::vector<HookRequest> requests;
  std::vector<std::string> got;  // "a1": the event at position 1, of the object a; "!": not taken
  std::function<void(const std::string& object, log::Position position)> on_taken;
};

class HookWorld {
 public:
  void begin() {
    hooks = std::make_unique<Deliveries>(
        HookServices{.host = world.host,
                     .directory = world.log->directory(),
                     .revocations = revocations,
                     .random = world.random,
                     .sender = &receiver,
                     .key = key,
                     .on_disabled = [this](const Endpoint&,
                                           const std::string& why) { disabled.push_back(why); }},
        [](std::string_view) { return true; }, &world.reports);
    world.loop.run();
  }
  void restart() {
    hooks.reset();
    receiver.held.clear();
    begin();
  }

  std::string add(Endpoint endpoint = {}) {
    endpoint.workspace = "w";
    if (endpoint.url.empty()) endpoint.url = "https://app.example/hook?key=secret";
    endpoint.principal = "ann";
    endpoint.maker = identity::record_of(testing::ann());
    std::string made;
    hooks->add(std::move(endpoint), [&](Result<std::string> id) {
      ASSERT_TRUE(id.has_value()) << id.error().message;
      made = *id;
    });
    world.loop.run();
    return made;
  }
  // Answers the position of the event.
  log::Position change(const std::string& object, const identity::Caller& who = testing::ann()) {
    auto [typist, added] = typists.try_emplace(object, 1);
    log::Position position = 0;
    world.host.get("w").change(
        object, {.caller = who},
        [intent = typist->second.type("x")](const merge::Object&, log::Position) { return intent; },
        [&](Result<workspace::Receipt> receipt) {
          ASSERT_TRUE(receipt.has_value()) << receipt.error().message;
          position = receipt->position;
        });
    world.loop.run();
    return position;
  }
  void set_policy(const std::string& text) {
    world.host.get("w").change_rules(testing::ann(), identity::Right::kPolicy,
                                     log::SetPolicy{"p", text}, "",
                                     [](Result<workspace::Receipt> receipt) {
                                       EXPECT_TRUE(receipt.has_value()) << receipt.error().message;
                                     });
    world.loop.run();
  }
  const Progress& progress(const std::string& id) { return hooks->find("w", id)->progress(); }
  std::vector<Dead> dead(const std::string& id) {
    std::vector<Dead> found;
    hooks->list_dead("w", id, 0, kMostDead, [&](Result<std::vector<Dead>> page) { found = *page; });
    world.loop.run();
    return found;
  }

  testing::TestWorld world;
  identity::Revocations revocations;
  Receiver receiver;
  Bytes key = Bytes(kKeyBytes, 7);
  std::vector<std::string> disabled;
  std::map<std::string, testing::Typist> typists;
  std::unique_ptr<Deliveries> hooks;
};

}  // namespace syncline::hooks
