// Awareness: presence, that is, who is connected and where their cursors are. Each client has one
// state. States live only in memory and are exchanged next to a document. The protocol is the one
// of y-protocols/awareness.
//
// A client owns its state and numbers the versions of it with a clock. An entry with a newer clock
// replaces the state. A null state says that the client has left. A null state is accepted at an
// equal clock, too, because another replica that notices the departure may not advance the client's
// clock. (If it did, the client's next state after a reconnect would look old.) A client renews its
// state at least every 15 seconds. A client that was silent for 30 seconds counts as gone.
//
// On the wire: the number of entries; then, for each entry, the client id, its clock, and its state
// as JSON text. The text is validated, then stored and forwarded unchanged.
//
// This class is a state machine without timers: the caller passes the time (milliseconds of any
// clock that never goes back). Thread-safety: one thread. Errors: a message is applied completely
// or refused completely, with kMalformed, or kTooLarge if it exceeds the limits.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/id.h"
#include "syncline/error.h"

namespace syncline::crdt {

inline constexpr std::uint64_t kAwarenessTimeoutMs = 30'000;

struct AwarenessLimits {
  std::size_t max_clients = 10'000;                // present, or gone for less than 30 s
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
// The same, without a look at the states: they may be no JSON. So it costs little, however long they are.
Result<std::vector<AwarenessEntry>> split_awareness(ByteView message,
                                                    const AwarenessLimits& limits = {});
bool is_awareness_state(std::string_view state);  // JSON
Bytes encode_awareness(std::span<const AwarenessEntry> entries);

// The clients whose state a call has changed. Send others what encode() returns for all of them.
struct AwarenessChange {
  std::vector<ClientId> added;    // had no state before
  std::vector<ClientId> updated;  // changed, or renewed without a change
  std::vector<ClientId> removed;

  bool empty() const { return added.empty() && updated.empty() && removed.empty(); }
  std::vector<ClientId> all() const;
};

class Awareness {
 public:
  struct Client {
    std::uint64_t clock = 0;
    std::uint64_t heard_ms = 0;
    std::string state;  // JSON; empty if the client is gone
  };
  // A client in its place among those that were heard of before and after it.
  class Known : public Client {
    friend class Awareness;
    using Entry = std::pair<const ClientId, Known>;
    Entry* earlier_ = nullptr;
    Entry* later_ = nullptr;
  };
  using Clients = std::map<ClientId, Known>;

  explicit Awareness(AwarenessLimits limits = {}) : limits_(limits) {}
  Awareness(Awareness&& other) noexcept { *this = std::move(other); }
  Awareness& operator=(Awareness&& other) noexcept;

  // Sets the state of a local client: JSON, or "null" when the client leaves. To tell others, send
  // what encode() returns for this client. kInvalid if the text is not JSON, kTooLarge over the
  // limits.
  Result<AwarenessChange> set_local(ClientId client, std::string_view state, std::uint64_t now_ms);
  // Tells others that a local client is still there. Call it every 15 seconds. The result is empty
  // if the client has no state.
  AwarenessChange renew_local(ClientId client, std::uint64_t now_ms);

  // Applies a message of another replica. Skips entries that are not newer than what is known.
  Result<AwarenessChange> apply(ByteView message, std::uint64_t now_ms);

  // The same for entries whose states the caller has found to be JSON. The limits are the caller's, too.
  AwarenessChange apply_checked(std::span<const AwarenessEntry> entries, std::uint64_t now_ms);

  // Marks these clients as gone, for example when the connection that spoke for them closes.
  AwarenessChange remove(std::span<const ClientId> clients, std::uint64_t now_ms);

  // Marks clients as gone that were silent for `timeout_ms`. Forgets clients that have been gone
  // for that long, and adds them to `forgotten`, if there is one. Looks only at these clients.
  AwarenessChange expire(std::uint64_t now_ms, std::uint64_t timeout_ms = kAwarenessTimeoutMs,
                         std::vector<std::pair<ClientId, Client>>* forgotten = nullptr);

  // Forgets a client, whether it is present or gone. Ignores an unknown one.
  void forget(ClientId client);

  // A message with the states of these clients; null for clients that are gone. Skips unknown
  // clients.
  Bytes encode(std::span<const ClientId> clients) const;
  // A message with the states of all clients that are present.
  Bytes encode_all() const;

  std::size_t present() const { return present_; }
  // All known clients, including those that left recently.
  const Clients& clients() const { return clients_; }
  // The state as JSON; empty if the client is unknown or gone.
  std::string_view state(ClientId client) const;

 private:
  bool is_news(const AwarenessEntry& entry) const;
  Result<void> check_room(std::span<const AwarenessEntry> entries) const;
  using Entry = Clients::value_type;

  void take(const AwarenessEntry& entry, std::uint64_t now_ms, AwarenessChange& change);
  void mark_gone(Entry& entry, std::uint64_t now_ms);
  void hear(Entry& entry, std::uint64_t now_ms);
  void unlink(Known& client);

  AwarenessLimits limits_;
  Clients clients_;
  // All of them, in the order in which they were last heard of.
  Entry* first_ = nullptr;
  Entry* last_ = nullptr;
  std::size_t present_ = 0;
  std::size_t state_bytes_ = 0;
};

}  // namespace syncline::crdt
