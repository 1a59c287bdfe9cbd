// EffectBuilder: what an update would do to a document, worked out from ids alone, without changing
// the document.
//
// Each block's place is found through its origins, in the document or among the blocks before it,
// as integrating would find it. Positions are those before the update: what is inserted at one
// place by several blocks has one index, and the blocks are told as one touch when they follow each
// other.
//
// What an effect tells, and what it tells together, is in syncline/crdt/effect.h and touch_list.h.
//
// Costs: O(log n) a block and a deleted item, and what the touches cost. No recursion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/block.h"
#include "crdt/store.h"
#include "crdt/touch_list.h"
#include "crdt/update_order.h"
#include "syncline/crdt/effect.h"

namespace syncline::crdt {

class EffectBuilder {
 public:
  // Both must outlive this object.
  EffectBuilder(const Store& store, const DecodedUpdate& update, EffectRules rules);

  Result<Effect> build();

 private:
  // A key whose new value the update deletes again, at once or as forgotten content.
  struct DeadValue {
    Id last;
    FoundTouch touch;
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
  void touch_block_version1(const Block& block, const Place& place, Clock offset);
  void touch_key(const Block& block, const Place& place);
  void touch_dead_values();
  void touch_deletes();
  void touch_deleted(const Item& item, Handle handle, Clock from, Clock end);
  bool is_replaced(Id last) const;
  bool shows_container(const Place& place) const;

  const Store& store_;
  const DecodedUpdate& update_;
  EffectRules rules_;
  UpdateOrder order_;
  std::vector<Place> places_;  // of the update's blocks, as far as they were visited
  std::vector<bool> visited_;
  boost::unordered_flat_map<ClientId, const DecodedUpdate::ClientBlocks*> clients_;
  std::vector<std::string_view> new_roots_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> new_root_index_;
  std::vector<DeadValue> dead_values_;
  std::vector<Id> replaced_;  // last ids of values that the update puts others in place of; sorted
                              // once all blocks were visited
  TouchList touches_;
  Effect effect_;
};

}  // namespace syncline::crdt
