// One client connection as the session sees it: ordered messages both ways, whatever carries them
// (a WebSocket in production, a virtual wire in the simulator).
//
// Thread-safety: none; everything happens on the loop that the connection lives on.
// Ownership: the carrier owns the handler it was given and destroys it after on_closed; the handler
// holds the Connection by reference and must not use it after on_closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "syncline/bytes.h"

namespace syncline::session {

using syncline::SharedBytes;

// Enough for what says whom a message is for, in every protocol.
inline constexpr std::size_t kBeginningBytes = 2048;

class Connection {
 public:
  virtual ~Connection() = default;

  // Queues one binary message. Never blocks and never fails: after a close it is ignored.
  // The session bounds the queue by watching queued_bytes().
  virtual void send(SharedBytes message) = 0;

  // Stops (false) or resumes (true) taking messages from the peer, so that one who sends faster
  // than the log commits is held back by its own full pipe. A message that has been taken is
  // delivered.
  virtual void set_reading(bool on) = 0;

  // Bytes accepted by send() and not yet handed to the operating system.
  virtual std::size_t queued_bytes() const = 0;

  // Starts the closing handshake after what is queued; on_closed follows, in a later turn.
  // `code` is a WebSocket close code (1000, 1008, 4401 …), `reason` at most 123 bytes.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  // Where the peer is, for logs: "127.0.0.1:51234".
  virtual std::string_view peer() const = 0;
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // The connection is open: the handler may send from here on.
  virtual void on_open(Connection& connection) = 0;

  // One whole message; the view is valid during the call.
  virtual void on_message(ByteView message) = 0;

  // A message over the carrier's limit of `limit` bytes has begun, with these bytes (kBeginningBytes of
  // it, or all that the limit allows if that is less). Its rest will be skipped. The handler may close
  // the connection or go on. False: it has no answer, and the carrier fails the connection with 1009.
  virtual bool on_too_large(ByteView /*beginning*/, std::size_t /*limit*/) { return false; }

  // queued_bytes() fell to zero after having been above it.
  virtual void on_drained() = 0;

  // The last call. 1006 when the wire broke without a closing handshake.
  virtual void on_closed(std::uint16_t code) = 0;
};

}  // namespace syncline::session
