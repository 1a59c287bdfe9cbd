// Who asks for something, as far as the server knows: made once, where a request or a connection comes in, and
// handed on to everything that is done for it. A value.
#pragma once

#include <string>

#include "policy/access.h"
#include "policy/rights.h"

namespace syncline::policy {

inline Rights rights_of(const Principal& principal) {
  return principal.read_only ? Rights::reading() : Rights::all();
}

struct Caller {
  Principal principal = {};  // without a name: it is not known yet who asks
  Rights rights = Rights::none();
  std::string actor = {};  // the connection's; "" of a single request
  std::string origin =
      {};                  // of the web page that asks, as its browser says; "" outside of browsers
  std::string trace = {};  // W3C traceparent of the request; may be empty
};

}  // namespace syncline::policy
