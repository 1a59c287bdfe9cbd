// The server's half of the WebSocket handshake (RFC 6455, section 4.2): as little as works.
#pragma once

#include <string>
#include <string_view>

namespace syncline::bench {

struct Upgrade {
  std::string_view path;  // without the query
  std::string_view key;   // of Sec-WebSocket-Key; empty if there is none
};

// `head`: the lines of the request, each with its CRLF. The result refers into it.
Upgrade read_upgrade(std::string_view head);

// The whole answer that accepts a client with this key.
std::string upgrade_answer(std::string_view key);

}  // namespace syncline::bench
