// A WebSocket client on a loop, for `syncline bench`, `syncline chaos` and tests: the other end of
// what server.h accepts, as a session::Connection.
//
// Binary messages, plain ws:// only, pings answered as long as messages are read. A handshake, or a
// closing one, that takes longer than half a minute is given up.
//
// Thread-safety: none; everything on the loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "session/connection.h"
#include "syncline/error.h"

namespace syncline::backend {

class EventLoop;

struct WsTarget {
  std::string host;  // a name or an address
  std::uint16_t port = 0;
  std::string path;  // with its query: "/y/demo/welcome?ack=1"
};

// "ws://127.0.0.1:4400/prefix" into its parts. kInvalid for anything else; kUnsupported for wss.
Result<WsTarget> parse_ws_url(std::string_view url);

class ClientSocket {
 public:
  virtual ~ClientSocket() = default;

  // Breaks off and forgets the handler, which hears nothing any more. `reset`: the peer gets a TCP
  // reset instead of an end.
  virtual void abandon(bool reset) = 0;
};

// `handler` hears on_open, messages, on_closed; or on_closed(1006) alone. It is destroyed after
// that. The connection keeps itself alive until then.
std::shared_ptr<ClientSocket> connect_websocket(
    EventLoop& loop, WsTarget target, std::unique_ptr<session::ConnectionHandler> handler);

}  // namespace syncline::backend
