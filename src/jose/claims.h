// Claims: what a signed token says (RFC 7519), and whether it says it to us, now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::jose {

// Times are milliseconds since 1970.
struct Claims {
  std::string issuer;                 // iss; "": none
  std::string subject;                // sub
  std::string id;                     // jti
  std::vector<std::string> audience;  // aud, a text or a list of texts
  std::optional<std::uint64_t> expires_ms;
  std::optional<std::uint64_t> not_before_ms;
  std::optional<std::uint64_t> issued_ms;
  crdt::Any all;  // every claim, by its name: an object
};

// kMalformed: no JSON object, or one of the claims above has the wrong type.
Result<Claims> parse_claims(ByteView payload);

// The issuer that a token names (iss; "": none), without a look at the signature: enough to choose whose keys verify
// it, and for nothing else. Errors as parse_jws() and parse_claims().
Result<std::string> claimed_issuer(std::string_view token);

struct Terms {
  std::vector<std::string> issuers =
      {};  // the token must be of one of them, exactly; empty: of any
  std::vector<std::string> audiences = {};  // the token must be for one of them; empty: for any
  std::uint64_t leeway_ms = 0;              // how far the clocks of issuer and server may differ
  bool must_expire = true;                  // a token without an expiry is refused
};

// kUnauthorized with the reason: of another issuer, for another audience, expired, not valid yet, issued in the
// future, without an expiry.
Result<void> check_claims(const Claims& claims, const Terms& terms, std::uint64_t now_ms);

}  // namespace syncline::jose
