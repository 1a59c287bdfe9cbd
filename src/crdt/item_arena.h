// ItemArena: the memory of all items. It consists of chunks with a fixed number of items, so items
// never move. Freed slots are reused, the last freed first.
//
// References to an item stay valid until it is freed. Handle 0 is never used.
#pragma once

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
    return chunks_.size() * sizeof(Item[kPerChunk]) + chunks_.capacity() * sizeof(void*);
  }

 private:
  static constexpr unsigned kShift = 6;
  static constexpr Handle kPerChunk = 1u << kShift;
  static constexpr Handle kMask = kPerChunk - 1;

  void grow() { chunks_.push_back(std::make_unique_for_overwrite<Item[]>(kPerChunk)); }

  std::vector<std::unique_ptr<Item[]>> chunks_;
  Handle next_ = 1;
  Handle free_ = kNoItem;
  std::size_t live_ = 0;
};

}  // namespace syncline::crdt
