// The shards of a node, and the way to each: work for a workspace is done on the loop that owns it.
//
// Thread-safety: on() and on_owner() from any thread, once the shards have been set. A shard itself is touched on
// its own loop only; work for one that has ended is dropped there.
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
  // The loops outlive it, and run until set() has ended every shard.
  explicit Shards(std::vector<Scheduler*> loops) : placement_(loops.size()) {
    for (Scheduler* loop : loops) places_.push_back({*loop, nullptr});
  }

  std::size_t size() const { return places_.size(); }
  const Placement& placement() const { return placement_; }
  Scheduler& loop(std::size_t index) const { return places_[index].loop; }

  // On that loop: puts its shard there, or ends it (nullptr).
  void set(std::size_t index, std::unique_ptr<Shard> shard) {
    places_[index].shard = std::move(shard);
  }

  // On that loop. nullptr: it has ended.
  Shard* at(std::size_t index) const { return places_[index].shard.get(); }

  // Calls `use` with the shard on its loop: at once if the caller is there, in a later turn otherwise.
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

  template <typename Use>
  void on_owner(std::string_view workspace, Use use) const {
    on(placement_.owner_of(workspace), std::move(use));
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
