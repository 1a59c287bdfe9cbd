// Random numbers from the kernel (getrandom(2)), read ahead in small blocks. Not thread-safe: one
// per loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/scheduler.h"

namespace syncline::backend {

class SystemRandom final : public Random {
 public:
  // Aborts if the kernel returns nothing, because the server cannot work safely without randomness.
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 32> block_{};
  std::size_t left_ = 0;
};

}  // namespace syncline::backend
