// Decides which WebSockets are accepted, and which session each gets:
//
//   /y/{workspace}/{object}    y-websocket; ?token=, ?ack=1, ?generation=N
//   /hocuspocus/{workspace}    Hocuspocus, which sends its token in a message. If that is empty, the token of the
//                              handshake counts.
//
// Before each, /t/{tenant} may name a tenant (node/tenant_choice.h).
//
// If a name or a token is wrong, the session refuses it in the client's own protocol, with a close
// code that says so. Published clients cannot read the HTTP answer to a handshake, and repeat a
// failed handshake for ever. A workspace that is temporarily shut is refused here, because clients
// wait longer after a failed handshake than after a close. The session checks this again when it
// enters the workspace.
#pragma once

#include <atomic>

#include "identity/authenticator.h"
#include "identity/hosts.h"
#include "node/identify.h"
#include "node/shards.h"
#include "node/upgrade.h"
#include "session/limits.h"

namespace syncline::node {

// Must outlive the handler and every session.
struct AcceptContext {
  const Shards& shards;
  const identity::Authenticator& access;
  identity::Hosts hosts = {};
  identity::TenantHosts tenant_hosts = {};
  TokenCookies cookies = {};
  session::Limits limits = {};
  const std::atomic<bool>& ready;
  bool bound_to_loopback = true;
};

// The handler may be called on any loop.
UpgradeHandler make_upgrade_handler(const AcceptContext& context);

}  // namespace syncline::node
