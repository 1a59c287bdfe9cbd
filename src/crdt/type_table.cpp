#include "crdt/type_table.h"

#include <algorithm>

#include "base/assert.h"

namespace syncline::crdt {

TypeIndex TypeTable::add(TypeKind kind, Handle item, KeyIndex name) {
  if (pages_.empty() || slot_of(size_) == 0) {
    const TypeIndex skipped = pages_.empty() ? kOffset : 0;
    pages_.push_back(
        {std::make_unique<TypeState[]>(kPerPage - skipped), static_cast<std::uint16_t>(skipped)});
    held_types_ += kPerPage - skipped;
  }
  TypeState& type = (*this)[size_];
  type.kind = kind;
  type.item = item;
  type.name = name;
  return size_++;
}

void TypeTable::collect(TypeIndex index) {
  TypeState& type = (*this)[index];
  SYNCLINE_ASSERT(!type.collected);
  type.collected = true;
  type.item = kNoItem;
  Page& page = pages_[(index + kOffset) / kPerPage];
  const auto held = static_cast<std::uint16_t>(kPerPage - page.first_slot);
  if (++page.collected < held) return;
  page.types.reset();
  if (gone_ == nullptr) {
    gone_ = std::make_unique<TypeState>();
    gone_->collected = true;
  }
  held_types_ -= held;
}

TypeIndex TypeTable::root(KeyIndex name) const {
  const auto count = static_cast<std::uint32_t>(roots_.size());
  const std::uint32_t found = root_by_name_.find(name, count, root_name_at());
  return found == root_by_name_.kNone ? kNoType : roots_[found];
}

TypeIndex TypeTable::add_root(KeyIndex name, TypeKind kind) {
  const TypeIndex index = add(kind, kNoItem, name);
  roots_.push_back(index);
  root_by_name_.added(static_cast<std::uint32_t>(roots_.size()), root_name_at());
  return index;
}

Handle TypeTable::value(TypeIndex type, KeyIndex key) const {
  const auto found = entry_by_key_->find(slot(type, key));
  return found == entry_by_key_->end() ? kNoItem : entries_[found->second].item;
}

void TypeTable::set_value(TypeIndex type, KeyIndex key, Handle item) {
  const auto [found, added] = entry_by_key_.make().try_emplace(slot(type, key), kNoEntry);
  if (!added) {
    entries_[found->second].item = item;
    return;
  }
  EntryIndex index = static_cast<EntryIndex>(entries_.size());
  if (free_entries_->empty()) {
    entries_.emplace_back();
  } else {
    index = free_entries_->back();
    free_entries_.make().pop_back();
  }
  found->second = index;
  entries_[index] = {key, item, kNoEntry};
  TypeState& state = (*this)[type];
  if (state.last_entry == kNoEntry) {
    state.first_entry = index;
  } else {
    entries_[state.last_entry].next = index;
  }
  state.last_entry = index;
}

void TypeTable::clear_entries(TypeIndex type) {
  TypeState& state = (*this)[type];
  for (EntryIndex i = state.first_entry; i != kNoEntry; i = entries_[i].next) {
    entry_by_key_.make().erase(slot(type, entries_[i].key));
    free_entries_.make().push_back(i);
  }
  state.first_entry = state.last_entry = kNoEntry;
}

std::size_t TypeTable::memory_bytes() const {
  return pages_.capacity() * sizeof(Page) + held_types_ * sizeof(TypeState) +
         roots_.capacity() * sizeof(TypeIndex) + entries_.capacity() * sizeof(MapEntry) +
         free_entries_.memory_bytes() + free_entries_->capacity() * sizeof(EntryIndex) +
         entry_by_key_.memory_bytes() + entry_by_key_->bucket_count() * 17 +
         root_by_name_.memory_bytes();
}

}  // namespace syncline::crdt
