// The files of the web page, and the description of the HTTP API (/openapi.json), embedded in the
// binary, so that serving them needs no other files.
//
// The build (cmake/embed.cmake) turns every file of web/dist into an http::Asset. Without that
// folder there is no page, look-ups return nullptr, and the caller answers 404. Everything returned
// lives as long as the program and never changes. Any thread may call.
#pragma once

#include <span>
#include <string_view>

#include "http/asset.h"

namespace syncline::backend {

// All assets, ordered by path.
std::span<const http::Asset> web_assets();

// The asset at `path` ("/" means "/index.html"), or nullptr. `path` is the path of a request,
// without its query.
const http::Asset* find_web_asset(std::string_view path);

}  // namespace syncline::backend
