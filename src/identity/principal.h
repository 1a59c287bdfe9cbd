// Principal: somebody who was let in: who it is, and what the token allows. A plain value; what is the same for
// all connections of a token is shared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "identity/rights.h"

namespace syncline::identity {

// What a token says about its holder beyond the id. Immutable.
struct Identity {
  enum class Source : std::uint8_t {
    kShared,   // one of the tokens that many share
    kJwt,      // of an identity provider
    kKey,      // an API key
    kTicket,   // minted by this server (POST /v1/tickets)
    kWebhook,  // the application answered for it
  };

  Source source = Source::kShared;
  std::string name = {};                 // to show; may be empty
  std::vector<std::string> groups = {};  // as its provider calls them
  std::string tenant = {};               // "": the default tenant
  std::string issuer = {};               // of a JWT, or of the JWT that minted a ticket
  std::string token = {};  // the id of the token (jti), of the key or of the ticket; may be empty
  std::string minter =
      {};  // of a ticket: `token` of whoever minted it. If that is revoked, so is the ticket
  std::uint64_t issued_ms = 0;   // milliseconds since 1970; 0: not known
  std::uint64_t expires_ms = 0;  // the same; 0: never
  // The only workspace, and the only object of it, that the token opens; "": any.
  std::string workspace = {};
  std::string object = {};
};

constexpr std::string_view name_of(Identity::Source source) {
  switch (source) {
    case Identity::Source::kShared: return "shared";
    case Identity::Source::kJwt: return "jwt";
    case Identity::Source::kKey: return "key";
    case Identity::Source::kTicket: return "ticket";
    case Identity::Source::kWebhook: return "webhook";
  }
  return "unknown";
}

struct Principal {
  std::string id;  // opaque; events store it. Empty: not authenticated yet
  Rights rights = Rights::all();
  std::shared_ptr<const Identity> identity = nullptr;  // nullptr: nothing more is known

  // "": the default tenant. Valid as long as the identity.
  std::string_view tenant() const {
    return identity == nullptr ? std::string_view() : identity->tenant;
  }
  // 0: never.
  std::uint64_t expires_ms() const { return identity == nullptr ? 0 : identity->expires_ms; }
};

}  // namespace syncline::identity
