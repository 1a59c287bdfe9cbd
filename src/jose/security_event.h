// Security Event Tokens (RFC 8417): an identity provider says that something happened to somebody: his session was
// ended, what tokens say of him has changed, his account was disabled (CAEP and RISC, as of the Shared Signals
// Framework 1.0). Somebody is named by a subject identifier (RFC 9493).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jose/algorithm.h"
#include "jose/claims.h"
#include "jose/key_set.h"
#include "syncline/error.h"

namespace syncline::jose {

inline constexpr std::size_t kMaxSecurityEvents = 16;  // in one token

// Whom an event is about. Exactly one of `id` and `email` is set.
struct EventSubject {
  std::string issuer = {};  // of `id`; "": that of the token
  std::string id = {};
  std::string email = {};

  bool operator==(const EventSubject&) const = default;
};

struct SecurityEvent {
  enum class Kind : std::uint8_t {
    kSessionRevoked,
    kTokenClaimsChange,
    kAccountDisabled,
    kOther,  // nothing for us, such as the verification of a stream
  };

  Kind kind = Kind::kOther;
  // Of others than kOther. nullopt: in a form of which nothing is known here.
  std::optional<EventSubject> subject = {};
  std::uint64_t at_ms = 0;  // when it happened; milliseconds since 1970
};

struct SecurityEventToken {
  std::string id;  // jti
  std::string issuer;
  std::vector<SecurityEvent> events;
};

// Why a token was not taken, with the codes of RFC 8935, section 2.4.
struct EventRefusal {
  enum class Code : std::uint8_t {
    kInvalidRequest,
    kInvalidKey,
    kInvalidIssuer,
    kInvalidAudience,
  };

  Code code = Code::kInvalidRequest;
  std::string reason;
};
std::string_view name_of(EventRefusal::Code code);  // "invalid_request"

// What the claims say, without a look at signature, issuer and audience. The errors name what is wrong.
std::expected<SecurityEventToken, EventRefusal> read_security_events(const Claims& claims);

// Verifies and reads a token. `terms` names issuers and audiences; a token needs no expiry.
std::expected<SecurityEventToken, EventRefusal> take_security_event_token(std::string_view token,
                                                                          const KeySet& keys,
                                                                          Algorithms allowed,
                                                                          const Terms& terms,
                                                                          std::uint64_t now_ms);

}  // namespace syncline::jose
