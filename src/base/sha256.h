// SHA-256 (FIPS 180-4). Uses the processor's SHA instructions if it has them.
//
// This is our own code instead of a crypto library: its time depends on lengths alone, and the lowest
// rooms stay free of dependencies. Thread-safety: none per object.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "syncline/bytes.h"

namespace syncline {

using Hash256 = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  // What is known after a whole number of blocks of 64 bytes. With it, the hash can be continued later, also by
  // another process.
  struct State {
    std::array<std::uint32_t, 8> words{};
    std::uint64_t length = 0;  // bytes seen

    bool operator==(const State&) const = default;
  };

  Sha256();
  // `state.length` must be a multiple of 64.
  explicit Sha256(const State& state);
  void update(ByteView bytes);
  // The hash of all bytes so far. The object must not be used afterwards.
  Hash256 finish();
  // The number of bytes seen must be a multiple of 64.
  State state() const;

 private:
  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;    // bytes waiting in block_
  std::uint64_t length_ = 0;  // bytes seen
};

Hash256 sha256(ByteView bytes);

// Lower-case hex, 64 digits.
std::string to_hex(const Hash256& hash);

namespace detail {

// The portable implementation, so that a test can compare it with the accelerated one.
void sha256_blocks_portable(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks);

}  // namespace detail
}  // namespace syncline
