// Tally: what one attack did, and what the server answered. In the report, this shows that an attack
// did what it claims.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

namespace syncline::cli {

struct Tally {
  std::uint64_t connected = 0;   // connections that were made
  std::uint64_t most_open = 0;   // at the same time
  std::uint64_t sent = 0;        // messages and requests; unfinished ones too
  std::uint64_t sent_bytes = 0;  // that the system took
  std::uint64_t received_bytes = 0;
  std::uint64_t accepted = 0;  // acks, and answers with status 2xx or 3xx
  std::uint64_t refused = 0;   // refusals in the protocol, and answers with status 4xx or 5xx
  std::uint64_t closed = 0;    // connections that the server ended without an answer of HTTP
  std::uint64_t errors = 0;    // connections that could not be made

  // How often each HTTP status and each close code of a WebSocket came. 1006: the connection ended
  // without a close code.
  std::map<int, std::uint64_t> codes;

  void opened() {
    ++connected;
    most_open = std::max(most_open, ++open_);
  }
  void ended() { --open_; }

 private:
  std::uint64_t open_ = 0;
};

}  // namespace syncline::cli
