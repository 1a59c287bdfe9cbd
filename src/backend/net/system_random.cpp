#include "backend/net/system_random.h"

#include <sys/random.h>

#include <utility>

#include "base/assert.h"

namespace syncline::backend {

std::uint64_t SystemRandom::next() {
  if (left_ == 0) {
    // getrandom(2) returns up to 256 bytes completely or not at all.
    const auto got = getrandom(block_.data(), sizeof block_, 0);
    SYNCLINE_ASSERT(std::cmp_equal(got, sizeof block_));
    left_ = block_.size();
  }
  return std::exchange(block_[--left_], 0);  // numbers that were handed out are not kept
}

}  // namespace syncline::backend
