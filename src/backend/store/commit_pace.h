// CommitPace: when the committer takes what is queued.
//
// A sync costs the processor as much as several updates, whether it syncs one append or a hundred.
// A fast disk syncs so often that nearly every append would have a sync of its own. So while
// appends come one by one and often, a commit begins at the earliest kIntervalUs after the one
// before, and the appends in between share it. An append that comes after a rest does not wait.
//
// Waiting pays only if more appends come meanwhile. Clients that wait for an answer before they
// send again would only become slower. So after a wait that gathered less than kPays requests, some
// commits do not wait: one at first, and twice as many each time, up to kMostSkipped.
//
// Pure: the caller measures the time (microseconds that never go back). Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace syncline::backend::store {

class CommitPace {
 public:
  static constexpr std::uint64_t kIntervalUs = 1000;
  static constexpr std::size_t kPays = 3;
  static constexpr std::uint32_t kMostSkipped = 1024;

  // So much is taken at once, whatever the time: it shares its sync well enough.
  static constexpr std::size_t kEnoughRequests = 64;
  static constexpr std::size_t kEnoughBytes = std::size_t{32} << 10;

  static bool is_enough(std::size_t requests, std::size_t bytes) {
    return requests >= kEnoughRequests || bytes >= kEnoughBytes;
  }

  // For how long the committer should wait for more, if it has this.
  std::uint64_t wait_us(std::size_t requests, std::size_t bytes, std::uint64_t now_us) const {
    if (skipped_ > 0 || is_enough(requests, bytes)) return 0;
    const std::uint64_t next = began_us_ + kIntervalUs;
    return now_us < next ? next - now_us : 0;
  }

  // A commit of so many requests begins; `waited`: it waited for some of them.
  void began(std::size_t requests, bool waited, std::uint64_t now_us) {
    began_us_ = now_us;
    if (!waited) {
      skipped_ -= std::min(skipped_, 1U);
    } else if (requests >= kPays) {
      next_skipped_ = 1;
    } else {
      skipped_ = next_skipped_;
      next_skipped_ = std::min(2 * next_skipped_, kMostSkipped);
    }
  }

 private:
  std::uint64_t began_us_ = 0;      // the last commit; a clock starts long after this
  std::uint32_t skipped_ = 0;       // commits that will not wait
  std::uint32_t next_skipped_ = 1;  // after the next wait that does not pay
};

}  // namespace syncline::backend::store
