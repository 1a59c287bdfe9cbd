// Who may come in: credentials become a principal with rights. A pure decision, no I/O.
//
// So far a credential is one of a few shared tokens; rights are those to a whole workspace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syncline/error.h"

namespace syncline::policy {

struct Principal {
  std::string name;  // as it stands in events
  bool read_only = false;
};

struct Token {
  std::string secret;
  Principal principal;
};

// Thread-safety: immutable after construction.
class Access {
 public:
  // Without tokens everybody is welcome as "anonymous".
  Access() = default;
  explicit Access(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  bool open() const { return tokens_.empty(); }

  // kUnauthorized when the token is missing or unknown. Takes the same time for every wrong token
  // of one length.
  Result<Principal> authenticate(std::string_view token) const;

 private:
  std::vector<Token> tokens_;
};

// May a page of this origin (the Origin header of a WebSocket handshake) use a server that asks nobody
// for a token? Browsers let any page connect anywhere, so an open server must look: pages of this
// machine may ("http://localhost:3000"), and those that the server serves itself, unless it is bound
// to loopback, where a foreign name for it is an attack (DNS rebinding). No origin: no browser.
bool origin_allowed(std::string_view origin, std::string_view host, bool bound_to_loopback);

// Whether this is an origin as browsers send it: "https://app.example", "http://localhost:3000". kInvalid
// says why not: "*", "null", a path, a slash at the end or capital letters would match no page.
Result<void> check_origin(std::string_view origin);

// "localhost", "127.0.0.1", "[::1]", with or without a port.
bool is_loopback_host(std::string_view host);

}  // namespace syncline::policy
