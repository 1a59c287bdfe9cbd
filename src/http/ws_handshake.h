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

// A browser can add nothing to a handshake but subprotocols (RFC 6455 section 11.3.4), so it may send a token as one:
// "syncline.token." and the token, in percent-encoding where a token has characters that a subprotocol must not have.
inline constexpr std::string_view kTokenSubprotocol = "syncline.token.";

// The first subprotocol that the client offers, other than a token; "" if it offers none, or if the header is
// malformed. A browser fails the connection if the server selects none of the offered ones. The answer never
// repeats a token.
std::string offered_subprotocol(const Request& request);

// The token among the subprotocols, decoded; "" if there is none.
std::string token_subprotocol(const Request& request);

// The value of Sec-WebSocket-Accept for a key.
std::string ws_accept_value(std::string_view key);

}  // namespace syncline::http
