#include "identity/key_cache.h"

#include <utility>

#include "base/mutation.h"

namespace syncline::identity {

Keys KeyCache::keys(std::uint64_t now_ms) const {
  const bool kept =
      now_ms - fetched_ms_ < times_.keep_ms || is_mutated(Mutation::keep_failing_keys);
  return keys_ != nullptr && kept ? keys_ : nullptr;
}

bool KeyCache::in_cooldown(std::uint64_t now_ms) const {
  return began_ms_ && now_ms - *began_ms_ < times_.cooldown_ms;
}

bool KeyCache::is_due(std::uint64_t now_ms) const {
  const bool young =
      now_ms - fetched_ms_ < times_.fresh_ms || is_mutated(Mutation::never_fetch_again);
  const bool fresh = keys_ != nullptr && young;
  return !fresh && !fetching_ && !in_cooldown(now_ms);
}

void KeyCache::began(std::uint64_t now_ms) {
  fetching_ = true;
  began_ms_ = now_ms;
}

bool KeyCache::ask(std::uint64_t now_ms, const Keys& known, Done done) {
  const Keys present = keys(now_ms);
  if (present != known && present != nullptr) return done(present), false;
  const bool starts = !fetching_ && !in_cooldown(now_ms);
  if (!fetching_ && !starts) {
    if (present != nullptr)
      done(present);
    else
      done(fail(ErrorCode::kUnavailable, "the keys for tokens cannot be fetched now"));
    return false;
  }
  if (waiters_.size() >= kMaxWaiters) {
    done(fail(ErrorCode::kUnavailable, "too many wait for the keys for tokens"));
    return false;
  }
  waiters_.push_back(std::move(done));
  if (starts) began(now_ms);
  return starts;
}

KeyCache::Told KeyCache::ended(std::uint64_t now_ms, Result<jose::KeySet> fetched) {
  fetching_ = false;
  if (fetched) {
    keys_ = std::make_shared<const jose::KeySet>(std::move(*fetched));
    fetched_ms_ = now_ms;
  }
  const Keys present = keys(now_ms);
  Result<Keys> answer = present;
  if (present == nullptr || !fetched)
    answer = fail(ErrorCode::kUnavailable, "the keys for tokens cannot be fetched now");
  return {std::exchange(waiters_, {}), std::move(answer)};
}

}  // namespace syncline::identity
