// IdIndex: the structs of one client by clock. Clocks are dense, so every clock below end() is in
// exactly one struct.
//
// Structure: chunks of up to kMaxChunk entries under a vector of first clocks. Append is O(1);
// lookup is two binary searches, or none when it hits where the last one did; insert and erase move
// at most one chunk, and the vector of chunks now and then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crdt/item.h"

namespace syncline::crdt {

class IdIndex {
 public:
  // A struct's place. Any insert or erase invalidates positions, except where stated.
  struct Position {
    std::uint32_t chunk = 0;
    std::uint32_t slot = 0;
    bool operator==(const Position&) const = default;
  };

  bool empty() const { return chunks_.empty(); }
  std::size_t size() const { return size_; }

  // The struct that holds `clock`, which must be below the client's state.
  Handle find(Clock clock) const { return at(locate(clock)); }
  Position locate(Clock clock) const {
    const Position newest = last();  // what was just added, most of the time
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
  // The newest struct, and the one before it or kNoItem. There must be one.
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
  // Calls `visit` with this struct and all behind it.
  template <typename Visit>
  void for_each_from(Position p, Visit&& visit) const {
    for (std::size_t slot = p.slot; p.chunk < chunks_.size(); ++p.chunk, slot = 0)
      for (; slot < chunks_[p.chunk].size(); ++slot) visit(chunks_[p.chunk][slot].handle);
  }
  // Structs from this one to the last.
  std::size_t count_from(Position p) const;

  void append(Clock clock, Handle handle);
  // Instead of all there is: `clocks.size()` structs that begin at these clocks, in order, with
  // consecutive handles. Chunks are full.
  void assign(std::span<const Clock> clocks, Handle first);
  // Puts a struct behind the one at `p` and returns its place; places before it stay valid.
  Position insert_after(Position p, Clock clock, Handle handle);
  // Takes the struct at `p` out. Returns the place of the struct before it (p must not be first).
  Position erase(Position p);
  // The border to the struct before moved.
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

  std::vector<Chunk> chunks_;  // none is empty
  std::vector<Clock> firsts_;  // first clock of each chunk
  std::size_t size_ = 0;
  mutable Position hint_;  // where the last search ended; always checked before use
};

}  // namespace syncline::crdt
