// TypeTable: the shared types of a document, under dense indices that are never reused, and their
// map entries.
//
// An application may keep an index for ever, so the index of a collected type is not given to
// another type. Types are stored in pages. A page is freed once all its types are collected; they
// then read as one empty type of undefined kind. So in the end a type that comes and goes costs
// about a byte.
//
// Every type can have both a sequence and a map, whatever its kind (text and elements have
// attributes). The current value of a map entry is the last item under its key; older values are on
// its left. The entries of a type are listed in the order in which their keys were first used,
// which is Yjs's order of iteration.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/rarely.h"
#include "crdt/item.h"
#include "crdt/sequence.h"
#include "crdt/short_list_index.h"

namespace syncline::crdt {

using EntryIndex = std::uint32_t;
inline constexpr EntryIndex kNoEntry = 0xffffffff;

inline bool is_text(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kXmlText;
}

struct TypeState {
  TypeKind kind = TypeKind::kUndefined;
  bool collected = false;  // its item was garbage collected; nothing is left of it
  // it got a format after the root was named; only then does Yjs clean it
  bool cleans_formats = false;
  Handle item = kNoItem;   // the item that holds it; none for a root
  KeyIndex name = kNoKey;  // roots: their name; elements and hooks: the node name
  EntryIndex first_entry = kNoEntry;
  EntryIndex last_entry = kNoEntry;
  Sequence sequence;

  bool is_root() const { return item == kNoItem && !collected; }
};

struct MapEntry {
  KeyIndex key = kNoKey;
  Handle item = kNoItem;  // the current value; it may be deleted
  EntryIndex next = kNoEntry;
};

class TypeTable {
 public:
  TypeState& operator[](TypeIndex index) {
    const Page& page = page_of(index);
    return page.types == nullptr ? *gone_ : page.types[slot_of(index) - page.first_slot];
  }
  const TypeState& operator[](TypeIndex index) const {
    const Page& page = page_of(index);
    return page.types == nullptr ? *gone_ : page.types[slot_of(index) - page.first_slot];
  }
  TypeIndex size() const { return size_; }

  // A reference to a type is valid until the type is collected.
  TypeIndex add(TypeKind kind, Handle item, KeyIndex name);
  // Marks a type as collected. Its sequence and its entries must be empty.
  void collect(TypeIndex index);

  // root: the root of that name, or kNoType. roots: all roots in order of creation.
  TypeIndex root(KeyIndex name) const;
  TypeIndex add_root(KeyIndex name, TypeKind kind);
  const std::vector<TypeIndex>& roots() const { return roots_; }

  // The current value under a key, deleted or not, or kNoItem.
  Handle value(TypeIndex type, KeyIndex key) const;
  void set_value(TypeIndex type, KeyIndex key, Handle item);
  const MapEntry& entry(EntryIndex index) const { return entries_[index]; }
  void clear_entries(TypeIndex type);

  std::size_t memory_bytes() const;

 private:
  static std::uint64_t slot(TypeIndex type, KeyIndex key) {
    return static_cast<std::uint64_t>(type) << 32 | key;
  }

  static constexpr TypeIndex kPerPage = 16;
  // Most documents have few types, so the first page has room for these only: it has no other slots.
  static constexpr TypeIndex kInFirstPage = 2;
  static constexpr TypeIndex kOffset = kPerPage - kInFirstPage;
  struct Page {
    std::unique_ptr<TypeState[]> types;  // null: all are collected
    std::uint16_t first_slot = 0;
    std::uint16_t collected = 0;
  };
  const Page& page_of(TypeIndex index) const { return pages_[(index + kOffset) / kPerPage]; }
  static TypeIndex slot_of(TypeIndex index) { return (index + kOffset) % kPerPage; }

  auto root_name_at() const {
    return [this](std::uint32_t place) { return (*this)[roots_[place]].name; };
  }

  std::vector<Page> pages_;
  TypeIndex size_ = 0;
  std::size_t held_types_ = 0;  // in all pages
  std::unique_ptr<TypeState>
      gone_;  // what types of a freed page read as; nullptr: no page is freed
  std::vector<TypeIndex> roots_;
  ShortListIndex<KeyIndex> root_by_name_;  // in roots_
  std::vector<MapEntry> entries_;
  Rarely<std::vector<EntryIndex>> free_entries_;
  Rarely<boost::unordered_flat_map<std::uint64_t, EntryIndex>> entry_by_key_;
};

}  // namespace syncline::crdt
