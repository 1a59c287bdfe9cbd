// Histogram: counts measured values in buckets whose upper bounds double.
//
// observe() costs a few instructions and allocates nothing. There are no atomics: each loop has a
// histogram of its own, and whoever renders a page merges copies that were taken on the loops.
//
// Values are whole numbers; the owner chooses the unit. Bucket i holds the values that are greater
// than bound(i - 1) and at most bound(i) = 2^(shift + i). The last bucket has no bound.
//
// Thread-safety: none. A plain value.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "base/assert.h"

namespace syncline::observe {

class Histogram {
 public:
  static constexpr std::size_t kBuckets = 24;

  // 16 µs to 67 s.
  static constexpr Histogram microseconds() { return Histogram(4); }
  // 64 bytes to 256 MiB.
  static constexpr Histogram bytes() { return Histogram(6); }
  // 1 to 4 million.
  static constexpr Histogram numbers() { return Histogram(0); }

  void observe(std::uint64_t value) {
    const std::uint64_t steps = (std::max<std::uint64_t>(value, 1) - 1) >> shift_;
    counts_[std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(steps)), kBuckets - 1)] +=
        1;
    sum_ += value;
  }

  // Both must have the same buckets.
  void merge(const Histogram& other) {
    SYNCLINE_ASSERT(shift_ == other.shift_);
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
  }

  std::uint64_t in_bucket(std::size_t index) const { return counts_[index]; }
  // Of every bucket except the last.
  std::uint64_t bound(std::size_t index) const { return std::uint64_t{1} << (shift_ + index); }
  std::uint64_t count() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  }
  std::uint64_t sum() const { return sum_; }

 private:
  explicit constexpr Histogram(unsigned shift) : shift_(shift) {}

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t sum_ = 0;
  unsigned shift_;
};

}  // namespace syncline::observe
