#include "crdt/conflict_lists.h"

#include <algorithm>

namespace syncline::crdt {

void ConflictLists::note_scan(TypeIndex type, KeyIndex key, Handle first, std::uint64_t steps) {
  List& list = lists_[slot(type, key)];
  list.steps += steps;
  if (list.steps < list.next_look) return;
  // Is the list short enough for its index to be paid by the steps so far? If not, the next look is
  // when they have doubled, so that looking costs less than the scans.
  std::uint64_t items = 0;
  Handle item = first;
  for (; item != kNoItem && items * limits_.patience < list.steps; item = store_[item].right)
    ++items;
  store_.work += items;
  if (item == kNoItem) {
    list.index = std::make_unique<ConflictIndex>(store_, first);
  } else {
    list.next_look = 2 * list.steps;
  }
}

std::uint64_t ConflictLists::cost_of_note(TypeIndex type, KeyIndex key, std::uint64_t steps) const {
  const auto found = lists_.find(slot(type, key));
  if (found != lists_.end()) steps += found->second.steps;
  const bool looks = found == lists_.end() || steps >= found->second.next_look;
  return looks ? cost_of_index(limits_, steps) : 0;
}

// The index of a list that has so few items that these steps pay for it.
std::uint64_t ConflictLists::cost_of_index(ScanLimits limits, std::uint64_t steps) {
  constexpr std::uint64_t kMostLevels = 32;
  return steps / std::max(limits.patience, 1u) * kMostLevels;
}

void ConflictLists::note_linked(Handle handle) {
  const Item& item = store_[handle];
  const auto found = lists_.find(slot(item.parent, item.key()));
  if (found == lists_.end() || found->second.index == nullptr) return;
  found->second.index->add(handle);
  if (found->second.index->idle()) lists_.erase(found);
}

// A remembered item was the oldest value, so it has no origin and cannot have been merged into
// another. It may have become a GC struct, and its slot may be used again.
Handle ConflictLists::oldest(TypeIndex type, KeyIndex key, Handle value) {
  Handle& oldest = oldest_.try_emplace(slot(type, key), value).first->second;
  const Item& item = store_[oldest];
  if (item.is_gc() || item.parent != type || item.key() != key) oldest = value;
  for (; store_[oldest].left != kNoItem; oldest = store_[oldest].left) ++store_.work;
  return oldest;
}

void ConflictLists::drop(TypeIndex type) {
  lists_.erase(lists_.lower_bound(slot(type, 0)), lists_.upper_bound(slot(type, kNoKey)));
  oldest_.erase(oldest_.lower_bound(slot(type, 0)), oldest_.upper_bound(slot(type, kNoKey)));
}

std::size_t ConflictLists::memory_bytes() const {
  constexpr std::size_t kTreeNode = 4 * sizeof(void*);
  std::size_t bytes = sizeof(ConflictLists) +
                      lists_.size() * (kTreeNode + sizeof(*lists_.begin())) +
                      oldest_.size() * (kTreeNode + sizeof(*oldest_.begin()));
  for (const auto& [slot, list] : lists_)
    if (list.index != nullptr) bytes += list.index->memory_bytes();
  return bytes;
}

}  // namespace syncline::crdt
