// ItemArena: the memory of all items. It consists of chunks with a fixed number of items, so items
// never move. Most documents are small, so the first chunk has only its last few items, and the next
// ones are allocated one by one; later ones several at a time. Freed slots are reused, the last freed
// first.
//
// References to an item stay valid until it is freed. The handles before the first item, with 0, are
// never used.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "crdt/item.h"

namespace syncline::crdt {

class ItemArena {
  static constexpr unsigned kShift = 4;
  static constexpr Handle kPerChunk = 1u << kShift;
  static constexpr Handle kMask = kPerChunk - 1;

 public:
  static constexpr Handle kFirst = kPerChunk - 4;  // the first item's handle; the others follow

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
    const std::size_t items = chunks_.empty() ? 0 : chunks_.size() * kPerChunk - kFirst;
    return items * sizeof(Item) + chunks_.capacity() * sizeof(void*) +
           blocks_.capacity() * sizeof(void*);
  }

 private:
  static constexpr std::size_t kMostAtOnce = 4;  // chunks
  void grow() {
    if (chunks_.empty()) {
      blocks_.push_back(std::make_unique_for_overwrite<Item[]>(kPerChunk - kFirst));
      // The address of item 0, which is not there. As a number, because it is outside of the block.
      const auto address = reinterpret_cast<std::uintptr_t>(blocks_.back().get());
      return chunks_.push_back(reinterpret_cast<Item*>(address - sizeof(Item[kFirst])));
    }
    const std::size_t count = std::clamp<std::size_t>(chunks_.size(), 1, kMostAtOnce);
    blocks_.push_back(std::make_unique_for_overwrite<Item[]>(count * kPerChunk));
    for (std::size_t i = 0; i < count; ++i) chunks_.push_back(blocks_.back().get() + i * kPerChunk);
  }

  std::vector<Item*> chunks_;
  std::vector<std::unique_ptr<Item[]>> blocks_;  // owns the chunks
  Handle next_ = kFirst;
  Handle free_ = kNoItem;
  std::size_t live_ = 0;
};

}  // namespace syncline::crdt
