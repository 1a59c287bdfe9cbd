// Caller: who asks for something, as far as the server knows. It is created once, where a request
// or a connection arrives, and is passed to everything that happens for it. A plain value.
#pragma once

#include <string>

#include "policy/access.h"
#include "policy/rights.h"

namespace syncline::policy {

inline Rights rights_of(const Principal& principal) {
  return principal.read_only ? Rights::reading() : Rights::all();
}

struct Caller {
  Principal principal = {};  // an empty name: not authenticated yet
  Rights rights = Rights::none();
  // The operator on this machine, with the command line and a data directory that no server uses. No request
  // from a network is.
  bool local = false;
  std::string actor = {};  // the connection's; "" for a single request
  std::string origin =
      {};                  // of the web page that asks, as its browser says; "" outside of browsers
  std::string trace = {};  // W3C traceparent of the request; may be empty
};

}  // namespace syncline::policy
