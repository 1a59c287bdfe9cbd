#include "http/asset.h"

#include <string>
#include <utility>

#include "base/trim.h"

namespace syncline::http {

bool etag_matches(const Request& request, std::string_view etag) {
  for (const auto& [name, value] : request.headers.all()) {
    if (!equals_ignoring_case(name, "If-None-Match")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      std::string_view item = trim(rest.substr(0, comma));
      if (item.starts_with("W/")) item.remove_prefix(2);  // weak comparison
      if (item == "*" || item == etag) return true;
      rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

Response asset_response(const Request& request, Body body, std::string_view content_type,
                        std::string_view etag, std::string_view cache_control) {
  Response response;
  response.headers = {{"ETag", std::string(etag)}, {"Cache-Control", std::string(cache_control)}};
  if (etag_matches(request, etag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

}  // namespace syncline::http
