// Idempotency-Key: a request that is sent again changes nothing twice.
//
// The key makes the request a named actor (log/actor_store.h) that has one change, whose number is a digest of the
// request. So the log itself recognises it, in the same append as the event, over restarts and also if the first answer
// was lost. A workspace keeps the newest log::kMaxActors keys of a principal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/message.h"
#include "syncline/error.h"

namespace syncline::api {

struct IdempotencyKey {
  std::string actor;         // "key:" and the key
  std::uint64_t digest = 0;  // of what the request asks for: below 2^53, not 0
};

// nullopt: the request has no key. kInvalid: it is not 1 to 128 visible characters of ASCII.
Result<std::optional<IdempotencyKey>> idempotency_key(const http::Request& request);

}  // namespace syncline::api
