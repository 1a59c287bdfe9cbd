// Server: the network front end, with HTTP/1.1 and WebSocket, plain or over TLS, on every loop of a
// LoopGroup.
//
//   Server server(loops, options, http_handler, upgrade_handler);
//   auto port = server.listen({.address = "127.0.0.1", .port = 0});
//   …
//   server.stop_accepting();   // let sessions finish, then
//   server.drain(10'000);      // let the other connections end
//   server.stop();             // cut the rest; every on_closed has run when this returns
//   loops.stop();
//
// Each loop has its own listening socket on the address (SO_REUSEPORT: the kernel distributes the
// connections) and owns the connections that it accepted. A connection that becomes a WebSocket
// moves to the loop that the application names, before its handshake is answered, because a
// workspace and its sessions live on one loop. An idle connection holds no buffer: all connections
// of a loop read into one scratch buffer.
//
// Thread-safety: while the loops run, the members may be called by one thread at a time, which must
// not be a loop. The handlers are called on all loops concurrently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/memory_budget.h"
#include "http/exchange.h"
#include "http/parser.h"
#include "limits/rates.h"
#include "node/upgrade.h"
#include "observe/report.h"
#include "syncline/error.h"

namespace syncline::backend {

class LoopGroup;
class ServerCore;

struct ServerOptions {
  std::size_t max_connections = 100'000;  // above it: 503, or closed without an answer under TLS
  // Of one network (an IPv4 address, or the first 64 bits of an IPv6 address). 0: no limit.
  std::size_t max_connections_per_network = 0;
  limits::Rates rates = {};  // for Work::kConnections
  http::Limits http;
  // Whether the sender of a request, of which only the head has arrived, may send a body of more than
  // `stranger_body_bytes`. If not, the HTTP handler gets the request without a body, and has to refuse it; then the
  // connection is closed. Called on all loops. Empty: everybody may.
  std::function<bool(const http::Request&)> knows = {};
  // The same for a sender whom knows() does not know yet, but somebody else may: the body is not read until `done` is
  // called, on the loop of the request, at once or in a later turn. Called on all loops. Empty: nobody is asked.
  std::function<void(const http::Request&, std::move_only_function<void(bool known)> done)> ask =
      {};
  std::size_t stranger_body_bytes = 64 * 1024;
  // Whether the application takes the body of such a request piece by piece (http/body_source.h). It gets the request
  // at once, and no limit of sizes concerns the body. Called on all loops. Empty: all bodies are collected.
  std::function<bool(const http::Request&)> streams = {};
  // The account of the sender of such a request, which knows() has accepted. Called on all loops. Empty: there are
  // no accounts.
  std::function<SharedAccount(const http::Request&)> account_of = {};

  // All in milliseconds. A coarse tick checks them, so they can be up to a second late (less for
  // short times).
  std::uint64_t head_timeout_ms = 5'000;   // TLS handshake and request head together
  std::uint64_t body_timeout_ms = 30'000;  // the whole request body
  std::uint64_t idle_timeout_ms = 60'000;  // between requests of one connection
  // How long a response, or the queue of a WebSocket that is not being read, may make no progress
  // because the peer accepts nothing.
  std::uint64_t stall_timeout_ms = 30'000;

  std::size_t max_message_bytes = 64 * 1024 * 1024;
  // For what has not arrived completely, over all connections: messages, heads, bodies. Each loop has an equal
  // share, or room for one message of the largest size if that is more. Above it, the connection that has
  // held most for longest is closed: WebSockets with 1013, requests with 503.
  std::size_t receive_bytes = std::size_t{128} << 20;
  // For what peers have not taken yet, over all connections. Each loop has an equal share, or 16 MiB if
  // that is more. Above it, and if `memory` has no room, the connection that has had much queued for longest
  // is cut; one answer that is larger than the whole share is no reason.
  std::size_t queue_bytes = std::size_t{1} << 30;
  // While memory is over its limit, no connection is accepted; while it is short, the loops cut connections that hold
  // most. nullptr: memory is no reason. Must outlive the server.
  MemoryBudget* memory = nullptr;
  std::uint64_t ping_interval_ms = 25'000;  // closed after two pings without any bytes in between
  std::uint64_t close_timeout_ms = 5'000;   // for the closing handshake

  observe::Sink* reports = nullptr;  // nullptr: nothing is reported. Must outlive the server
};

struct ListenOptions {
  std::string address = "127.0.0.1";  // or a host name, "::1", "0.0.0.0"
  std::uint16_t port = 0;             // 0: a free port
  std::string tls_certificate = {};   // PEM paths; both or neither
  std::string tls_key = {};
};

struct ServerCounters {
  std::uint64_t open = 0;             // connections now
  std::uint64_t open_websockets = 0;  // those that are WebSockets
  std::uint64_t accepted = 0;
  std::uint64_t refused_full = 0;     // over max_connections
  std::uint64_t refused_network = 0;  // over a limit or a rate of its network
  std::uint64_t bytes_in = 0;         // after TLS
  std::uint64_t bytes_out = 0;
  std::uint64_t requests = 0;      // passed to the HTTP handler
  std::uint64_t bad_requests = 0;  // refused before that
  std::uint64_t tls_failures = 0;
  std::uint64_t head_timeouts = 0;  // handshakes and requests that were not completed
  std::uint64_t websockets = 0;     // upgrades accepted
  std::uint64_t upgrades_refused = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t protocol_errors = 0;  // WebSockets closed because of what the client sent
  std::uint64_t ping_timeouts = 0;
  std::uint64_t messages_too_big = 0;  // WebSocket messages over the limit
  // WebSockets that were not being read and whose peer accepted nothing.
  std::uint64_t write_stalls = 0;
  std::uint64_t queued_bytes = 0;    // now, for all peers
  std::uint64_t queues_shed = 0;     // connections cut because they had much queued for longest
  std::uint64_t visits = 0;          // looks at a connection for its timeouts
  std::uint64_t visit_turns = 0;     // turns of a loop in which there were some
  std::uint64_t refused_memory = 0;  // connections refused because memory was full
  std::uint64_t held_bytes = 0;      // now, of what has not arrived completely
  std::uint64_t shed = 0;            // connections closed because they held most of it for longest
};

class Server {
 public:
  Server(LoopGroup& loops, ServerOptions options, http::Handler http, node::UpgradeHandler upgrade);
  ~Server();  // calls stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Returns the real port. May be called again for another address. Errors: kInvalid for an
  // unusable address or certificate, kConflict if the port is taken, kIo.
  Result<std::uint16_t> listen(const ListenOptions& options);

  // Closes the listening sockets. Connections continue.
  void stop_accepting();

  // Calls stop_accepting(), then lets everything finish: idle HTTP connections close; requests are
  // answered and then their connections close; WebSockets are closed with 1001 after their queue.
  // True if all were closed within `deadline_ms`.
  bool drain(std::uint64_t deadline_ms);

  // Cuts every connection. After it returns, no handler is called.
  void stop();

  ServerCounters counters() const;

 private:
  std::shared_ptr<ServerCore> core_;
  bool stopped_ = false;
};

}  // namespace syncline::backend
