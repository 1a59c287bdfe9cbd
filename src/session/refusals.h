// Refusals: counts how often the same client was refused for good, so that one that returns at once
// can be slowed down.
//
// Some published clients ignore close codes: y-websocket 1 and 2 reconnect 100 ms after every
// close, send the same message, and are refused again, for ever. The server cannot stop them, but
// it decides when it closes the refused connection. It closes the first one at once (y-websocket 3
// then stops) and each further one later, up to kMaxWaitMs. Only refused connections wait. A
// well-behaved client at the same address does not notice anything.
//
// A client is identified by a hash that the caller computes from what a client repeats when it
// returns: its address, token and path. The table has a fixed size. If another client takes its
// place, a client starts again from zero. A client that was not refused for kForgetMs is forgotten.
//
// Thread-safety: none; one per loop. The caller passes the time (milliseconds that never go back).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "limits/failed_tokens.h"

namespace syncline::session {

using ClientKey = std::uint64_t;

class Refusals {
 public:
  // After the second refusal; doubles each time.
  static constexpr std::uint64_t kFirstWaitMs = 1000;
  // Below the 30 seconds after which y-websocket gives up a silent connection.
  static constexpr std::uint64_t kMaxWaitMs = 20'000;
  static constexpr std::uint64_t kForgetMs = 120'000;

  // `clients` is the number of places in the table.
  explicit Refusals(std::size_t clients = 4096) : table_(clients) {}

  // Records a refusal of this client. Returns how long to wait before closing its connection.
  std::uint64_t note(ClientKey client, std::uint64_t now_ms);

 private:
  struct Entry {
    ClientKey client = 0;
    std::uint64_t last_ms = 0;
    std::uint32_t times = 0;  // 0: the place is free
  };

  std::vector<Entry> table_;
};

// How long a session waits before it tells its client that a token is wrong. Published clients do
// not understand "come back later" about a token, so a client that would be told so only waits.
std::uint64_t denial_wait_ms(const limits::FailedTokens::Verdict& verdict);

}  // namespace syncline::session
