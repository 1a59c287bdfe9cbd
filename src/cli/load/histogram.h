// Histogram: counts latencies in buckets. Gives any quantile with an error of at most 1.6 %, for
// any values, in constant memory. The layout is that of HdrHistogram (Gil Tene): 64 equal buckets
// for each power of two.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace syncline::cli {

class Histogram {
 public:
  void record(std::uint64_t value) {
    ++buckets_[bucket_of(value)];
    ++count_;
    if (value > max_) max_ = value;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }

  // The smallest value that a `share` (0 … 1) of the recorded values does not exceed; 0 if there
  // are none.
  std::uint64_t quantile(double share) const {
    if (count_ == 0) return 0;
    const double exact = share * static_cast<double>(count_);
    auto rank = static_cast<std::uint64_t>(exact);
    if (static_cast<double>(rank) < exact || rank == 0) ++rank;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen >= rank) return top_of(i) < max_ ? top_of(i) : max_;
    }
    return max_;
  }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kBuckets = (64 - kBits + 1) << kBits;

  static std::size_t bucket_of(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kBits) return value;
    const unsigned shift = width - kBits - 1;
    return (std::size_t{shift + 1} << kBits) + ((value >> shift) & ((1U << kBits) - 1));
  }
  // The largest value of a bucket.
  static std::uint64_t top_of(std::size_t bucket) {
    const std::size_t row = bucket >> kBits;
    const std::uint64_t column = bucket & ((1U << kBits) - 1);
    if (row == 0) return column;
    const auto shift = static_cast<unsigned>(row - 1);
    return (((std::uint64_t{1} << kBits) + column + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace syncline::cli
