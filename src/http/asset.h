// Files that are served as they are, and whether a client has them already (RFC 9110 section 13).
#pragma once

#include <string_view>

#include "http/message.h"
#include "syncline/bytes.h"

namespace syncline::http {

struct Asset {
  std::string_view path;          // as in a URL: begins with '/', never escaped
  std::string_view content_type;  // value of the Content-Type header
  std::string_view etag;  // value of the ETag header, quotes included; changes with the body
  ByteView body;          // lives as long as the program

  // The name carries a hash of the content (Vite puts such files under /assets/), so that a browser may keep
  // it for ever; anything else must be asked for again.
  [[nodiscard]] bool immutable() const { return path.starts_with("/assets/"); }
};

// A static asset: 304 when the request's If-None-Match names `etag` (in its quotes), for GET and
// HEAD; otherwise 200. `cache_control` such as "no-cache" or "public, max-age=31536000, immutable".
Response asset_response(const Request& request, Body body, std::string_view content_type,
                        std::string_view etag, std::string_view cache_control);
bool etag_matches(const Request& request, std::string_view etag);

}  // namespace syncline::http
