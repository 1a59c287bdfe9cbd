// Connector: how a client reaches the server: over the simulated network (sim/network.h), or over
// real sockets in `syncline bench` and `syncline chaos`.
//
// Thread-safety: none. Ownership: the carrier of a connection owns its handler and fulfils the
// contract of session/connection.h. It makes all calls on the client's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "session/connection.h"
#include "sim/loop.h"

namespace syncline::sim {

// What a client sends when it connects: the URL and the token.
struct Hello {
  std::string client;  // for actor names and the trace
  std::size_t number = 0;
  std::uint64_t connection = 0;  // of that client, from 1
  bool hocuspocus = false;
  std::string workspace;
  std::string object;  // for a y-websocket connection
  std::string token;
  bool wants_saved = true;
  std::string address = {};  // of its network; "": it has one of its own
  std::string tenant = {};   // that the URL names; "": none
};

class Connector {
 public:
  virtual ~Connector() = default;

  // Begins a handshake. `handler` gets on_open, or only on_closed(1006).
  virtual void connect(Hello hello, Loop& loop,
                       std::unique_ptr<session::ConnectionHandler> handler) = 0;

  // The client's process has ended, with its handlers. `told`: the operating system resets its
  // connections.
  virtual void process_gone(Loop& loop, bool told) = 0;
};

}  // namespace syncline::sim
