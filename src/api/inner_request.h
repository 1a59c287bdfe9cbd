// Inner requests: an endpoint asks the HTTP API for its client, and makes something of the answer.
//
// The dispatcher serves an inner request as any other one of that caller (api/dispatch.h): the route's right, the scope of
// the token, the workspace's door, its policies, the quotas and the audit log are the same.
//
// Thread-safety: ask_inside() must be called on the loop of the outer request, and answers there.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "api/route.h"

namespace syncline::api {

struct InnerAnswer {
  http::Response head;
  std::string body;
  bool too_large = false;   // the body was left out
  bool broken_off = false;  // it ended too early

  bool ok() const { return head.status < 400 && !too_large && !broken_off; }
};

// Asks for the client of `outer`, who was admitted with it. A body of more than `most` bytes is not read further.
void ask_inside(const Call& outer, http::Request request, std::size_t most,
                std::move_only_function<void(InnerAnswer)> done);

}  // namespace syncline::api
