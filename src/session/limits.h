// The limits of what one client may cost, and the counters of sessions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace syncline::session {

struct Limits {
  // Bytes queued for a client. Above this, its updates are dropped; once the queue has drained, a
  // diff of the state brings the client up to date.
  std::size_t queue_bytes = std::size_t{1} << 20;
  std::size_t short_queue_bytes = std::size_t{64} << 10;  // the same while memory is short
  // While memory is full, a document is opened later, after this time at most; then it is refused.
  std::uint64_t join_wait_ms = 20'000;
  // Bytes of updates that were accepted from a client and are not durable yet. Above this, reading
  // stops.
  std::size_t inflight_bytes = std::size_t{8} << 20;
  // The same while the changes of its principal, or of all, use up their part of the memory.
  std::size_t short_inflight_bytes = std::size_t{64} << 10;
  // The same as a number of updates. It is what one client can have queued before others in its workspace, so it
  // is hardly more than a commit needs in order to be shared by many.
  std::size_t inflight_updates = 128;
  std::size_t stateless_bytes = std::size_t{64} << 10;  // one stateless message
  std::size_t documents = 256;                          // on one multiplexed connection
  // Before the first token of a connection: its messages, each one and those that wait for a token together.
  std::size_t stranger_bytes = std::size_t{64} << 10;
  std::uint64_t auth_ms = 5'000;  // time limit for sending a token
};

// The counters of one loop. Totals since the start.
struct Counters {
  std::uint64_t updates_in = 0;
  std::uint64_t updates_out = 0;
  std::uint64_t updates_refused = 0;
  std::uint64_t acks = 0;
  std::uint64_t awareness_in = 0;
  std::uint64_t awareness_dropped = 0;  // awareness messages with a part over a limit
  std::uint64_t fell_behind = 0;        // the queue of a slow reader was dropped
  std::uint64_t fell_back = 0;          // a catch-up found the queue full again
  std::uint64_t held_back = 0;          // reading stopped until the log had caught up
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t denied = 0;  // credentials refused
  // Documents that ended because of their token, or because a policy or a share was changed; sessions that an operator
  // closed; and tokens that were taken for an open document instead of the one before.
  std::uint64_t ended_expired = 0;
  std::uint64_t ended_revoked = 0;
  std::uint64_t ended_outdated = 0;  // so that their clients bring new tokens
  std::uint64_t ended_kicked = 0;
  std::uint64_t ended_policy = 0;
  std::uint64_t tokens_renewed = 0;
  // Over a rate (session/meter.h): times that reading stopped, presence updates that were told
  // later, messages to others that were dropped.
  std::uint64_t slowed_down = 0;
  std::uint64_t presence_delayed = 0;
  std::uint64_t messages_dropped = 0;
  // For lack of memory: answers that waited for other queues, documents opened later, and refused.
  std::uint64_t answers_put_off = 0;
  std::uint64_t joins_put_off = 0;
  std::uint64_t joins_refused = 0;
  // Repeated refusals, which were closed later (session/refusals.h).
  std::uint64_t kept_waiting = 0;
  std::uint64_t most_inflight = 0;  // the most updates in flight of one session
};

}  // namespace syncline::session
