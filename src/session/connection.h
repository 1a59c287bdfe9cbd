// Connection: one client connection as the session sees it: ordered messages in both directions.
// The carrier is a WebSocket in production and a virtual link in the simulator.
//
// Thread-safety: none; everything happens on the connection's loop. Ownership: the carrier owns the
// handler and destroys it after on_closed. The handler refers to the Connection and must not use it
// after on_closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/memory_account.h"
#include "syncline/bytes.h"

namespace syncline::session {

using syncline::SharedBytes;

// In every protocol, this many bytes contain the address of a message.
inline constexpr std::size_t kBeginningBytes = 2048;

class Connection {
 public:
  virtual ~Connection() = default;

  // Queues one binary message. Never blocks and never fails; ignored after a close. The session
  // limits the queue by watching queued_bytes().
  virtual void send(SharedBytes message) = 0;

  // The same for a message that its peer waits for before it goes on, such as an acknowledgement: of what connections
  // are sent in one turn, this one's leaves first. Messages of one connection keep their order.
  virtual void send_ahead(SharedBytes message) { send(std::move(message)); }

  // The same for a message that nobody waits for. While the carrier has much to do, it may keep the message for
  // some milliseconds, so that it leaves together with what follows. Messages keep their order.
  virtual void send_soon(SharedBytes message) { send(std::move(message)); }

  // Stops (false) or resumes (true) reading from the peer. So a peer that sends faster than the log
  // commits is held back by its own full socket. A message that was already read is still
  // delivered.
  virtual void set_reading(bool on) = 0;

  // Messages over `bytes` go to on_too_large() from the next one on. The carrier has a limit of its own, which
  // holds at the beginning; a larger value means that one.
  virtual void limit_messages(std::size_t bytes) = 0;

  // Bytes that send() has accepted and the operating system has not taken yet.
  virtual std::size_t queued_bytes() const = 0;

  // Starts the closing handshake after what is queued. on_closed follows in a later turn. `code` is
  // a WebSocket close code (1000, 1008, 4401 …), `reason` has at most 123 bytes.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  // Within on_message: more of the peer's bytes are at hand, perhaps a part of a message only.
  // on_input_end() follows in this turn, or on_closed(). So the handler may put off what it does
  // with a message, and do it for several together.
  virtual bool more_follows() const { return false; }

  // Within on_message: gives the bytes of the message away. They stay as long as somebody has what is
  // returned, so the handler need not copy a large message that it cannot work on at once. Only once for
  // each message; nullptr: they cannot be given away.
  virtual std::shared_ptr<const void> keep_message() { return nullptr; }

  // True if so much is queued for all connections that an answer of `more` bytes should wait.
  virtual bool crowded(std::size_t /*more*/) const { return false; }

  // What the connection holds from now on, and holds already, is charged to this account, too (nullptr: to
  // none). Called when its principal is known.
  virtual void belongs_to(SharedAccount /*account*/) {}

  // What is done for the connection from now on is done for this workspace, which shares a busy loop with
  // others. Called when its principal is known; before, it shares with all strangers.
  virtual void works_on(std::string_view /*workspace*/) {}

  // The address of the peer, for logs: "127.0.0.1:51234".
  virtual std::string_view peer() const = 0;
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // The connection is open: the handler may send from here on.
  virtual void on_open(Connection& connection) = 0;

  // One whole message; the view is valid during the call.
  virtual void on_message(ByteView message) = 0;

  // Everything that was at hand was delivered (Connection::more_follows).
  virtual void on_input_end() {}

  // A ping or pong of so many bytes. The carrier has answered it, or will.
  virtual void on_control(std::size_t /*bytes*/) {}

  // A message over the limit of `limit` bytes has begun with these bytes (kBeginningBytes
  // of it, or less if the limit is lower). The rest will be skipped. The handler may close the
  // connection or continue. False: the handler has no answer, and the carrier closes the connection
  // with 1009.
  virtual bool on_too_large(ByteView /*beginning*/, std::size_t /*limit*/) { return false; }

  // queued_bytes() fell to zero after it had been above.
  virtual void on_drained() = 0;

  // The last call. `code` is 1006 if the connection broke without a closing handshake.
  virtual void on_closed(std::uint16_t code) = 0;
};

}  // namespace syncline::session
