// Dice: the randomness of a simulated world. All random choices are drawn from here, so a seed
// determines a run.
//
// Each part of the world has dice of its own, forked from the seed by name. So leaving out one part
// (a client, a fault) does not change what the others draw. This makes it possible to shrink a
// failing run. Source: xoshiro256** by Blackman and Vigna, seeded with splitmix64.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/scheduler.h"

namespace syncline::sim {

class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : origin_(seed) {
    for (std::uint64_t& word : state_) word = splitmix(seed);
  }

  // Dice that depend on the seed of these, not on what these have already drawn.
  Dice fork(std::string_view name, std::uint64_t number = 0) const {
    std::uint64_t hash = 0xcbf29ce484222325 ^ number * 0x9e3779b97f4a7c15;
    for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    hash ^= origin_;
    return Dice(splitmix(hash));
  }
  std::uint64_t next() override {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // 0 … n-1; n > 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  // low … high, both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return unit() < probability; }

  // A value with a uniform logarithm: between 1 and 10 as likely as between 10 and 100. For
  // parameters of unknown scale.
  std::uint64_t scale(std::uint64_t low, std::uint64_t high) {
    const double from = std::log(static_cast<double>(low));
    const double to = std::log(static_cast<double>(high));
    return static_cast<std::uint64_t>(std::exp(from + unit() * (to - from)));
  }

  // The waiting time until an event that happens every `mean` on average.
  std::uint64_t wait(double mean) {
    return static_cast<std::uint64_t>(-mean * std::log(1.0 - unit()));
  }

  template <typename Container>
  auto& pick(Container& from) {
    return from[below(from.size())];
  }

 private:
  static std::uint64_t splitmix(std::uint64_t& seed) {
    std::uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  std::uint64_t origin_;
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace syncline::sim
