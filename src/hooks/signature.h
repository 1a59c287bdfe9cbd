// The signatures of webhooks, as Standard Webhooks says (https://www.standardwebhooks.com):
//
//   webhook-id         the message; the same for each attempt
//   webhook-timestamp  seconds since 1970, of the attempt
//   webhook-signature  "v1," and the base64 of HMAC-SHA-256 over id "." timestamp "." body; several with spaces between
//
// The secret of an endpoint is HMAC-SHA-256(key of the server, workspace, endpoint, number). So it is shown when it is
// made, and stored nowhere: records, logs, exports and backups hold its number alone. A new number is a new secret. The
// key is a file beside the store, in no backup. Whoever restores a backup elsewhere brings the file, or rotates the
// secrets: a record names the key by its mark, and nothing is sent with a secret of another key.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hooks/endpoint.h"
#include "syncline/bytes.h"

namespace syncline::hooks {

inline constexpr std::size_t kKeyBytes = 32;

// Tells keys apart, and says nothing of one. 16 hex digits.
std::string mark_of_key(ByteView key);

Bytes secret_of(ByteView key, std::string_view workspace, std::string_view id,
                std::uint64_t number);
// As its receiver is given it: "whsec_…".
std::string secret_text(ByteView secret);

// "v1,…".
std::string signature(ByteView secret, std::string_view message, std::uint64_t unix_s,
                      std::string_view body);

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

// The three headers of a message of the endpoint. For a day after a rotation, the secret before signs as well.
HeaderLines signed_headers(ByteView key, const Endpoint& endpoint, const std::string& message,
                           std::uint64_t now_ms, std::string_view body);

}  // namespace syncline::hooks
