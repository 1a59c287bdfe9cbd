// The web page, and the description of the HTTP API (/openapi.json), carried inside the binary, so that serving
// them needs no files beside the program.
//
// The build (cmake/embed.cmake) turns every file of web/dist into one Asset. Without that folder there is no page,
// and looking it up fails: the caller answers 404.
// Everything returned lives as long as the program and never changes; any thread may call.
#pragma once

#include <span>
#include <string_view>

#include "syncline/bytes.h"

namespace syncline::backend {

struct Asset {
  std::string_view path;          // as in a URL: begins with '/', never escaped
  std::string_view content_type;  // value of the Content-Type header
  std::string_view etag;  // value of the ETag header, quotes included; changes with the body
  ByteView body;

  // The name carries a hash of the content (Vite puts such files under /assets/), so that a browser may keep
  // it for ever; anything else must be asked for again.
  [[nodiscard]] bool immutable() const { return path.starts_with("/assets/"); }
};

// All assets, ordered by path.
std::span<const Asset> web_assets();

// The asset at `path` ("/" stands for "/index.html"), or nullptr. Takes the path of a request without its query.
const Asset* find_web_asset(std::string_view path);

}  // namespace syncline::backend
