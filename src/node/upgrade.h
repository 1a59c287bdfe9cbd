// The application's decision about a WebSocket handshake: whether it is accepted, on which loop the
// connection will live, and which session it gets.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/scheduler.h"
#include "http/message.h"
#include "session/connection.h"

namespace syncline::node {

struct UpgradeRefusal {
  http::Response response;  // error_response(401, "unauthorized", "…")
};

struct UpgradeAcceptance {
  std::size_t loop = 0;  // index of the loop for the connection
  // Called on that loop, with the loop as its argument. The connection then calls on_open.
  std::move_only_function<std::unique_ptr<session::ConnectionHandler>(Scheduler&)> make_handler;
  std::string subprotocol;  // one that the client offered, or empty
  // Called on that loop before the others. A response refuses the handshake after all. May be empty.
  std::move_only_function<std::optional<http::Response>()> check = {};
};

using UpgradeDecision = std::variant<UpgradeRefusal, UpgradeAcceptance>;

// Call it once, on the loop that asked, now or later. If it is destroyed without a call, the answer
// is 500.
using UpgradeReply = std::move_only_function<void(UpgradeDecision)>;

// Called for every well-formed WebSocket handshake.
using UpgradeHandler = std::function<void(http::Request, UpgradeReply)>;

}  // namespace syncline::node
