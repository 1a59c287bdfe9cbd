// ValueArena: the values that one client inserted, in the order of its clocks. Each value is a byte
// string with an index. So value number n of a long run is found at once, and runs split and merge
// without copying.
//
// The bytes: for kAny, kJson and kEmbed, the packed value (packed.h); for kBinary, the bytes
// themselves; for kFormat and kDoc, four bytes with the number of the interned attribute name or
// guid (little-endian), then the packed value.
//
// Append-only. Dead values are counted by what they occupy, and compacted as in TextArena. Limit: 4 GiB per client.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "syncline/bytes.h"

namespace syncline::crdt {

class ValueArena {
 public:
  // Returns the index of the appended value.
  std::uint32_t append(ByteView value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    return close();
  }
  // The same for a value that follows an interned name.
  std::uint32_t append_named(std::uint32_t name, ByteView value) {
    for (int shift = 0; shift < 32; shift += 8)
      bytes_.push_back(static_cast<std::uint8_t>(name >> shift));
    return append(value);
  }
  // Appends copies of `count` values of this arena and returns the index of the first copy.
  std::uint32_t append_copy(std::uint32_t first, std::uint32_t count) {
    const auto target = size();
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto begin = begin_of(first + i);
      const auto length = ends_[first + i] - begin;
      const auto at = bytes_.size();
      bytes_.resize(at + length);
      std::copy_n(bytes_.data() + begin, length, bytes_.data() + at);
      close();
    }
    return target;
  }

  ByteView value(std::uint32_t index) const { return values(index, 1); }
  // `count` values, one after another.
  ByteView values(std::uint32_t first, std::uint32_t count) const {
    const auto begin = begin_of(first);
    return {bytes_.data() + begin, ends_[first + count - 1] - begin};
  }
  static std::uint32_t name_of(ByteView value) {
    return value[0] | static_cast<std::uint32_t>(value[1]) << 8 |
           static_cast<std::uint32_t>(value[2]) << 16 | static_cast<std::uint32_t>(value[3]) << 24;
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size()); }
  // What dead values occupy, in bytes.
  std::size_t dead() const { return dead_; }
  std::size_t bytes() const { return bytes_.size(); }
  void drop(std::uint32_t first, std::uint32_t count) { dead_ += occupied(first, count); }
  // What some values occupy, at least one.
  std::size_t occupied(std::uint32_t first, std::uint32_t count) const {
    return values(first, count).size() + count * kEndBytes;
  }
  // Releases unused capacity.
  void shrink() {
    bytes_.shrink_to_fit();
    ends_.shrink_to_fit();
  }
  bool fits(std::size_t more) const { return bytes_.size() + more <= 0xffffffffu; }
  // True if it would be worth it after `more` further bytes have died.
  bool wants_compaction(std::size_t more = 0) const {
    const std::size_t dead = dead_ + more;
    return dead > kCompactFrom && dead > (bytes_.size() + ends_.size() * kEndBytes) / 2;
  }

  std::size_t memory_bytes() const {
    return bytes_.capacity() + ends_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::size_t kCompactFrom = 4096;  // compacting less is not worth it
  static constexpr std::size_t kEndBytes = sizeof(std::uint32_t);

  std::uint32_t begin_of(std::uint32_t index) const { return index == 0 ? 0 : ends_[index - 1]; }
  std::uint32_t close() {
    ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    return size() - 1;
  }

  Bytes bytes_;
  std::vector<std::uint32_t> ends_;
  std::size_t dead_ = 0;
};

}  // namespace syncline::crdt
