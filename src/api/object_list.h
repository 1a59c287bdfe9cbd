// The list of the objects of a workspace, with what is known of each without its state (log/catalog.h).
#pragma once

#include "api/route.h"

namespace syncline::api {

// Whether the request asks for more than names: `details`, `type` or `since`.
bool asks_for_details(const http::Request& request);

// Answers with those objects that the caller may read. A page looks at no more than kMostReadable objects
// (api/readable.h), and has fewer if some of them are not shown.
void list_details(Call call);

}  // namespace syncline::api
