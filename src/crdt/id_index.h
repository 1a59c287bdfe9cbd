// IdIndex: finds the structs of one client by clock. Clocks have no gaps, so every clock below
// end() is in exactly one struct.
//
// Structure: chunks of up to kMaxChunk entries, and a vector of their first clocks. Append is O(1).
// A lookup takes two binary searches, or none if it hits the place of the last lookup. Insert and
// erase move at most one chunk, and sometimes the vector of chunks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crdt/item.h"

namespace syncline::crdt {

class IdIndex {
 public:
  // The place of a struct. Every insert or erase invalidates positions, unless stated otherwise.
  struct Position {
    std::uint32_t chunk = 0;
    std::uint32_t slot = 0;
    bool operator==(const Position&) const = default;
  };

  bool empty() const { return chunks_.empty(); }
  std::size_t size() const { return size_; }

  // The struct that contains `clock`, which must be known.
  Handle find(Clock clock) const { return at(locate(clock)); }
  Position locate(Clock clock) const {
    const Position newest = last();  // the usual case: the newest struct
    return clock_at(newest) <= clock ? newest : search(clock);
  }

  Handle at(Position p) const { return chunks_[p.chunk][p.slot].handle; }
  Clock clock_at(Position p) const { return chunks_[p.chunk][p.slot].clock; }
  Position first() const { return {}; }
  Position last() const {
    const auto chunk = static_cast<std::uint32_t>(chunks_.size() - 1);
    return {chunk, static_cast<std::uint32_t>(chunks_[chunk].size() - 1)};
  }
  bool is_first(Position p) const { return p.chunk == 0 && p.slot == 0; }
  bool is_last(Position p) const {
    return p.chunk + 1 == chunks_.size() && p.slot + 1 == chunks_[p.chunk].size();
  }
  // The newest struct, and the struct before it or kNoItem. The index must not be empty.
  struct Newest {
    Clock clock;
    Handle handle;
    Handle left;
  };
  Newest newest() const {
    const Chunk& chunk = chunks_.back();
    const Entry* last = &chunk.back();
    Handle left = kNoItem;
    if (last != chunk.data())
      left = last[-1].handle;
    else if (&chunk != chunks_.data())
      left = (&chunk)[-1].back().handle;
    return {last->clock, last->handle, left};
  }
  Position next(Position p) const {
    if (p.slot + 1 < chunks_[p.chunk].size()) return {p.chunk, p.slot + 1};
    return {p.chunk + 1, 0};
  }
  Position prev(Position p) const {
    if (p.slot > 0) return {p.chunk, p.slot - 1};
    return {p.chunk - 1, static_cast<std::uint32_t>(chunks_[p.chunk - 1].size() - 1)};
  }
  // Calls `visit` with this struct and all structs after it.
  template <typename Visit>
  void for_each_from(Position p, Visit&& visit) const {
    for (std::size_t slot = p.slot; p.chunk < chunks_.size(); ++p.chunk, slot = 0)
      for (; slot < chunks_[p.chunk].size(); ++slot) visit(chunks_[p.chunk][slot].handle);
  }
  // The number of structs from this one to the last.
  std::size_t count_from(Position p) const;

  void append(Clock clock, Handle handle);
  // Replaces the content: `clocks.size()` structs that begin at these clocks, in order, with
  // consecutive handles. Makes full chunks.
  void assign(std::span<const Clock> clocks, Handle first);
  // Inserts a struct after the one at `p` and returns its place. Earlier places stay valid.
  Position insert_after(Position p, Clock clock, Handle handle);
  // Removes the struct at `p` and returns the place of the struct before it. `p` must not be the
  // first.
  Position erase(Position p);
  // Updates the first clock of a struct whose border to the struct before it has moved.
  void set_clock(Position p, Clock clock) {
    chunks_[p.chunk][p.slot].clock = clock;
    if (p.slot == 0) firsts_[p.chunk] = clock;
  }
  void replace(Position p, Handle handle) { chunks_[p.chunk][p.slot].handle = handle; }

  std::size_t memory_bytes() const;

 private:
  struct Entry {
    Clock clock;
    Handle handle;
  };
  using Chunk = std::vector<Entry>;

  Position search(Clock clock) const;

  static constexpr std::size_t kMaxChunk = 128;

  std::vector<Chunk> chunks_;  // never empty chunks
  std::vector<Clock> firsts_;  // first clock of each chunk
  std::size_t size_ = 0;
  mutable Position hint_;  // the place of the last search; verified before use
};

}  // namespace syncline::crdt
