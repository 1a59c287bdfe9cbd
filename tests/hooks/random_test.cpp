// Webhooks in worlds that dice make: writers, receivers that fail and come back, servers that are killed, rules that change.
//
// Whatever happens, each event that the maker may read reaches the receiver or is a dead letter; in each object, none comes for
// the first time before one that is older; nothing is sent that he may not read; and a killed server sends again only what was
// under way. In a build with mutations, the same worlds must find the mistakes of src/base/mutation.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>

#include "base/mutation.h"
#include "hooks/hook_world.h"
#include "hooks/retry_times.h"

namespace syncline::hooks {
namespace {

constexpr const char* kSecret = R"(permit (principal, action, resource);
forbid (principal == Principal::"ann", action in Action::"read", resource in Folder::"secret/");)";

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed) : dice_(seed) {}

  // What is wrong at last; "": nothing.
  std::string run() {
    bob_.principal.id = "bob";
    world_.begin();
    world_.change("first");
    world_.set_policy(kSecret);
    world_.add();
    world_.receiver.on_taken = [this](const std::string& object, log::Position position) {
      taken(object, position);
    };
    for (int step = 0; step < 60; ++step) act();
    settle();
    return wrong_;
  }

 private:
  bool roll(std::uint64_t in) { return dice_() % in == 0; }

  void act() {
    const std::uint64_t what = dice_() % 10;
    if (what < 5) return write();
    if (what == 5) {
      const std::string object = name();
      world_.receiver.failing[object] = 500;
    } else if (what == 6) {
      world_.receiver.failing.clear();
    } else if (what == 7) {
      const std::uint64_t ms = dice_() % 20'000;
      world_.world.loop.advance(ms);
    } else if (what == 8) {
      // The server is killed before it knows whether the receiver has got it.
      world_.receiver.lost = roll(2);
      world_.receiver.silent = true;
      write();
      kill();
    } else {
      kill();
    }
  }

  void write() {
    const std::string object = name();
    const log::Position position = world_.change(object, bob_);
    if (!object.starts_with("secret/")) written_[object].insert(position);
  }

  void kill() {
    ++kills_;
    world_.receiver.silent = false;
    world_.receiver.lost = false;
    world_.restart();
  }

  // Long enough for every event to be taken or given up.
  void settle() {
    world_.receiver.failing.clear();
    world_.world.loop.advance(2 * kRetryMs.back());
    for (const auto& [object, positions] : written_)
      for (const log::Position position : positions)
        if (!seen_[object].contains(position)) wrong("an event was not delivered");
    if (twice_ > kills_) wrong("more came twice than was under way");
  }

  void taken(const std::string& object, log::Position position) {
    if (object.starts_with("secret/")) return wrong("an event was sent without the right");
    auto& seen = seen_[object];
    if (seen.contains(position)) {
      ++twice_;
      return;
    }
    if (!seen.empty() && *seen.rbegin() > position) wrong("an event came after a later one");
    seen.insert(position);
  }

  std::string name() {
    static constexpr const char* kNames[] = {"a", "b", "c", "secret/d"};
    return kNames[dice_() % 4];
  }

  void wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  std::mt19937_64 dice_;
  HookWorld world_;
  identity::Caller bob_ = testing::ann();
  std::map<std::string, std::set<log::Position>> written_;  // that the maker may read
  std::map<std::string, std::set<log::Position>> seen_;
  std::size_t twice_ = 0;
  std::size_t kills_ = 0;
  std::string wrong_;
};

TEST(RandomWebhooks, LoseNothingAndKeepTheOrder) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    ASSERT_EQ(RandomWorld(seed).run(), "") << "seed " << seed;
}

#ifdef SYNCLINE_MUTATIONS

class HookMutants : public ::testing::TestWithParam<Mutation> {
 protected:
  void TearDown() override { active_mutation.reset(); }
};

TEST_P(HookMutants, AreFound) {
  active_mutation = GetParam();
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    if (!RandomWorld(seed).run().empty()) return;
  FAIL() << "no seed finds it";
}

INSTANTIATE_TEST_SUITE_P(All, HookMutants,
                         ::testing::Values(Mutation::hook_stored_early, Mutation::hook_not_stored,
                                           Mutation::hook_overtakes, Mutation::hook_unjudged,
                                           Mutation::hook_gives_up),
                         [](const auto& mutation) {
                           return std::string(
                               kMutationNames[static_cast<std::size_t>(mutation.param)]);
                         });

#endif

}  // namespace
}  // namespace syncline::hooks
