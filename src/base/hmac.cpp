#include "base/hmac.h"

#include <algorithm>
#include <array>

namespace syncline {
namespace {

constexpr std::size_t kBlockBytes = 64;  // of SHA-256

}  // namespace

Hash256 hmac_sha256(ByteView key, ByteView message) {
  std::array<std::uint8_t, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    std::ranges::copy(sha256(key), block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }
  const auto begin = [&block](std::uint8_t pad) {
    auto padded = block;
    for (std::uint8_t& byte : padded) byte ^= pad;
    Sha256 hash;
    hash.update(padded);
    return hash;
  };
  Sha256 inner = begin(0x36);
  inner.update(message);
  Sha256 outer = begin(0x5c);
  outer.update(inner.finish());
  return outer.finish();
}

}  // namespace syncline
