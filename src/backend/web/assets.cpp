#include "backend/web/assets.h"

#include <algorithm>

namespace syncline::backend {

const http::Asset* find_web_asset(std::string_view path) {
  if (path == "/") path = "/index.html";
  // The page of a workspace is the same for all of them; it reads the name from its address.
  constexpr std::string_view kWorkspace = "/w/";
  if (path.starts_with(kWorkspace) && path.size() > kWorkspace.size() &&
      !path.substr(kWorkspace.size()).contains('/'))
    path = "/w/index.html";
  const auto assets = web_assets();
  const auto found = std::ranges::lower_bound(assets, path, {}, &http::Asset::path);
  return found != assets.end() && found->path == path ? &*found : nullptr;
}

}  // namespace syncline::backend
