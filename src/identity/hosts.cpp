#include "identity/hosts.h"

#include <algorithm>

#include "identity/access.h"

namespace syncline::identity {
namespace {

constexpr std::size_t kMaxHostNameBytes = 255;

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

// The name in a Host header, in lower case. Empty if the header is not a name and perhaps a port.
std::string name_in(std::string_view host) {
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  const std::size_t colon = host.find(':', std::min(bracket, host.size()));
  const std::string_view name = host.substr(0, colon);
  const std::string_view port = colon == host.npos ? "" : host.substr(colon + 1);
  if (!std::ranges::all_of(port, is_decimal) || !check_host_name(name)) return {};
  return in_lower_case(name);
}

// No name of the DNS has only these characters: a top-level domain is never numeric.
bool is_numeric_address(std::string_view name) {
  return name.starts_with('[') ||
         std::ranges::all_of(name, [](char c) { return c == '.' || is_decimal(c); });
}

}  // namespace

Hosts::Hosts(const std::vector<std::string>& listed, bool bound_to_loopback)
    : bound_to_loopback_(bound_to_loopback) {
  for (const std::string& name : listed) listed_.push_back(in_lower_case(name));
}

Result<void> Hosts::check(std::string_view host, bool open) const {
  if (!open && listed_.empty()) return {};
  const std::string name = name_in(host);
  if (name.empty()) return fail(ErrorCode::kForbidden, "the request does not say a valid Host");
  if (is_loopback_host(name) || std::ranges::find(listed_, name) != listed_.end()) return {};
  if (listed_.empty() && !bound_to_loopback_ && is_numeric_address(name)) return {};
  return fail(ErrorCode::kForbidden, "this server is not addressed as \"" + name +
                                         "\"; its operator can add this name with --allow-host " +
                                         name);
}

TenantHosts::TenantHosts(const std::vector<std::pair<std::string, std::string>>& tenants) {
  for (const auto& [host, tenant] : tenants) tenants_.emplace_back(in_lower_case(host), tenant);
}

std::string_view TenantHosts::tenant_of(std::string_view host) const {
  if (tenants_.empty()) return {};
  const std::string name = name_in(host);
  for (const auto& [listed, tenant] : tenants_)
    if (listed == name) return tenant;
  return {};
}

Result<void> check_host_name(std::string_view name) {
  const bool bracketed = name.starts_with('[') && name.ends_with(']') && name.size() > 2;
  const std::string_view inside = bracketed ? name.substr(1, name.size() - 2) : name;
  const bool valid = std::ranges::all_of(inside, [bracketed](char c) {
    if (is_decimal(c) || c == '.') return true;
    if (bracketed) return c == ':' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return c == '-' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  if (inside.empty() || name.size() > kMaxHostNameBytes || !valid) {
    return fail(ErrorCode::kInvalid,
                "\"" + std::string(name) +
                    "\" is no host name; one looks like docs.example or 192.168.1.5, without a "
                    "scheme and without a port");
  }
  return {};
}

}  // namespace syncline::identity
