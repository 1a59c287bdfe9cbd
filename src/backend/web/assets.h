// The web page, and the description of the HTTP API (/openapi.json), carried inside the binary, so that serving
// them needs no files beside the program.
//
// The build (cmake/embed.cmake) turns every file of web/dist into one http::Asset. Without that folder there is no page,
// and looking it up fails: the caller answers 404.
// Everything returned lives as long as the program and never changes; any thread may call.
#pragma once

#include <span>
#include <string_view>

#include "http/asset.h"

namespace syncline::backend {

// All assets, ordered by path.
std::span<const http::Asset> web_assets();

// The asset at `path` ("/" stands for "/index.html"), or nullptr. Takes the path of a request without its query.
const http::Asset* find_web_asset(std::string_view path);

}  // namespace syncline::backend
