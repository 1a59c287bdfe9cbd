// KeySource: where the keys that verify JWTs come from: a file, or an issuer.
//
// Thread-safety: every function may be called on any loop.
#pragma once

#include <functional>

#include "base/scheduler.h"
#include "identity/key_cache.h"
#include "syncline/error.h"

namespace syncline::identity {

class KeySource {
 public:
  virtual ~KeySource() = default;

  // The keys that serve now; nullptr: none are known yet. May cause a fetch, but does not wait for it.
  virtual Keys keys() = 0;

  // Answers on `loop`, before the call returns or in a later turn: with other keys than `known` if there are any,
  // otherwise with `known`. kUnavailable: they cannot be fetched now.
  virtual void ask(const Keys& known, Scheduler& loop, KeyCache::Done done) = 0;
};

// Keys that do not change.
class FixedKeys final : public KeySource {
 public:
  explicit FixedKeys(jose::KeySet keys)
      : keys_(std::make_shared<const jose::KeySet>(std::move(keys))) {}

  Keys keys() override { return keys_; }
  void ask(const Keys&, Scheduler&, KeyCache::Done done) override { done(keys_); }

 private:
  const Keys keys_;
};

}  // namespace syncline::identity
