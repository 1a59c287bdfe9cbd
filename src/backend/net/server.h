// The network front: HTTP/1.1 and WebSocket, plain or over TLS, on every loop of a LoopGroup.
//
//   Server server(loops, options, http_handler, upgrade_handler);
//   auto port = server.listen({.address = "127.0.0.1", .port = 0});
//   …
//   server.stop_accepting();   // finish the sessions, then
//   server.drain(10'000);      // let the rest end by itself
//   server.stop();             // cut what is left; every on_closed has run when this returns
//   loops.stop();
//
// Each loop has its own listening socket on the address (SO_REUSEPORT: the kernel spreads the
// connections) and owns the connections it accepted. A connection that becomes a WebSocket moves to
// the loop that the application names, before its handshake is answered, because a workspace and
// its sessions live on one loop. Connections hold no buffer while idle: they read into one scratch
// buffer of their loop.
//
// Thread-safety: the members may be called from one thread at a time, which must be none of the
// loops, while the loops run. The handlers are called on all loops at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "http/exchange.h"
#include "http/parser.h"
#include "node/upgrade.h"
#include "syncline/error.h"

namespace syncline::backend {

class LoopGroup;
class ServerCore;

struct ServerOptions {
  std::size_t max_connections = 100'000;  // beyond: 503, or closed unanswered under TLS
  http::Limits http;

  // All in milliseconds, checked on a coarse tick: up to a second late, less for short times.
  std::uint64_t head_timeout_ms = 10'000;  // TLS handshake and request head together
  std::uint64_t body_timeout_ms = 30'000;  // the whole request body
  std::uint64_t idle_timeout_ms = 60'000;  // between requests of one connection
  // A response, or what is queued for a WebSocket that is not read, of which the peer takes nothing.
  std::uint64_t stall_timeout_ms = 30'000;

  std::size_t max_message_bytes = 64 * 1024 * 1024;
  std::uint64_t ping_interval_ms = 25'000;  // dead after two pings during which nothing arrived
  std::uint64_t close_timeout_ms = 5'000;   // for the closing handshake
};

struct ListenOptions {
  std::string address = "127.0.0.1";  // or a name, "::1", "0.0.0.0"
  std::uint16_t port = 0;             // 0: any free one
  std::string tls_certificate = {};   // PEM paths; both or neither
  std::string tls_key = {};
};

struct ServerCounters {
  std::uint64_t open = 0;             // connections now
  std::uint64_t open_websockets = 0;  // of which WebSockets
  std::uint64_t accepted = 0;
  std::uint64_t refused_full = 0;  // over max_connections
  std::uint64_t bytes_in = 0;      // after TLS
  std::uint64_t bytes_out = 0;
  std::uint64_t requests = 0;      // given to the HTTP handler
  std::uint64_t bad_requests = 0;  // refused before they reached it
  std::uint64_t tls_failures = 0;
  std::uint64_t head_timeouts = 0;  // handshakes and requests that never ended
  std::uint64_t websockets = 0;     // upgrades accepted
  std::uint64_t upgrades_refused = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t protocol_errors = 0;  // WebSockets failed for what the client sent
  std::uint64_t ping_timeouts = 0;
  std::uint64_t messages_too_big = 0;  // WebSocket messages over the limit
  std::uint64_t write_stalls = 0;      // paused WebSockets whose peer took nothing
};

class Server {
 public:
  Server(LoopGroup& loops, ServerOptions options, http::Handler http, node::UpgradeHandler upgrade);
  ~Server();  // stop()s
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Returns the real port. May be called again for a further address. Errors: kInvalid for an
  // address or certificate that does not work, kConflict when the port is taken, kIo.
  Result<std::uint16_t> listen(const ListenOptions& options);

  // Closes the listening sockets; connections go on.
  void stop_accepting();

  // stop_accepting(), then lets everything come to its end: idle HTTP connections close, requests
  // are answered and their connections closed, WebSockets are closed with 1001 behind what is
  // queued. True when all were gone within `deadline_ms`.
  bool drain(std::uint64_t deadline_ms);

  // Cuts every connection. Once it has returned no handler is called any more.
  void stop();

  ServerCounters counters() const;

 private:
  std::shared_ptr<ServerCore> core_;
  bool stopped_ = false;
};

}  // namespace syncline::backend
