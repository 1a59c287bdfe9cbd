// EffectBuilder: computes what an update would do to a document, from ids alone, without changing
// the document.
//
// It finds the place of each block through the block's origins, in the document or among the
// earlier blocks, in the same way as integration does. Positions are those before the update:
// several blocks that are inserted at one place have the same index, and consecutive blocks form
// one touch.
//
// syncline/crdt/effect.h and touch_list.h define what an effect contains and which touches are
// merged.
//
// Costs: O(log n) per block and per deleted item, plus the costs of the touches. No recursion.
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
  // A value of a key that the update itself deletes again, either explicitly or because its content
  // is forgotten.
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
  const DecodedUpdate::ClientBlocks* find_client(ClientId id) const;
  Target root(std::string_view name);
  Target holder(Id id) const;

  void touch_block(const Block& block, const Place& place, Clock offset);
  void touch_block_version1(const Block& block, const Place& place, Clock offset);
  void touch_key(const Block& block, const Place& place);
  void touch_dead_values();
  void touch_deletes();
  void touch_deleted(const Item& item, Handle handle, Clock from, Clock end);
  bool is_replaced(Id last) const;
  bool shows_container(const Place& place);

  const Store& store_;
  const DecodedUpdate& update_;
  EffectRules rules_;
  UpdateOrder order_;
  std::vector<Place> places_;  // of the update's blocks that were visited so far
  std::vector<bool> visited_;
  // Of an update with many clients. The smallest table costs more than the preparation of a short update.
  static constexpr std::size_t kFewClients = 8;
  boost::unordered_flat_map<ClientId, const DecodedUpdate::ClientBlocks*> clients_;
  std::vector<std::string_view> new_roots_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> new_root_index_;
  std::vector<DeadValue> dead_values_;
  boost::unordered_flat_map<Handle, bool> shown_;  // of long values: is there a container inside?
  std::vector<Id> replaced_;  // last ids of values that the update replaces; sorted once all blocks
                              // were visited
  TouchList touches_;
  Effect effect_;
};

}  // namespace syncline::crdt
