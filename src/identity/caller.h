// Caller: who asks for something, as far as the server knows. It is created once, where a request
// or a connection arrives, and is passed to everything that happens for it. A plain value.
#pragma once

#include <string>
#include <string_view>

#include "base/memory_account.h"
#include "base/rare_text.h"
#include "identity/principal.h"
#include "identity/rights.h"

namespace syncline::identity {

struct Caller {
  Principal principal = {};  // an empty id: not authenticated yet
  Rights rights = Rights::none();
  // The operator on this machine, with the command line and a data directory that no server uses. No request
  // from a network is.
  bool local = false;
  std::string actor = {};  // the connection's; "" for a single request
  RareText origin = {};    // of the web page that asks, as its browser says; "" outside of browsers
  RareText trace = {};     // W3C traceparent of the request; may be empty
  std::string_view protocol = {};  // "y-websocket", "hocuspocus", "http"; a constant. "": not known
  std::string peer = {};           // its address, "203.0.113.5:51234"; "": not known
  // What he holds is charged there; nullptr: only the process counts it.
  SharedAccount account = nullptr;
};

}  // namespace syncline::identity
