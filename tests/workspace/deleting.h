// Deleting things in a world of tests, and what those are told who have them open.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "workspace/retained_history.h"

namespace syncline::state {

using workspace::Receipt;

inline Result<Receipt> delete_object(TestWorld& world, const std::string& object,
                                     bool erase = false) {
  return ask<Receipt>(world, [&](auto done) {
    world.host.get("w").delete_object(
        {.caller = testing::ann(), .object = object, .reason = "old", .erase = erase},
        std::move(done));
  });
}

inline Result<Receipt> undelete(TestWorld& world, const std::string& object) {
  return ask<Receipt>(world, [&](auto done) {
    world.host.get("w").undelete_object({.caller = testing::ann(), .object = object},
                                        std::move(done));
  });
}

inline Result<std::string> read(TestWorld& world, workspace::Host& host,
                                const std::string& object) {
  std::string text;
  auto view = ask<workspace::Workspace::View>(world, [&](auto done) {
    host.get("w").read(
        testing::ann(), object,
        [&](const merge::Object& now) -> Result<std::unique_ptr<Pieces>> {
          text = now.to_json();
          return merge::text_pieces(text, 1 << 20);
        },
        std::move(done));
  });
  if (!view) return std::unexpected(view.error());
  return text;
}

inline Result<std::string> read(TestWorld& world, const std::string& object) {
  return read(world, world.host, object);
}

// Another process over the same store.
struct AfterRestart {
  explicit AfterRestart(TestWorld& of) : world(of) {}

  TestWorld& world;
  std::unique_ptr<log::LoopStore> log = world.store.open_loop(world.loop);
  const ReplaySources sources{*log, test::test_types()};
  ObjectCache cache{sources, {}};
  workspace::Counters counters;
  workspace::DeletedWorkspaces deleted;
  workspace::Host host{{.log = log->events(),
                        .cache = cache,
                        .types = sources.types,
                        .waiting = log->waiting(),
                        .retention = log->retention(),
                        .rules = log->rules(),
                        .scheduler = world.loop,
                        .counters = counters,
                        .random = world.random,
                        .on_storage_failure = [](const Error&) { FAIL(); },
                        .deleted = &deleted}};
};

ErrorCode code_of(const auto& result) {
  EXPECT_FALSE(result);
  return result ? ErrorCode::kIo : result.error().code;
}

// What is told to somebody who has the object open.
class Told final : public workspace::Subscriber {
 public:
  Told(TestWorld& world, const std::string& object) : world_(world) {
    world.host.get("w").subscribe(
        testing::ann(), object, "yjs", *this,
        [this](Result<workspace::LiveObject*> opened) { live_ = opened.value(); });
    world.loop.run();
  }
  ~Told() override {
    if (live_ != nullptr) world_.host.get("w").unsubscribe(*live_, *this);
    world_.loop.run();
  }
  void on_change(const workspace::Delivery&) override { ++changes; }
  void on_presence(const workspace::Delivery&) override {}
  void on_deleted(const Error& error) override { deleted = error; }
  void on_lost(const Error&) override { live_ = nullptr; }

  Result<Receipt> submit(const Bytes& update) {
    return ask<Receipt>(world_, [&](auto done) {
      world_.host.get("w").submit(testing::ann(), *live_, {.intent = update}, this,
                                  std::move(done));
    });
  }
  Result<workspace::Lacking> diff(const Bytes& version) {
    return ask<workspace::Lacking>(world_, [&](auto done) {
      world_.host.get("w").diff(testing::ann(), *live_, version, std::move(done), this);
    });
  }

  workspace::LiveObject* live() const { return live_; }

  int changes = 0;
  std::optional<Error> deleted;

 private:
  TestWorld& world_;
  workspace::LiveObject* live_ = nullptr;
};

}  // namespace syncline::state
