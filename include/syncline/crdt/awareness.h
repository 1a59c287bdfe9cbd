// Awareness: who is there, where their cursors are. States that live in memory only, one per
// client, exchanged beside a document. The protocol is that of y-protocols/awareness.
//
// A client owns its state and numbers its versions with a clock. A newer clock replaces the state;
// a state of null says that the client is gone, and is believed at an equal clock too, since
// whoever notices that a client is gone cannot count its clock further. (The clock stays as it is:
// were it raised, the client's next own state after a reconnect would be taken for an old one.) A
// client renews its state at least every 15 seconds; one not heard of for 30 is taken for gone.
//
// On the wire: number of entries, then for each the client, its clock, and its state as JSON text.
// The text is checked, kept and sent on as it came.
//
// This is a state machine: it has no timers, the caller says what time it is (milliseconds of any
// clock that does not go back). Thread-safety: one thread. Errors: a message is applied whole or
// refused whole: kMalformed, or kTooLarge over the limits.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/id.h"
#include "syncline/error.h"

namespace syncline::crdt {

inline constexpr std::uint64_t kAwarenessTimeoutMs = 30'000;

struct AwarenessLimits {
  std::size_t max_clients = 10'000;                // present, or gone within the last half minute
  std::size_t max_state_bytes = 64 * 1024;         // of one client
  std::size_t max_total_bytes = 16 * 1024 * 1024;  // of all
};

// One entry of a message. Views are into the message.
struct AwarenessEntry {
  ClientId client = 0;
  std::uint64_t clock = 0;
  std::string_view state;  // JSON
  bool gone = false;       // the state is null
};

Result<std::vector<AwarenessEntry>> decode_awareness(ByteView message,
                                                     const AwarenessLimits& limits = {});
Bytes encode_awareness(std::span<const AwarenessEntry> entries);

// Whose state a call has changed; what encode() of all of them gives is what others must be told.
struct AwarenessChange {
  std::vector<ClientId> added;    // had no state before
  std::vector<ClientId> updated;  // or renewed without a difference
  std::vector<ClientId> removed;

  bool empty() const { return added.empty() && updated.empty() && removed.empty(); }
  std::vector<ClientId> all() const;
};

class Awareness {
 public:
  struct Client {
    std::uint64_t clock = 0;
    std::uint64_t heard_ms = 0;
    std::string state;  // JSON; empty: gone
  };
  using Clients = std::map<ClientId, Client>;

  explicit Awareness(AwarenessLimits limits = {}) : limits_(limits) {}

  // Sets the state of a client of our own: JSON, or "null" when it leaves. Others learn of it from
  // encode(), of the client alone. kInvalid if the text is no JSON, kTooLarge over the limits.
  Result<AwarenessChange> set_local(ClientId client, std::string_view state, std::uint64_t now_ms);
  // Says that a client of our own is still there; empty if it has no state. Every 15 seconds.
  AwarenessChange renew_local(ClientId client, std::uint64_t now_ms);

  // Takes in a message. Entries that are not news are passed over.
  Result<AwarenessChange> apply(ByteView message, std::uint64_t now_ms);

  // Takes these clients for gone, as when the connection closes that spoke for them.
  AwarenessChange remove(std::span<const ClientId> clients, std::uint64_t now_ms);

  // Takes for gone who was not heard of for `timeout_ms`, and forgets who has been gone as long.
  AwarenessChange expire(std::uint64_t now_ms, std::uint64_t timeout_ms = kAwarenessTimeoutMs);

  // A message with the states of these clients: null for those gone. Unknown ones are left out.
  Bytes encode(std::span<const ClientId> clients) const;
  // With the states of everyone present.
  Bytes encode_all() const;

  std::size_t present() const { return present_; }
  // With those who have gone lately.
  const Clients& clients() const { return clients_; }
  // JSON; empty if the client is unknown or gone.
  std::string_view state(ClientId client) const;

 private:
  bool is_news(const AwarenessEntry& entry) const;
  Result<void> check_room(std::span<const AwarenessEntry> entries) const;
  void take(const AwarenessEntry& entry, std::uint64_t now_ms, AwarenessChange& change);
  void mark_gone(Client& client, std::uint64_t now_ms);

  AwarenessLimits limits_;
  Clients clients_;
  std::size_t present_ = 0;
  std::size_t state_bytes_ = 0;
};

}  // namespace syncline::crdt
