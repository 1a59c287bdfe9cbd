// TextArena: the text that one client inserted, as UTF-8, in the order of its clocks. So runs that
// merge are adjacent here, too, and merging copies nothing.
//
// Append-only. Text without a reference is counted as dead; the store compacts the arena when more
// than half of it is dead (Store::compact). Views are valid until the next append or compaction.
// Limit: 4 GiB per client.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace syncline::crdt {

class TextArena {
 public:
  // Returns the offset of the appended text.
  std::uint32_t append(std::string_view text) {
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    if (text.size() == 1)  // a single key press
      bytes_.push_back(text.front());
    else
      bytes_.insert(bytes_.end(), text.begin(), text.end());
    return offset;
  }

  // Appends a copy of a part of this arena.
  std::uint32_t append_copy(std::uint32_t offset, std::uint32_t size) {
    const auto target = static_cast<std::uint32_t>(bytes_.size());
    bytes_.resize(bytes_.size() + size);
    std::memcpy(bytes_.data() + target, bytes_.data() + offset, size);
    return target;
  }

  std::string_view view(std::uint32_t offset, std::uint32_t size) const {
    return {bytes_.data() + offset, size};
  }
  char* data(std::uint32_t offset) { return bytes_.data() + offset; }

  std::uint32_t size() const { return static_cast<std::uint32_t>(bytes_.size()); }
  std::uint32_t dead() const { return dead_; }
  void drop(std::uint32_t size) { dead_ += size; }
  bool fits(std::size_t more) const { return bytes_.size() + more <= 0xffffffffu; }
  // True if it would be worth it after `more` further bytes have died.
  bool wants_compaction(std::size_t more = 0) const {
    const std::size_t dead = dead_ + more;
    return dead > kCompactFrom && dead > bytes_.size() / 2;
  }

  // Releases unused capacity.
  void shrink() { bytes_.shrink_to_fit(); }

  std::size_t memory_bytes() const { return bytes_.capacity(); }

 private:
  static constexpr std::uint32_t kCompactFrom = 4096;  // compacting less is not worth it

  std::vector<char> bytes_;
  std::uint32_t dead_ = 0;
};

}  // namespace syncline::crdt
