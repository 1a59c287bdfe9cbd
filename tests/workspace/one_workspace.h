// Workspace "w" of a TestWorld: coming in, changing it, asking its log.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/moment.h"
#include "state/object_replay.h"
#include "support/test_world.h"

namespace syncline::state {

using store::MemoryStore;
using testing::TestWorld;
using testing::Typist;

class Listener final : public workspace::Subscriber {
 public:
  void on_change(const workspace::Delivery&) override { ++changes; }
  void on_presence(const workspace::Delivery&) override {}
  void on_lost(const Error&) override { ++lost; }

  int changes = 0;
  int lost = 0;
};

// Runs the loop until the answer is there.
template <typename T, typename Call>
Result<T> ask(TestWorld& world, Call call) {
  Result<T> answer = fail(ErrorCode::kUnavailable, "no answer");
  call(log::Done<T>([&answer](Result<T> result) { answer = std::move(result); }));
  world.loop.run();
  return answer;
}

inline Result<ReplayedObject> replay(TestWorld& world, const std::string& object,
                                     log::Position at) {
  return ask<ReplayedObject>(
      world, [&](auto done) { replay_object(world.sources, "w", object, at, std::move(done)); });
}

inline Result<log::Position> moment(TestWorld& world, std::string_view text) {
  return ask<log::Position>(world, [&](auto done) {
    find_moment(world.log->events(), world.log->pins(), "w", text, std::move(done));
  });
}

inline log::Head head_of(TestWorld& world) {
  return ask<log::Head>(world, [&](auto done) { world.log->events().head("w", std::move(done)); })
      .value();
}

inline std::vector<log::Event> events_of(TestWorld& world) {
  return ask<std::vector<log::Event>>(world,
                                      [&](auto done) {
                                        world.log->events().read("w", 0, {.max_events = 1 << 20},
                                                                 std::move(done));
                                      })
      .value();
}

inline log::Position end_of(TestWorld& world) {
  return head_of(world).last_position;
}

// Somebody who has the object open, in a server over the world's log, from beginning to end.
class Visit {
 public:
  Visit(TestWorld& world, const std::string& object) : Visit(world, world.host, object) {}
  Visit(TestWorld& world, workspace::Host& host, const std::string& object)
      : world_(world), workspace_(host.get("w")) {
    workspace_.subscribe(testing::ann(), object, "yjs", listener_,
                         [&](Result<workspace::LiveObject*> opened) { live_ = opened.value(); });
    world_.loop.run();
    EXPECT_NE(live_, nullptr);
  }
  ~Visit() {
    if (listener_.lost == 0) workspace_.unsubscribe(*live_, listener_);
    world_.loop.run();
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  void submit(const Bytes& update) {
    const auto receipt = try_submit(update);
    EXPECT_TRUE(receipt) << receipt.error().message;
  }

  Result<workspace::Receipt> try_submit(const Bytes& update) {
    Result<workspace::Receipt> receipt = fail(ErrorCode::kUnavailable, "no answer");
    workspace_.submit(testing::ann(), *live_, {.intent = update}, nullptr,
                      [&](Result<workspace::Receipt> answer) { receipt = std::move(answer); });
    world_.loop.run();
    return receipt;
  }

  const Listener& listener() const { return listener_; }
  workspace::LiveObject& object() { return *live_; }

 private:
  TestWorld& world_;
  workspace::Workspace& workspace_;
  Listener listener_;
  workspace::LiveObject* live_ = nullptr;
};

inline void submit(TestWorld& world, const std::string& object, const Bytes& update) {
  Visit(world, object).submit(update);
}

// An event that is sound and means nothing.
inline void append_nonsense(TestWorld& world, const std::string& object) {
  const log::Head head = head_of(world);
  testing::TestChain chain(head);
  log::Event event;
  event.object = object;
  event.type = "doc";
  event.intent = {0xff, 0xff, 0xff};
  std::vector<log::EncodedEvent> events;
  events.push_back(chain.seal(event, 1000).value());
  bool stored = false;
  world.log->events().append("w", {.events = std::move(events), .after = head.last_position},
                             [&](Result<log::Appended> done) { stored = done.has_value(); });
  world.commit();
  ASSERT_TRUE(stored);
}

}  // namespace syncline::state
