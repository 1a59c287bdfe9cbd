// Byte strings.
//
// `Bytes` owns, `ByteView` borrows. A function that takes a ByteView reads it during the call only,
// unless its comment says that the result refers into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncline {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// An immutable byte string with several owners. It is encoded once, and all senders share it.
using SharedBytes = std::shared_ptr<const Bytes>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteView view) {
  return {view.begin(), view.end()};
}

}  // namespace syncline
