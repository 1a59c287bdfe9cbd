// Progress: what one client has received from another: all clocks up to one, and ranges that
// arrived early.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "load/updates.h"

namespace syncline::bench {

class Progress {
 public:
  // Everything below `next` counts as received from the start.
  explicit Progress(std::uint64_t client, std::uint32_t next = 0) : client_(client), next_(next) {}

  std::uint64_t client() const { return client_; }
  // Everything below it has been received.
  std::uint32_t next() const { return next_; }

  // Adds a range. Returns the clocks that are now in order because of it; empty if there are none.
  ClockRange add(std::uint32_t first, std::uint32_t end) {
    const ClockRange none{client_, next_, next_};
    if (end <= next_) return none;
    if (first > next_) {
      early_.push_back({client_, first, end});
      return none;
    }
    const std::uint32_t before = next_;
    next_ = end;
    for (bool more = true; more && !early_.empty();) {
      const std::uint32_t at = next_;
      std::erase_if(early_, [&](const ClockRange& range) {
        if (range.first > next_) return false;
        next_ = std::max(next_, range.end);
        return true;
      });
      more = next_ != at;
    }
    return {client_, before, next_};
  }

 private:
  std::uint64_t client_;
  std::uint32_t next_;
  std::vector<ClockRange> early_;
};

}  // namespace syncline::bench
