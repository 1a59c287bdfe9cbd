#include "backend/web/assets.h"

#include <algorithm>

namespace syncline::backend {

const http::Asset* find_web_asset(std::string_view path) {
  if (path == "/") path = "/index.html";
  const auto assets = web_assets();
  const auto found = std::ranges::lower_bound(assets, path, {}, &http::Asset::path);
  return found != assets.end() && found->path == path ? &*found : nullptr;
}

}  // namespace syncline::backend
