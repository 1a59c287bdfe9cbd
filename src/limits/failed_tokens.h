// FailedTokens: slows down clients that present wrong tokens, so that nobody can try many.
//
// Every wrong token counts against its connection and against the network that it came from: an
// IPv4 address, or the first 64 bits of an IPv6 address, which one customer has. The first ones are
// answered at once, because a person who mistypes a token should not wait. Further ones are
// answered later and later, and at last refused. A count falls again with time. All of this
// concerns wrong tokens alone: a right token is accepted at once, also from the same network, since
// many people may share its address.
//
// A count is a leaky bucket, stored as the moment at which the bucket is empty (GCRA: ITU-T I.371).
// The table has a fixed size. Each network or connection has four possible places; a new one takes
// the place that would be empty first.
//
// Thread-safety: none; one per loop, so a network has as many buckets as there are loops. The
// caller passes the time (milliseconds that never go back).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/audit_sink.h"

namespace syncline::limits {

class FailedTokens {
 public:
  // After this time, one wrong token is forgotten.
  static constexpr std::uint64_t kForgetMs = 2000;
  // How many count at most; so no wait is longer than the time to forget them.
  static constexpr std::uint64_t kMaxCount = 60;
  // Each further one that is slowed down adds this to its wait.
  static constexpr std::uint64_t kStepMs = 200;
  static constexpr std::uint64_t kMaxDelayMs = 4000;

  struct Bounds {
    std::uint64_t at_once;  // so many are answered without a wait
    std::uint64_t slow;     // so many are answered at all; further ones are refused
  };
  static constexpr Bounds kConnection = {5, 15};
  static constexpr Bounds kNetwork = {10, 30};

  struct Verdict {
    std::uint64_t delay_ms = 0;       // how long the answer waits
    std::uint64_t retry_after_s = 0;  // not 0: the client is told to come back after so long
  };

  // `places`, a multiple of 4, is the size of the table. `audit` is told of each wrong token; nullptr: nobody is.
  explicit FailedTokens(std::size_t places = 4096, identity::AuditSink* audit = nullptr)
      : sets_(places / 4), audit_(audit) {}

  // Counts a wrong token from `peer` ("203.0.113.5:51234", "[2001:db8::1]:51234"), and says how to
  // answer it. An empty peer is not limited; no request from a network has one.
  Verdict note(std::string_view peer, std::uint64_t now_ms);

 private:
  struct Bucket {
    std::uint64_t key = 0;
    std::uint64_t empty_at_ms = 0;
  };

  std::uint64_t add(std::string_view name, std::uint64_t now_ms);

  std::vector<std::array<Bucket, 4>> sets_;
  identity::AuditSink* audit_;
};

}  // namespace syncline::limits
