// Shards: the shards of a node, and how to reach each. Work for a workspace runs on the loop that
// owns it.
//
// Thread-safety: after the shards have been set, any thread may call on() and on_owner(). A shard
// itself is used only on its own loop. Work for a shard that has ended is dropped.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "node/placement.h"
#include "node/shard.h"

namespace syncline::node {

class Shards {
 public:
  // The loops must outlive this object, and must run until set() has ended every shard.
  explicit Shards(std::vector<Scheduler*> loops) : placement_(loops.size()) {
    for (Scheduler* loop : loops) places_.push_back({*loop, nullptr});
  }

  std::size_t size() const { return places_.size(); }
  const Placement& placement() const { return placement_; }
  Scheduler& loop(std::size_t index) const { return places_[index].loop; }

  // Must be called on that loop. Installs its shard, or ends it (nullptr).
  void set(std::size_t index, std::unique_ptr<Shard> shard) {
    places_[index].shard = std::move(shard);
  }

  // Must be called on that loop. nullptr if the shard has ended.
  Shard* at(std::size_t index) const { return places_[index].shard.get(); }

  // Calls `use` with the shard, on its loop: immediately if the caller is already there, otherwise
  // in a later turn.
  template <typename Use>
  void on(std::size_t index, Use use) const {
    const Place& place = places_[index];
    if (!place.loop.is_current()) {
      return place.loop.post([this, index, use = std::move(use)]() mutable {
        if (Shard* shard = at(index)) use(*shard);
      });
    }
    if (place.shard) use(*place.shard);
  }

  // The same with the shard that owns the workspace, in the lane of the workspace.
  template <typename Use>
  void on_owner(std::string_view workspace, Use use) const {
    const std::size_t index = placement_.owner_of(workspace);
    const Place& place = places_[index];
    const Lane lane = place.loop.lane_of(workspace);
    if (!place.loop.is_current()) {
      return place.loop.post_in(lane, [this, index, use = std::move(use)]() mutable {
        if (Shard* shard = at(index)) use(*shard);
      });
    }
    const InLane within(place.loop, lane);
    if (place.shard) use(*place.shard);
  }

 private:
  struct Place {
    Scheduler& loop;
    std::unique_ptr<Shard> shard;
  };

  const Placement placement_;
  std::vector<Place> places_;
};

}  // namespace syncline::node
