// Random histories of a workspace beside a model of them, for tests of the past.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "merge/object.h"
#include "state/workspace_replay.h"
#include "workspace/one_workspace.h"

namespace syncline::state {

struct KeptSnapshots {
  std::vector<log::Snapshot> newest_first;
  std::uint64_t bytes = 0;
};

inline KeptSnapshots snapshots_of(TestWorld& world, const std::string& object) {
  KeptSnapshots kept;
  for (log::Position at = log::kNow; at > 0; at = kept.newest_first.back().position - 1) {
    auto found = ask<std::optional<log::Snapshot>>(world, [&](auto done) {
      world.log->snapshots().load_snapshot("w", object, at, std::move(done));
    });
    if (!found || !*found) break;
    kept.bytes += (*found)->bytes.size();
    kept.newest_first.push_back(std::move(**found));
  }
  return kept;
}

// A history of three objects, written by two replicas each that sometimes lag behind one another.
class RandomHistory {
 public:
  RandomHistory(TestWorld& world, unsigned seed) : world_(world), dice_(seed) {
    for (int i = 0; i < 3; ++i) {
      auto& writers = writers_["o" + std::to_string(i)];
      for (int j = 0; j < 2; ++j)
        writers.push_back(std::make_unique<Typist>(static_cast<crdt::ClientId>(10 * i + j + 1)));
    }
  }

  void write(std::size_t changes) {
    for (std::size_t i = 0; i < changes; ++i) step();
  }

  // The states of `object` by position, from the intents alone.
  const std::map<log::Position, std::map<std::string, std::string>>& model() const {
    return model_;
  }
  const std::map<std::string, std::string>& model_at(log::Position position) const {
    return std::prev(model_.upper_bound(position))->second;
  }

 private:
  void step() {
    auto entry = writers_.begin();
    std::advance(entry, dice_() % writers_.size());
    auto& [object, writers] = *entry;
    Typist& writer = *writers[dice_() % writers.size()];
    const std::uint32_t length = writer.doc().text("content").length();
    Bytes update;
    if (length > 4 && dice_() % 3 == 0) {
      const auto before = writer.doc().state_vector();
      ASSERT_TRUE(writer.doc().text("content").erase(dice_() % (length - 3), 1 + dice_() % 3));
      update = writer.doc().encode_state_as_update(before);
    } else {
      update =
          writer.insert(dice_() % (length + 1), std::string(1 + dice_() % 20, 'a' + dice_() % 26));
    }
    if (dice_() % 2 == 0) {
      for (auto& other : writers)
        if (other.get() != &writer)
          other->receive(writer.doc().encode_state_as_update(other->doc().state_vector()));
    }
    submit(world_, object, update);
    auto& replica = replicas_[object];
    if (!replica) replica = merge::doc_type().create();
    ASSERT_TRUE(replica->apply(update));
    now_[object] = replica->to_json();
    model_[end_of(world_)] = now_;
  }

  TestWorld& world_;
  std::mt19937 dice_;
  std::map<std::string, std::vector<std::unique_ptr<Typist>>> writers_;
  std::map<std::string, std::unique_ptr<merge::Object>> replicas_;
  std::map<std::string, std::string> now_;
  std::map<log::Position, std::map<std::string, std::string>> model_;
};

// From position `from` on.
inline void expect_model(TestWorld& world, const RandomHistory& history, log::Position from = 0) {
  ASSERT_LE(history.model().rbegin()->first, end_of(world));  // events of rules may follow
  for (const auto& [position, objects] : history.model()) {
    if (position < from) continue;
    std::map<std::string, std::string> found;
    std::string after;
    do {
      auto page = ask<ObjectPage>(world, [&](auto done) {
        replay_workspace(world.sources, "w", "", after, 2, position, std::move(done));
      });
      ASSERT_TRUE(page) << page.error().message;
      for (const ObjectAt& object : page->objects) found[object.id] = object.json;
      after = page->next;
    } while (!after.empty());
    ASSERT_EQ(found, objects) << "at " << position;
  }
}

}  // namespace syncline::state
