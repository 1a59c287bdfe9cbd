// Who is present on an object: awareness (syncline/crdt/awareness.h), with an owner for every client.
//
// An awareness update names clients; the connection that sent it vouches for them. When it goes, so
// do they, at once; a client that nobody renews for 30 s goes as well. A client of which a second
// connection brings news belongs to that one from then on, so that a reconnect is not undone when
// the old connection is found dead. What is no news claims nothing: some clients send everything
// that they hear of others back to the server.
//
// Reconnects. A client that reconnects announces its state under the clock that it had before, and its
// peers have been told at that clock that it is gone: they would pass it over until it renews itself,
// up to 15 s later. So what comes from a connection that joined after the client had gone is the client
// itself, and others are told of it under a higher clock, at once. Until the client's own clock has
// caught up, its states are passed on under clocks of the server's. The client itself is never told of
// a clock more than one above its own: it takes a higher clock for its own state, and must not be set
// back to what it was some states ago. If the old connection still stands when the new one announces
// the client (its loss was not noticed yet), the client passes to the new one when the old one ends.
//
// Limits. A state over the size limit, and clients over the number that one connection may speak for,
// are dropped, and everything else in the message is taken. A client whose state is dropped counts as
// gone.
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
  // What an update changed, as awareness updates to pass on; empty: nothing.
  struct News {
    Bytes others;                  // for everybody but the connection that sent it
    Bytes sender;                  // for that one
    std::optional<Error> dropped;  // kTooLarge: some of it was not taken, and why
  };

  // From here on the connection hears of everybody who is present. It leaves before it dies.
  void join(const Subscriber& connection);

  // Applies an encoded awareness update. kMalformed: nothing has changed.
  Result<News> update(const Subscriber& sender, ByteView update, std::uint64_t now_ms);

  // Removes the clients of the connection. Gives the update that says so, or nothing if it had none.
  std::optional<Bytes> leave(const Subscriber& connection, std::uint64_t now_ms);

  // Removes the clients that were not renewed in time.
  std::optional<Bytes> expire(std::uint64_t now_ms);

  // Everybody who is present, as an awareness update for this connection; nothing if nobody is.
  std::optional<Bytes> everybody(const Subscriber& to) const;

  // The same with those who have gone lately, for who may have missed it.
  std::optional<Bytes> everybody_and_gone(const Subscriber& to) const;

 private:
  using Clock = std::uint64_t;

  struct Connection {
    std::uint64_t joined = 0;  // turn
    std::size_t clients = 0;   // that it owns
    bool spoke = false;
  };
  struct Owner {
    const Subscriber* connection = nullptr;
    Clock clock = 0;  // the last that the connection gave: the client's own
    // Announced the client as its own while `connection` stood: it owns the client next.
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
  std::uint64_t turn_ = 0;  // counts joins and departures, so that they have an order
};

}  // namespace syncline::workspace
