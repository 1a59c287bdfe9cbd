// What a client accepts (RFC 9110 section 12.5.1).
#pragma once

#include <string_view>

#include "http/message.h"

namespace syncline::http {

// How much a client wants a media type such as "text/html", from 0, not at all, to 1000, by the media range in Accept
// that says most about the type. Without the header, everything is 1000. Parameters of a range other than q, and
// ranges that are malformed, are ignored.
int wanted(const Headers& headers, std::string_view type);

}  // namespace syncline::http
