// ByteInput: makes choices from a fuzzer's bytes. When the bytes are used up, every choice is 0.
#pragma once

#include <cstdint>

#include "syncline/bytes.h"

namespace syncline::fuzz {

class ByteInput {
 public:
  explicit ByteInput(ByteView bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  // 0 … bound-1
  std::uint32_t below(std::uint32_t bound) { return bound == 0 ? 0 : byte() % bound; }
  template <typename List>
  const auto& pick(const List& list) {
    return list[below(static_cast<std::uint32_t>(std::size(list)))];
  }

 private:
  ByteView rest_;
};

}  // namespace syncline::fuzz
