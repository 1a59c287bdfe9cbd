#include "limits/failed_tokens.h"

#include <algorithm>
#include <functional>

#include "base/assert.h"
#include "identity/network.h"

namespace syncline::limits {
namespace {

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

FailedTokens::Verdict FailedTokens::note(std::string_view peer, std::uint64_t now_ms) {
  if (audit_ != nullptr) audit_->presented_wrong_token(peer);
  if (peer.empty()) return {};
  const Verdict connection = verdict_of(add(peer, now_ms), kConnection);
  // The slash keeps it apart from a connection whose peer has no port.
  const Verdict network = verdict_of(add(identity::network_of(peer) + "/", now_ms), kNetwork);
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

}  // namespace syncline::limits
