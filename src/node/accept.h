// Which WebSocket is accepted, and which session it gets:
//
//   /y/{workspace}/{object}    y-websocket; ?token=, ?ack=1
//   /hocuspocus/{workspace}    Hocuspocus
//
// A name or token that is not right is refused by the session, in the client's own protocol and with a
// close code that says so: published clients cannot read the HTTP answer to a handshake, and repeat one
// that failed without end. A workspace that is shut for a while is refused here: clients wait longer after a
// handshake that failed than after a close. The session asks again when it enters the workspace.
#pragma once

#include <atomic>

#include "node/shards.h"
#include "node/upgrade.h"
#include "policy/access.h"
#include "session/limits.h"

namespace syncline::node {

// Outlives the handler and every session.
struct AcceptContext {
  const Shards& shards;
  const policy::Access& access;
  session::Limits limits = {};
  const std::atomic<bool>& ready;
  bool bound_to_loopback = true;
};

// Called on any loop.
UpgradeHandler make_upgrade_handler(const AcceptContext& context);

}  // namespace syncline::node
