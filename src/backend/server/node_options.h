// What the options of a node say together (backend/server/node.h).
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "backend/server/node.h"
#include "syncline/error.h"

namespace syncline::backend {

// kInvalid: a server cannot start with these, or should not; the message says what to do.
Result<void> check_options(const NodeOptions& options);

// The names by which browsers may address the server: what the operator has named, and the hosts of tenants. Empty: any.
std::vector<std::string> allowed_hosts(const NodeOptions& options);

// True for an address that only this machine can reach: 127.0.0.0/8, ::1, localhost.
bool is_loopback(const std::string& address);

}  // namespace syncline::backend
