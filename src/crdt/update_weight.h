// UpdateWeight: says whether preparing and applying an update may take more than a number of steps.
//
// The size of an update says little of its cost. A few bytes can delete a million structs, or a type with
// as much inside; cut a long text whose place in bytes must be searched; insert beside a hundred thousand
// siblings; or wake what waits in the document. Who must not be held up for long asks this first.
//
// It walks where preparing and applying would walk, and stops as soon as it has counted more than `most`
// steps, so its own cost is O(most + size of the update), whatever the update does. It may count too much:
// what a walk finds under way can be cheaper than each struct by itself. It does not count what depends on
// the size of the update alone, beyond a constant for each struct and each range.
//
// A step is about the cost of a look at one struct, 0.1 to 0.3 µs in a document that does not fit into
// the caches of the processor.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/block.h"
#include "crdt/engine.h"

namespace syncline::crdt {

class UpdateWeight {
 public:
  // All must outlive this object.
  UpdateWeight(const Engine& engine, const DecodedUpdate& update, std::uint64_t most)
      : engine_(engine), store_(engine.store), update_(update), most_(most) {}

  bool exceeds();
  std::uint64_t spent() const { return spent_; }  // after exceeds()

 private:
  // Where a block goes, as far as the document knows it.
  struct Spot {
    Handle left = kNoItem;
    Handle right = kNoItem;
    DenseId origin;
    TypeIndex parent = kNoType;
    KeyIndex key = kNoKey;
    bool cut = false;     // inside `left`
    bool inside = false;  // between two neighbours in `left`
  };

  // These functions return false once there are too many steps.
  bool spend(std::uint64_t steps) { return (spent_ += steps) <= most_; }
  bool weigh_waiting();
  bool weigh_client(const DecodedUpdate::ClientBlocks& blocks);
  bool weigh_growth(const ClientState& client, std::uint64_t bytes);
  bool weigh_known(const ClientState& client, const Block& block, Clock end);
  bool weigh_place(const Block& block, Clock known);
  // `spot` has the items at the block's origins.
  bool find_spot(const Block& block, Clock known, Spot& spot) const;
  bool weigh_siblings(const Spot& spot);
  bool weigh_text(Handle item);
  bool weigh_deletes();
  bool weigh_deleted(Handle item, Clock from, Clock to);
  void drop(const Item& item, Clock offset, Clock count);
  bool weigh_removed(Handle item);
  bool weigh_inside(std::vector<TypeIndex>& types);
  bool weigh_compaction();

  Handle known_item(Id id) const;

  const Engine& engine_;
  const Store& store_;
  const DecodedUpdate& update_;
  const std::uint64_t most_;
  std::uint64_t spent_ = 0;
  Handle text_ = kNoItem;              // whose text was counted last
  std::uint64_t dropped_ = 0;          // clocks that lose their content
  std::size_t dropped_values_ = 0;     // bytes that their values occupy
  std::vector<ClientIndex> droppers_;  // of these clients
  bool subdocs_ = false;               // some come or go
};

}  // namespace syncline::crdt
