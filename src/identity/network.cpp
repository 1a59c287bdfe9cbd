#include "identity/network.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::identity {
namespace {

// The groups of one side of an IPv6 address.
std::vector<std::string_view> groups_of(std::string_view text) {
  std::vector<std::string_view> groups;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    groups.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return groups;
}

std::string network_of_v6(std::string_view address) {
  constexpr std::size_t kGroups = 8;
  constexpr std::size_t kNetworkGroups = 4;
  constexpr std::string_view kMapped = "::ffff:";
  if (address.starts_with(kMapped) && address.find('.') != address.npos)
    return std::string(address.substr(kMapped.size()));
  const std::size_t gap = address.find("::");
  auto groups = groups_of(address.substr(0, gap));
  if (gap != address.npos) {
    const auto last = groups_of(address.substr(gap + 2));
    while (groups.size() + last.size() < kGroups) groups.push_back("0");
    groups.insert(groups.end(), last.begin(), last.end());
  }
  std::string network;
  for (std::size_t i = 0; i < std::min(kNetworkGroups, groups.size()); ++i) {
    if (i > 0) network += ':';
    network += groups[i];
  }
  return network;
}

}  // namespace

std::string network_of(std::string_view peer) {
  const std::string_view host = peer.substr(0, peer.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']'))
    return network_of_v6(host.substr(1, host.size() - 2));
  return std::string(host);
}

}  // namespace syncline::identity
