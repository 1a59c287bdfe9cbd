// ItemArena: the memory of all items. It consists of chunks with a fixed number of items, so items
// never move. A document allocates its first chunks one by one, because most documents are small, and
// later ones several at a time. Freed slots are reused, the last freed first.
//
// References to an item stay valid until it is freed. Handle 0 is never used.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "crdt/item.h"

namespace syncline::crdt {

class ItemArena {
 public:
  Item& operator[](Handle handle) { return chunks_[handle >> kShift][handle & kMask]; }
  const Item& operator[](Handle handle) const { return chunks_[handle >> kShift][handle & kMask]; }

  // Returns a zeroed item.
  Handle allocate() {
    Handle handle = free_;
    if (handle != kNoItem) {
      free_ = (*this)[handle].left;
    } else {
      handle = next_;
      if ((handle >> kShift) == chunks_.size()) grow();
      ++next_;
    }
    ++live_;
    (*this)[handle] = Item{};
    return handle;
  }

  void free(Handle handle) {
    (*this)[handle].left = free_;
    free_ = handle;
    --live_;
  }

  std::size_t live() const { return live_; }
  std::size_t memory_bytes() const {
    return chunks_.size() * sizeof(Item[kPerChunk]) + chunks_.capacity() * sizeof(void*) +
           blocks_.capacity() * sizeof(void*);
  }

 private:
  static constexpr unsigned kShift = 4;
  static constexpr Handle kPerChunk = 1u << kShift;
  static constexpr Handle kMask = kPerChunk - 1;
  static constexpr std::size_t kMostAtOnce = 4;  // chunks

  void grow() {
    const std::size_t count = std::clamp<std::size_t>(chunks_.size(), 1, kMostAtOnce);
    blocks_.push_back(std::make_unique_for_overwrite<Item[]>(count * kPerChunk));
    for (std::size_t i = 0; i < count; ++i) chunks_.push_back(blocks_.back().get() + i * kPerChunk);
  }

  std::vector<Item*> chunks_;
  std::vector<std::unique_ptr<Item[]>> blocks_;  // owns the chunks
  Handle next_ = 1;
  Handle free_ = kNoItem;
  std::size_t live_ = 0;
};

}  // namespace syncline::crdt
