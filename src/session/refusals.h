// How often the same client was refused for good, so that one that comes back at once is kept waiting.
//
// Some published clients take no close code for an answer: y-websocket 1 and 2 connect again 100 ms
// after every close, send the same thing and are refused again, for ever. The server cannot stop them,
// but it decides when it closes the connection that it refuses. So the first refusal is closed at once
// (y-websocket 3 stops there), and each further one later, up to kMaxWaitMs. Only connections that are
// refused wait. A client of the same address that behaves never notices.
//
// Clients are told apart by a hash of the caller's choice, of what a client repeats when it comes back:
// its address, token and path. The table has a fixed size; a client whose place is taken by another
// begins anew. Who was not refused for kForgetMs is forgotten.
//
// Thread-safety: none, one per loop. The caller says what time it is (milliseconds that do not go back).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace syncline::session {

using ClientKey = std::uint64_t;

class Refusals {
 public:
  static constexpr std::uint64_t kFirstWaitMs = 1000;  // at the second refusal; then twice as long
  // Below the 30 seconds after which y-websocket gives up a connection that says nothing.
  static constexpr std::uint64_t kMaxWaitMs = 20'000;
  static constexpr std::uint64_t kForgetMs = 120'000;

  // At most `clients` are remembered.
  explicit Refusals(std::size_t clients = 4096) : table_(clients) {}

  // Notes that this client is refused now. Gives how long its connection is to be kept before it is
  // closed.
  std::uint64_t note(ClientKey client, std::uint64_t now_ms);

 private:
  struct Entry {
    ClientKey client = 0;
    std::uint64_t last_ms = 0;
    std::uint32_t times = 0;  // 0: the place is free
  };

  std::vector<Entry> table_;
};

}  // namespace syncline::session
