// The application's word on a WebSocket: whether the handshake is accepted, on which loop the connection is to
// live, and which session it gets.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
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
  std::size_t loop = 0;  // index of the loop the connection is to live on
  // Called on that loop, given it; on_open follows.
  std::move_only_function<std::unique_ptr<session::ConnectionHandler>(Scheduler&)> make_handler;
  std::string subprotocol;  // of those the client offered; empty for none
};

using UpgradeDecision = std::variant<UpgradeRefusal, UpgradeAcceptance>;

// To be called once, on the loop that asked, now or later. Dropped, it answers 500.
using UpgradeReply = std::move_only_function<void(UpgradeDecision)>;

// Called for every well-formed WebSocket handshake.
using UpgradeHandler = std::function<void(http::Request, UpgradeReply)>;

}  // namespace syncline::node
