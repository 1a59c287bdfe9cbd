#include "policy/failed_tokens.h"

#include <algorithm>
#include <functional>

#include "base/assert.h"

namespace syncline::policy {
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

FailedTokens::Verdict verdict_of(std::uint64_t level_ms, FailedTokens::Bounds bounds) {
  const std::uint64_t count = (level_ms + FailedTokens::kForgetMs - 1) / FailedTokens::kForgetMs;
  FailedTokens::Verdict verdict;
  if (count > bounds.at_once) {
    verdict.delay_ms =
        std::min((count - bounds.at_once) * FailedTokens::kStepMs, FailedTokens::kMaxDelayMs);
  }
  if (count > bounds.slow) {
    const std::uint64_t wait_ms = level_ms - (bounds.slow - 1) * FailedTokens::kForgetMs;
    verdict = {FailedTokens::kMaxDelayMs, (wait_ms + 999) / 1000};
  }
  return verdict;
}

}  // namespace

std::string network_of(std::string_view peer) {
  const std::string_view host = peer.substr(0, peer.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']'))
    return network_of_v6(host.substr(1, host.size() - 2));
  return std::string(host);
}

FailedTokens::Verdict FailedTokens::note(std::string_view peer, std::uint64_t now_ms) {
  if (audit_ != nullptr) audit_->presented_wrong_token(peer);
  if (peer.empty()) return {};
  const Verdict connection = verdict_of(add(peer, now_ms), kConnection);
  // The slash keeps it apart from a connection whose peer has no port.
  const Verdict network = verdict_of(add(network_of(peer) + "/", now_ms), kNetwork);
  return {std::max(connection.delay_ms, network.delay_ms),
          std::max(connection.retry_after_s, network.retry_after_s)};
}

// Adds one to the bucket of this name. Returns the level: the time until it is empty.
std::uint64_t FailedTokens::add(std::string_view name, std::uint64_t now_ms) {
  SYNCLINE_ASSERT(!sets_.empty());
  const std::uint64_t key = std::hash<std::string_view>{}(name);
  auto& set = sets_[key % sets_.size()];
  auto bucket = std::ranges::find(set, key, &Bucket::key);
  if (bucket == set.end()) {
    bucket = std::ranges::min_element(set, {}, &Bucket::empty_at_ms);
    *bucket = {.key = key};
  }
  const std::uint64_t full = now_ms + kMaxCount * kForgetMs;
  bucket->empty_at_ms = std::min(std::max(bucket->empty_at_ms, now_ms) + kForgetMs, full);
  return bucket->empty_at_ms - now_ms;
}

}  // namespace syncline::policy
