// KeyCache: when the keys of an issuer are fetched, and who waits for them. A state machine over the time that its
// callers pass; somebody else fetches.
//
//   - Keys are fetched once they are older than `fresh_ms`, while the old ones still serve.
//   - A token whose key is unknown causes a fetch at once, but not within `cooldown_ms` of the last one, whether
//     that one succeeded or not. So a flood of such tokens is one fetch each 30 seconds.
//   - There is one fetch at a time; all who need it wait for it.
//   - While fetching fails, the old keys serve, for at most `keep_ms`. A key that the issuer removed no longer serves
//     after the next fetch that succeeds.
//
// Thread-safety: none. Times are milliseconds of a clock that never goes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "jose/key_set.h"
#include "syncline/error.h"

namespace syncline::identity {

using Keys = std::shared_ptr<const jose::KeySet>;  // nullptr: none

class KeyCache {
 public:
  struct Times {
    std::uint64_t fresh_ms = 600'000;
    std::uint64_t cooldown_ms = 30'000;
    std::uint64_t keep_ms = 86'400'000;
  };
  static constexpr std::size_t kMaxWaiters = 2'000;  // each holds a token, of up to 16 KiB

  // kUnavailable: the keys could not be fetched.
  using Done = std::move_only_function<void(Result<Keys>)>;

  KeyCache() : KeyCache(Times()) {}
  explicit KeyCache(const Times& times) : times_(times) {}

  // The keys that serve now.
  Keys keys(std::uint64_t now_ms) const;

  // True if a fetch should start, because the keys are old. The caller then calls began(), and fetches.
  bool is_due(std::uint64_t now_ms) const;

  // Somebody needs other keys than `known`. Either `done` is called before this returns, or it waits for the fetch
  // that runs or must now start. True if it must start; then the caller has called began() in effect, and
  // fetches.
  //   the answer is newer keys, or `known` again if there are none and may not be fetched yet;
  //   kUnavailable if there are no keys at all, or too many wait.
  bool ask(std::uint64_t now_ms, const Keys& known, Done done);

  void began(std::uint64_t now_ms);

  // The fetch is over. Those who waited are to be told the second value.
  struct Told {
    std::vector<Done> waiters;
    Result<Keys> answer;
  };
  Told ended(std::uint64_t now_ms, Result<jose::KeySet> fetched);

 private:
  bool in_cooldown(std::uint64_t now_ms) const;

  const Times times_;
  Keys keys_;
  std::uint64_t fetched_ms_ = 0;
  std::optional<std::uint64_t> began_ms_;  // of the last fetch
  bool fetching_ = false;
  std::vector<Done> waiters_;
};

}  // namespace syncline::identity
