// ShortListIndex: finds the place of a key in a list that only grows and shrinks at its end.
//
// Most of these lists are short, and the smallest hash table has half a kilobyte. So a short list is searched, and only a
// longer one gets a table. The list itself belongs to the caller, who says how long it is and what its keys are.
//
// Costs: O(1). Thread-safety: as its document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <boost/unordered/unordered_flat_map.hpp>

namespace syncline::crdt {

template <typename Key>
class ShortListIndex {
 public:
  using Place = std::uint32_t;
  static constexpr Place kNone = 0xffffffff;

  // `key_at(place)` returns the key at a place below `size`. kNone: it is not in the list.
  template <typename KeyAt>
  Place find(const Key& key, Place size, KeyAt&& key_at) const {
    if (table_ == nullptr) {
      for (Place place = 0; place < size; ++place)
        if (key_at(place) == key) return place;
      return kNone;
    }
    const auto found = table_->find(key);
    return found == table_->end() ? kNone : found->second;
  }

  // The list has a new last key, and `size` with it. Keys must stay valid as long as they are in the list.
  template <typename KeyAt>
  void added(Place size, KeyAt&& key_at) {
    if (table_ != nullptr) {
      table_->emplace(key_at(size - 1), size - 1);
    } else if (size > kFew) {
      table_ = std::make_unique<Table>();
      for (Place place = 0; place < size; ++place) table_->emplace(key_at(place), place);
    }
  }
  // The last key, this one, is about to leave the list.
  void removed(const Key& key) {
    if (table_ != nullptr) table_->erase(key);
  }

  std::size_t memory_bytes() const {
    return table_ == nullptr
               ? 0
               : sizeof(Table) + table_->bucket_count() * (sizeof(typename Table::value_type) + 1);
  }

 private:
  static constexpr Place kFew = 8;
  using Table = boost::unordered_flat_map<Key, Place>;

  std::unique_ptr<Table> table_;  // nullptr: the list is searched
};

}  // namespace syncline::crdt
