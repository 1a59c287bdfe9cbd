// Who is present on an object: Yjs awareness, with an owner for every client in it.
//
// An awareness update names clients; the connection that sent it vouches for them. When it goes, so
// do they, at once; a client that nobody renews for 30 s goes as well. A client of which a second
// connection brings news belongs to that one from then on, so that a reconnect is not undone when
// the old connection is found dead. What is no news claims nothing: y-websocket sends everything
// that it hears of others back to the server.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "syncline/bytes.h"
#include "syncline/crdt/awareness.h"
#include "syncline/error.h"

namespace syncline::workspace {

class Subscriber;

inline constexpr std::size_t kMaxPresenceClientsPerOwner = 100;

class Presence {
 public:
  // Applies an encoded awareness update. Gives the part that was news, encoded (empty: nothing
  // was). kMalformed, kTooLarge: nothing has changed.
  Result<Bytes> update(const Subscriber& owner, ByteView update, std::uint64_t now_ms);

  // Removes the clients of `owner`. Gives the update that says so, or nothing if it had none.
  std::optional<Bytes> leave(const Subscriber& owner, std::uint64_t now_ms);

  // Removes the clients that were not renewed in time.
  std::optional<Bytes> expire(std::uint64_t now_ms);

  // Everybody who is present, as an awareness update; nothing if nobody is.
  std::optional<Bytes> everybody() const;

  // The same with those who have gone lately, for who may have missed it.
  std::optional<Bytes> everybody_and_gone() const;

 private:
  std::optional<Bytes> told(const crdt::AwarenessChange& change);

  crdt::Awareness awareness_;
  std::map<crdt::ClientId, const Subscriber*> owners_;
};

}  // namespace syncline::workspace
