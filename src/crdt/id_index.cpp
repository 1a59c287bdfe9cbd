#include "crdt/id_index.h"

#include <algorithm>

#include "base/assert.h"

namespace syncline::crdt {

IdIndex::Position IdIndex::search(Clock clock) const {
  // In sequential work, the clock is in the struct of the hint or in the one after it.
  if (hint_.chunk < chunks_.size()) {
    const Chunk& chunk = chunks_[hint_.chunk];
    const std::uint32_t slot = hint_.slot;
    if (slot < chunk.size() && chunk[slot].clock <= clock) {
      if (slot + 1 < chunk.size()) {
        if (clock < chunk[slot + 1].clock) return hint_;
      } else if (hint_.chunk + 1 == chunks_.size() || clock < firsts_[hint_.chunk + 1]) {
        return hint_;
      }
    }
  }
  const auto behind = std::upper_bound(firsts_.begin(), firsts_.end(), clock);
  SYNCLINE_ASSERT(behind != firsts_.begin());
  const auto chunk = static_cast<std::uint32_t>(behind - firsts_.begin() - 1);
  const Chunk& entries = chunks_[chunk];
  const auto entry = std::upper_bound(entries.begin(), entries.end(), clock,
                                      [](Clock value, const Entry& e) { return value < e.clock; });
  hint_ = {chunk, static_cast<std::uint32_t>(entry - entries.begin() - 1)};
  return hint_;
}

std::size_t IdIndex::count_from(Position p) const {
  std::size_t count = 0;
  for (std::size_t i = p.chunk; i < chunks_.size(); ++i) count += chunks_[i].size();
  return count - p.slot;
}

void IdIndex::append(Clock clock, Handle handle) {
  ++size_;
  if (chunks_.empty() || chunks_.back().size() == kMaxChunk) {
    firsts_.push_back(clock);
    chunks_.emplace_back();
  }
  chunks_.back().push_back({clock, handle});
}

void IdIndex::assign(std::span<const Clock> clocks, Handle first) {
  size_ = clocks.size();
  const std::size_t chunks = (size_ + kMaxChunk - 1) / kMaxChunk;
  chunks_.clear();
  chunks_.reserve(chunks);
  firsts_.clear();
  firsts_.reserve(chunks);
  hint_ = {};
  for (; !clocks.empty(); clocks = clocks.subspan(chunks_.back().size())) {
    firsts_.push_back(clocks.front());
    Chunk& chunk = chunks_.emplace_back(std::min(clocks.size(), kMaxChunk));
    for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = {clocks[i], first++};
  }
}

IdIndex::Position IdIndex::insert_after(Position p, Clock clock, Handle handle) {
  ++size_;
  Chunk* chunk = &chunks_[p.chunk];
  if (chunk->size() == kMaxChunk) {
    const auto half = static_cast<std::ptrdiff_t>(kMaxChunk / 2);
    Chunk upper(chunk->begin() + half, chunk->end());
    chunk->resize(kMaxChunk / 2);
    const Clock first = upper.front().clock;
    chunks_.insert(chunks_.begin() + p.chunk + 1, std::move(upper));
    firsts_.insert(firsts_.begin() + p.chunk + 1, first);
    if (p.slot >= kMaxChunk / 2) p = {p.chunk + 1, p.slot - static_cast<std::uint32_t>(half)};
    chunk = &chunks_[p.chunk];
  }
  chunk->insert(chunk->begin() + p.slot + 1, {clock, handle});
  return {p.chunk, p.slot + 1};
}

IdIndex::Position IdIndex::erase(Position p) {
  --size_;
  Position before = prev(p);
  Chunk& chunk = chunks_[p.chunk];
  chunk.erase(chunk.begin() + p.slot);
  if (chunk.empty()) {
    chunks_.erase(chunks_.begin() + p.chunk);
    firsts_.erase(firsts_.begin() + p.chunk);
    return before;
  }
  firsts_[p.chunk] = chunk.front().clock;
  // Small chunks are joined with the chunk before them, so that the number of chunks stays in
  // proportion to the number of structs.
  if (p.chunk > 0 && chunk.size() < kMaxChunk / 8) {
    Chunk& left = chunks_[p.chunk - 1];
    if (left.size() + chunk.size() <= kMaxChunk / 2) {
      if (before.chunk == p.chunk)
        before = {p.chunk - 1, before.slot + static_cast<std::uint32_t>(left.size())};
      left.insert(left.end(), chunk.begin(), chunk.end());
      chunks_.erase(chunks_.begin() + p.chunk);
      firsts_.erase(firsts_.begin() + p.chunk);
    }
  }
  return before;
}

std::size_t IdIndex::memory_bytes() const {
  std::size_t bytes = chunks_.capacity() * sizeof(Chunk) + firsts_.capacity() * sizeof(Clock);
  for (const Chunk& chunk : chunks_) bytes += chunk.capacity() * sizeof(Entry);
  return bytes;
}

}  // namespace syncline::crdt
