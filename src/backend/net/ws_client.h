// A WebSocket client on a loop, as a session::Connection. It is the counterpart of server.h, for
// `syncline bench`, `syncline chaos` and tests.
//
// Binary messages. With TLS (wss://) if it gets whom to trust; then it verifies the certificate and its name. It answers pings as long as it reads messages. It gives
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

// The authorities whose certificates count: those of the system, and those of a file.
class WsTrust;
// `ca_file`: PEM; empty: only those of the system. kInvalid: the file cannot be used.
Result<std::shared_ptr<WsTrust>> load_ws_trust(const std::string& ca_file);

struct WsTarget {
  std::string host;  // a name or an address
  std::uint16_t port = 0;
  std::string path;                          // with its query: "/y/demo/welcome?ack=1"
  std::shared_ptr<WsTrust> trust = nullptr;  // nullptr: without TLS
};

// Parses "ws://127.0.0.1:4400/prefix". kInvalid for anything else; kUnsupported for wss.
Result<WsTarget> parse_ws_url(std::string_view url);
// The same, and "wss://host/prefix" for whoever passes what load_ws_trust() says; without a port, it is 443.
bool is_wss_url(std::string_view url);
Result<WsTarget> parse_wss_url(std::string_view url, std::shared_ptr<WsTrust> trust);

class ClientSocket {
 public:
  virtual ~ClientSocket() = default;

  // Breaks the connection and drops the handler without any further call. `reset`: the peer gets a
  // TCP reset instead of an end of the stream.
  virtual void abandon(bool reset) = 0;

  // Why the connection could not be made, once on_closed(1006) was called; "": it was made, and broke later.
  virtual const std::string& failure() const = 0;
};

// `handler` gets on_open, messages, and on_closed; or only on_closed(1006). Then it is destroyed.
// Until then the connection keeps itself alive.
std::shared_ptr<ClientSocket> connect_websocket(
    EventLoop& loop, WsTarget target, std::unique_ptr<session::ConnectionHandler> handler);

}  // namespace syncline::backend
