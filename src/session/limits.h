// What one client may cost, and what sessions count.
#pragma once

#include <cstddef>
#include <cstdint>

namespace syncline::session {

struct Limits {
  // Bytes queued towards a client before its updates are dropped and it is brought up to date from
  // its state instead, once the queue has drained.
  std::size_t queue_bytes = std::size_t{1} << 20;
  // Bytes of updates that were taken from a client and are not durable yet, before reading stops.
  std::size_t inflight_bytes = std::size_t{8} << 20;
  // The same in updates.
  std::size_t inflight_updates = 4096;
  std::size_t stateless_bytes = std::size_t{64} << 10;  // one stateless message
  std::size_t documents = 256;                          // on one multiplexed connection
  std::uint64_t auth_ms = 10'000;                       // to send a token
};

// Of one loop. Totals since the start.
struct Counters {
  std::uint64_t updates_in = 0;
  std::uint64_t updates_out = 0;
  std::uint64_t updates_refused = 0;
  std::uint64_t acks = 0;
  std::uint64_t awareness_in = 0;
  std::uint64_t awareness_dropped = 0;  // awareness messages of which a part was over a limit
  std::uint64_t fell_behind = 0;        // a slow reader's queue was dropped
  std::uint64_t fell_back = 0;          // a catch-up found the queue full again
  std::uint64_t held_back = 0;          // reading stopped until the log had caught up
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t denied = 0;         // credentials refused
  std::uint64_t kept_waiting = 0;   // refused again, and closed later for that (session/refusals.h)
  std::uint64_t most_inflight = 0;  // updates of one session on their way to the disk, so far
};

}  // namespace syncline::session
