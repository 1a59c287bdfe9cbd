// The server's part of the WebSocket handshake (RFC 6455, section 4.2), as small as possible.
#pragma once

#include <string>
#include <string_view>

namespace syncline::bench {

struct Upgrade {
  std::string_view path;  // without the query
  std::string_view key;   // of Sec-WebSocket-Key; empty if it is missing
};

// `head` contains the lines of the request, each with its CRLF. The result refers to it.
Upgrade read_upgrade(std::string_view head);

// The whole answer that accepts a client with this key.
std::string upgrade_answer(std::string_view key);

}  // namespace syncline::bench
