// Rate and TokenBucket: how much somebody may do in a second, with a burst.
//
// A bucket holds tokens for `burst` units, and gets `per_second` tokens a second. Whoever does
// something takes tokens. The bucket may go below zero: what has happened is counted completely, and
// the answer says how long to wait until the bucket is not below zero any more. So a caller can do
// a large thing once and wait afterwards, or ask first and do nothing.
//
// A bucket is stored as the moment at which it will be full (GCRA: ITU-T I.371), so it needs no
// upkeep, and a zero is a full bucket.
//
// Thread-safety: none; plain values. The caller passes the time (milliseconds that never go back).
#pragma once

#include <cstdint>

namespace syncline::limits {

struct Rate {
  std::uint64_t per_second = 0;  // 0: no limit
  std::uint64_t burst = 0;       // units that may come at once after a rest

  bool limits() const { return per_second > 0; }
  // The same for `times` senders together.
  Rate times(std::uint64_t times) const { return {per_second * times, burst * times}; }
  // A part of it, but not nothing.
  Rate part(std::uint64_t of) const { return {(per_second + of - 1) / of, (burst + of - 1) / of}; }
};

class TokenBucket {
 public:
  // No wait is longer, whatever was taken. It is below the 30 seconds after which published clients
  // give up a silent connection.
  static constexpr std::uint64_t kMaxWaitMs = 20'000;

  // Takes tokens for `units`. Returns the milliseconds until the bucket is not below zero; 0 if it
  // is not.
  std::uint64_t take(const Rate& rate, std::uint64_t units, std::uint64_t now_ms);

  // The units that were taken and have not come back.
  std::uint64_t used(const Rate& rate, std::uint64_t now_ms) const;

  // The same as take() without taking.
  std::uint64_t wait_ms(const Rate& rate, std::uint64_t now_ms) const;

 private:
  std::uint64_t full_at_ns_ = 0;
};

}  // namespace syncline::limits
