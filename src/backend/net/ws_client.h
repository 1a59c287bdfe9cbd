// A WebSocket client on a loop, as a session::Connection. It is the counterpart of server.h, for
// `syncline bench`, `syncline chaos` and tests.
//
// Binary messages, only ws:// without TLS. It answers pings as long as it reads messages. It gives
// up an opening or closing handshake after half a minute.
//
// Thread-safety: none; everything runs on the loop's thread.
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

// Parses "ws://127.0.0.1:4400/prefix". kInvalid for anything else; kUnsupported for wss.
Result<WsTarget> parse_ws_url(std::string_view url);

class ClientSocket {
 public:
  virtual ~ClientSocket() = default;

  // Breaks the connection and drops the handler without any further call. `reset`: the peer gets a
  // TCP reset instead of an end of the stream.
  virtual void abandon(bool reset) = 0;
};

// `handler` gets on_open, messages, and on_closed; or only on_closed(1006). Then it is destroyed.
// Until then the connection keeps itself alive.
std::shared_ptr<ClientSocket> connect_websocket(
    EventLoop& loop, WsTarget target, std::unique_ptr<session::ConnectionHandler> handler);

}  // namespace syncline::backend
