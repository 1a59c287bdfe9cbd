#include "api/redirect.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "api/support.h"
#include "base/percent.h"
#include "log/deletion_rules.h"

namespace syncline::api {
namespace {

// How many segments of the path the object takes; nullopt: the path does not end with it.
std::optional<std::size_t> segments_of(std::string_view path, const std::string& object) {
  std::size_t segments = 0;
  for (std::size_t end = path.rfind('/'); end != path.npos;
       end = end == 0 ? path.npos : path.rfind('/', end - 1)) {
    ++segments;
    const auto name = http::percent_decode(path.substr(end + 1));
    if (name && *name == object) return segments;
  }
  return std::nullopt;
}

// Tokens stay out of addresses that are shown.
std::string without_token(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.starts_with("token=")) continue;
    kept += kept.empty() ? "?" : "&";
    kept += part;
  }
  return kept;
}

}  // namespace

http::Response refusal(const http::Request& request, const std::string& object,
                       const Error& error) {
  http::Response response = to_response(error);
  const std::string_view name = log::new_name_in(error);
  if (name.empty()) return response;
  const auto segments = segments_of(request.raw_path, object);
  if (!segments) return response;
  std::string location = *segments == 1 ? "./" : "";
  for (std::size_t up = 1; up < *segments; ++up) location += "../";
  location += percent_encode(name, true);
  response.status = 308;
  response.headers.emplace_back("Location", location + without_token(request.query));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace syncline::api
