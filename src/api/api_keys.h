// The API keys of a server (identity/api_key.h), as the API manages them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "identity/api_key.h"
#include "identity/api_key_book.h"
#include "log/event_log.h"

namespace syncline::api {

using identity::KeyOwner;

// Thread-safety: any thread. Answers come on any thread, or at once.
class ApiKeys {
 public:
  virtual ~ApiKeys() = default;

  // Stores a new key. It is durable, and good on every loop, when the answer comes.
  //   kConflict   there is a key with this id
  //   kTooLarge   there are too many keys
  virtual void add(identity::ApiKey key, log::Done<void> done) = 0;

  // Those whose ids follow `after`, in byte order.
  virtual std::vector<identity::ApiKey> list(const KeyOwner& owner, const std::string& after,
                                             std::size_t limit) const = 0;

  // The key is good for nothing from now on, on any loop. The answer comes when that is durable. Its sessions go on.
  // kNotFound if the owner has no such key. A key that was revoked stays revoked since then.
  virtual void revoke(const KeyOwner& owner, const std::string& id, std::uint64_t now_ms,
                      log::Done<void> done) = 0;
};

}  // namespace syncline::api
