// HMAC-SHA-256 (RFC 2104): proves that whoever made a message knows a secret.
//
// Compare a code with base/constant_time.h. Thread-safety: a pure function.
#pragma once

#include "base/sha256.h"
#include "syncline/bytes.h"

namespace syncline {

Hash256 hmac_sha256(ByteView key, ByteView message);

}  // namespace syncline
