// Limiter: lets a bounded number of equal reports through, and counts those that it suppressed.
//
// Whoever attacks a server makes it report the same thing again and again. Reports with the same
// area and message share a token bucket: `burst` of them pass at once, and one more each
// `refill_ms`. The next report that passes says how many were suppressed before it.
//
// Messages are constants of the source code, so the table is bounded by the program itself.
// Thread-safety: none. The caller passes the time (milliseconds that never go back).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "observe/report.h"

namespace syncline::observe {

class Limiter {
 public:
  struct Pace {
    std::uint64_t burst = 20;
    std::uint64_t refill_ms = 1000;
  };

  Limiter() : Limiter(Pace()) {}
  explicit Limiter(Pace pace) : pace_(pace) {}

  // nullopt: suppressed. Otherwise how many were suppressed since the last one that passed.
  std::optional<std::uint64_t> admit(const Report& report, std::uint64_t now_ms);

  // Suppressed reports that nothing has told of for kTellMs. Call it now and then, and tell of
  // them.
  struct Untold {
    Level level;
    Area area;
    Constant message;
    std::uint64_t suppressed = 0;
  };
  static constexpr std::uint64_t kTellMs = 10'000;
  std::vector<Untold> take_untold(std::uint64_t now_ms);

  std::uint64_t suppressed() const { return suppressed_; }  // the total so far

 private:
  struct Bucket {
    Level level;
    Constant message;
    std::uint64_t tokens;
    std::uint64_t filled_ms;       // up to when it was refilled
    std::uint64_t suppressed = 0;  // since the last one that passed
    std::uint64_t first_ms = 0;    // when the first of those was suppressed
  };

  const Pace pace_;
  std::map<std::pair<Area, std::string_view>, Bucket> buckets_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace syncline::observe
