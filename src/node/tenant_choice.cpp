#include "node/tenant_choice.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "identity/names.h"

namespace syncline::node {
namespace {

constexpr std::string_view kTenantPath = "/t/";

// Removes "/t/acme". A path that ends there becomes "/".
void remove_tenant(std::string& path, std::size_t bytes) {
  path.erase(0, std::min(bytes, path.size()));
  if (path.empty()) path = "/";
}

}  // namespace

// The characters of a tenant's name are not escaped in either path.
Result<void> choose_tenant(const identity::TenantHosts& hosts, http::Request& request) {
  const std::string_view by_host = hosts.tenant_of(request.headers.find("Host").value_or(""));
  request.tenant = by_host;
  if (!request.raw_path.starts_with(kTenantPath)) return {};
  const std::size_t end =
      std::min(request.raw_path.find('/', kTenantPath.size()), request.raw_path.size());
  const std::string by_path = request.raw_path.substr(kTenantPath.size(), end - kTenantPath.size());
  if (!identity::check_tenant_name(by_path) || !request.path.starts_with(kTenantPath))
    return fail(ErrorCode::kNotFound, "nothing is served at this path");
  if (!by_host.empty() && by_host != by_path)
    return fail(ErrorCode::kForbidden, "the path is not of the tenant of this host");
  request.tenant = by_path;
  remove_tenant(request.raw_path, end);
  remove_tenant(request.path, end);
  return {};
}

}  // namespace syncline::node
