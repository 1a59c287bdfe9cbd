// Presence: who is present on an object: awareness (syncline/crdt/awareness.h), with an owner for
// every client.
//
// An awareness update names clients, and the connection that sent it owns them. When the connection
// ends, its clients are removed at once. A client that nobody renews for 30 s is removed, too. If a
// second connection sends news about a client, it becomes the owner. So a reconnect is not undone
// when the old connection is found dead. An entry that is not newer claims nothing, because some
// clients send back to the server everything that they hear of others.
//
// Reconnects. A client that reconnects announces its state with the clock that it had before. But
// at that clock its peers were told that it is gone, so they would ignore it until it renews
// itself, up to 15 s later. So an entry from a connection that joined after the client had gone is
// taken as the client itself, and others are told of it at once, with a higher clock. Until the
// client's own clock has caught up, its states are sent to others with clocks that the server
// chooses. The client itself is never told a clock more than one above its own, because it would
// take a higher clock for its own state and must not be reset to an earlier state. If the old
// connection still exists when the new one announces the client (its loss was not noticed yet), the
// new connection becomes the owner when the old one ends.
//
// Limits. A state over the size limit is dropped, and so are clients above the number that one
// connection may own. The rest of the message is accepted. A client whose state is dropped counts
// as gone.
//
// Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/awareness.h"
#include "syncline/error.h"

namespace syncline::workspace {

class Subscriber;

inline constexpr std::size_t kMaxPresenceClientsPerOwner = 100;

class Presence {
 public:
  // The result of an update, as awareness updates to pass on; empty: nothing changed.
  struct News {
    Bytes others;                  // for all connections except the sender
    Bytes sender;                  // for the sender
    std::optional<Error> dropped;  // kTooLarge, with the reason, if a part was dropped
  };

  // From now on, the connection gets the presence of all clients. It must leave before it is
  // destroyed.
  void join(const Subscriber& connection);

  // Applies an encoded awareness update. kMalformed: nothing changed.
  Result<News> update(const Subscriber& sender, ByteView update, std::uint64_t now_ms);

  // Removes the clients of the connection. Returns the update that reports this; empty if it had
  // none.
  std::optional<Bytes> leave(const Subscriber& connection, std::uint64_t now_ms);

  // Removes the clients that were not renewed in time.
  std::optional<Bytes> expire(std::uint64_t now_ms);

  // All present clients as an awareness update for this connection; empty if there are none.
  std::optional<Bytes> everybody(const Subscriber& to) const;

  // The same, including clients that left recently, for a connection that may have missed this.
  std::optional<Bytes> everybody_and_gone(const Subscriber& to) const;

 private:
  using Clock = std::uint64_t;

  struct Connection {
    std::uint64_t joined = 0;  // turn of its join
    std::size_t clients = 0;   // number of clients that it owns
    bool spoke = false;
  };
  struct Owner {
    const Subscriber* connection = nullptr;
    Clock clock = 0;  // the last clock that the connection sent: the client's own
    // A connection that announced the client as its own while `connection` existed. It is the next
    // owner.
    const Subscriber* heir = nullptr;
    Clock heir_clock = 0;
  };
  struct Taking;

  std::optional<Clock> news_clock(const Subscriber& sender, const crdt::AwarenessEntry& entry);
  std::optional<Clock> own_news_clock(Owner& owner, const crdt::Awareness::Client& client,
                                      const crdt::AwarenessEntry& entry) const;
  void note_heir(const Subscriber& sender, const crdt::AwarenessEntry& entry);
  bool may_speak_for(const Subscriber& sender, crdt::ClientId client, std::size_t more) const;
  void take(const Subscriber& sender, const crdt::AwarenessEntry& entry, Taking& taking);
  void own(const Subscriber& sender, const crdt::AwarenessEntry& entry);
  void disown(crdt::ClientId client);
  Clock clock_for(const Subscriber& to, crdt::ClientId client, Clock clock) const;
  std::optional<Bytes> states_for(const Subscriber& to, bool with_gone) const;
  std::optional<Bytes> told(const crdt::AwarenessChange& change);

  crdt::Awareness awareness_;
  std::map<crdt::ClientId, Owner> owners_;
  std::map<const Subscriber*, Connection> connections_;
  std::map<crdt::ClientId, std::uint64_t>
      gone_;                // turn in which it went; while awareness_ knows it
  std::uint64_t turn_ = 0;  // counts joins and departures, to give them an order
};

}  // namespace syncline::workspace
