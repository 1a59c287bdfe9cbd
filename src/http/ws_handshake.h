// The WebSocket opening handshake (RFC 6455 section 4.2), as pure functions of a request.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "http/message.h"

namespace syncline::http {

// True if the request asks for a WebSocket, even if the handshake is malformed.
bool asks_for_websocket(const Request& request);

// The client's key, or the response that refuses the handshake (400, 405, 426).
std::expected<std::string, Response> check_ws_handshake(const Request& request);

// The first subprotocol that the client offers (RFC 6455 section 11.3.4); "" if it offers none, or
// if the header is malformed. A browser fails the connection if the server selects none of the
// offered ones.
std::string offered_subprotocol(const Request& request);

// The value of Sec-WebSocket-Accept for a key.
std::string ws_accept_value(std::string_view key);

}  // namespace syncline::http
