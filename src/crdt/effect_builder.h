// EffectBuilder: what an update would do to a document, worked out from ids alone, without changing
// the document.
//
// Each block's place is found through its origins, in the document or among the blocks before it,
// as integrating would find it. Positions are those before the update: what is inserted at one
// place by several blocks has one index, and the blocks are told as one touch when they follow each
// other.
//
// Costs: O(log n) a block and a deleted item. Bounds: types nested deeper than kMaxPathSteps and
// effects beyond kMaxPathBytes are refused (kTooLarge), since paths are repeated in every touch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/block.h"
#include "crdt/store.h"
#include "crdt/update_order.h"
#include "syncline/crdt/effect.h"

namespace syncline::crdt {

class EffectBuilder {
 public:
  static constexpr std::size_t kMaxPathSteps = 256;
  static constexpr std::size_t kMaxPathBytes = std::size_t{64} << 20;

  // Both must outlive this object.
  EffectBuilder(const Store& store, const DecodedUpdate& update);

  Result<Effect> build();

 private:
  // A type: one of the document, one that a block of the update makes, or a root that is not there.
  struct Target {
    enum class Kind : std::uint8_t { kForgotten, kType, kBlock, kNewRoot };
    Kind kind = Kind::kForgotten;
    std::uint32_t index = 0;  // TypeIndex; block; number of a new root
    bool operator==(const Target&) const = default;
  };
  // Where a block goes.
  struct Place {
    Target target;
    std::string_view key;
    bool keyed = false;
    std::uint32_t position = 0;  // visible elements before it
  };

  struct Known {
    Path path;
    std::size_t bytes = 0;
  };

  void visit(const Block& block, std::uint32_t index, Clock offset);
  bool place_of(const Block& block, Place& place);
  bool place_behind(Id id, Place& place);
  bool place_before(Id id, Place& place);
  bool find_place(Id id, bool behind, Place& place);
  bool find_block(Id id, std::uint32_t& index) const;
  Target root(std::string_view name);
  Target holder(Id id) const;

  void touch_block(const Block& block, const Place& place, Clock offset);
  void touch_deletes();
  void touch_deleted(const Item& item, Handle handle, Clock from, Clock end);
  void add(Touch::Kind kind, Target target, std::string_view key, std::uint32_t index,
           std::uint32_t length);
  const Known* known_path(Target target);
  bool find_path(Target target, Path& path) const;

  const Store& store_;
  const DecodedUpdate& update_;
  UpdateOrder order_;
  std::vector<Place> places_;  // of the update's blocks, as far as they were visited
  std::vector<bool> visited_;
  boost::unordered_flat_map<ClientId, const DecodedUpdate::ClientBlocks*> clients_;
  std::vector<std::string_view> new_roots_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> new_root_index_;
  boost::unordered_flat_map<std::uint64_t, Known> paths_;
  Target last_target_;  // of the last touch
  std::size_t path_bytes_ = 0;
  bool too_large_ = false;
  Effect effect_;
};

}  // namespace syncline::crdt
