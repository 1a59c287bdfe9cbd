// Static files, and the check whether a client already has the current version (RFC 9110 section
// 13).
#pragma once

#include <string_view>

#include "http/message.h"
#include "syncline/bytes.h"

namespace syncline::http {

struct Asset {
  std::string_view path;          // as in a URL: begins with '/', not escaped
  std::string_view content_type;  // value of the Content-Type header
  std::string_view etag;          // value of the ETag header with quotes; changes with the body
  ByteView body;                  // lives as long as the program

  // The name contains a hash of the content (Vite puts such files under /assets/), so a browser may
  // keep the file for ever. It must revalidate all other files.
  [[nodiscard]] bool immutable() const { return path.starts_with("/assets/"); }
};

// Serves a static file. For GET and HEAD, the response is 304 if the request's If-None-Match names
// `etag` (with quotes), otherwise 200. `cache_control` is a header value, such as "no-cache" or
// "public, max-age=31536000, immutable".
Response asset_response(const Request& request, Body body, std::string_view content_type,
                        std::string_view etag, std::string_view cache_control);
bool etag_matches(const Request& request, std::string_view etag);

}  // namespace syncline::http
