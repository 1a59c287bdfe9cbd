// Lanes: how much of a loop's time each lane has taken lately (base/scheduler.h).
//
// A workspace gets its lane by a hash of its name with a key of the process, as in stochastic fair
// queueing (McKenney, "Stochastic Fairness Queueing", INFOCOM 1990). So there is nothing to open or
// to close, however many workspaces there are, and nobody can choose a name that shares the lane of
// another workspace. One of 1,023 others does by chance; then both have one share of a busy loop.
//
// Whoever has taken less than kLittleUs lately need not wait for those who have taken more.
//
// Pure. Thread-safety: of() from any thread, everything else on the loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "backend/net/fair_turns.h"
#include "base/scheduler.h"
#include "base/sha256.h"
#include "syncline/bytes.h"

namespace syncline::backend {

class Lanes {
 public:
  static constexpr std::size_t kCount = 1024;
  static constexpr std::uint32_t kLittleUs = 500;
  static constexpr std::uint64_t kPeriodUs = 32'000;

  explicit Lanes(std::uint64_t key = 0) : key_(key) {}

  // Never 0.
  Lane of(std::string_view workspace) const {
    // std::hash would not do: it has no key, so equal hashes of two names stay equal under any key.
    Sha256 hash;
    hash.update({reinterpret_cast<const std::uint8_t*>(&key_), sizeof key_});
    hash.update(as_bytes(workspace));
    std::uint32_t mixed = 0;
    std::memcpy(&mixed, hash.finish().data(), sizeof mixed);
    return 1 + mixed % (kCount - 1);
  }

  std::uint32_t lately(Lane lane) const { return turns_.lately(taken_[lane]); }
  void charge(Lane lane, std::uint64_t us) { turns_.charge(taken_[lane], us); }

 private:
  const std::uint64_t key_;
  FairTurns turns_{kPeriodUs};
  std::array<FairTurns::Taken, kCount> taken_{};
};

}  // namespace syncline::backend
