// FairTurns: who goes first, among those on one loop that have something to do: whoever has taken
// least of the loop's time lately ("least attained service"; Kleinrock, "Queueing Systems", volume 2,
// 1976, section 4.6, there as foreground-background scheduling).
//
// A client that does little need not wait for those that do much, however many there are. Those that
// do much share what is left evenly, because each turn moves its owner back.
//
// What somebody has taken counts half after each period. Periods are counted in time that turns have
// taken, so that nothing is forgotten while the loop has nothing to do, and no clock is read.
//
// Pure: the caller measures, and keeps a Taken for each. Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace syncline::backend {

class FairTurns {
 public:
  // What somebody has taken, in any one unit. The period wraps around, so after exactly 256 periods
  // without a turn something old may count again once; it is then halved as before.
  struct Taken {
    std::uint32_t amount = 0;
    std::uint8_t period = 0;
  };

  // `period` is in the same unit.
  explicit FairTurns(std::uint64_t period) : period_length_(period) {}

  std::uint32_t lately(const Taken& taken) const {
    const auto age = static_cast<std::uint8_t>(period_ - taken.period);
    return age < 32 ? taken.amount >> age : 0;
  }

  // A turn had this cost.
  void charge(Taken& taken, std::uint64_t cost) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    taken = {static_cast<std::uint32_t>(std::min(kMost, lately(taken) + cost)), period_};
    since_period_ += cost;
    if (since_period_ < period_length_) return;
    since_period_ = 0;
    ++period_;
  }

 private:
  const std::uint64_t period_length_;
  std::uint64_t since_period_ = 0;
  std::uint8_t period_ = 0;
};

}  // namespace syncline::backend
