// Access: the few tokens that many share, and the checks of the origin of a web page. Pure decisions, no I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/authenticator.h"
#include "identity/principal.h"
#include "syncline/error.h"

namespace syncline::identity {

struct Token {
  std::string secret;
  Principal principal;
};

// Thread-safety: immutable after construction.
class Access final : public Authenticator {
 public:
  // Without tokens, everybody is admitted as "anonymous".
  Access() = default;
  explicit Access(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  bool open() const override { return tokens_.empty(); }

  // kUnauthorized if the token is missing or unknown. All wrong tokens of one length take the same
  // time.
  Result<Principal> authenticate(std::string_view token) const;
  void authenticate(const Credential& credential, Scheduler&, Done done) const override {
    done(authenticate(credential.token));
  }

 private:
  std::vector<Token> tokens_;
};

// Decides whether a web page of this origin (the Origin header of a WebSocket handshake) may use a
// server without tokens. A browser lets any page connect to any server, so an open server must
// check. It admits pages of the same machine ("http://localhost:3000"), and pages that it serves
// itself. If the server is bound to loopback, it refuses its own pages under another host name,
// because that is an attack (DNS rebinding). A client without an Origin header is not a browser and
// is admitted.
bool origin_allowed(std::string_view origin, std::string_view host, bool bound_to_loopback);

// Checks that the text is an origin as browsers send it: "https://app.example",
// "http://localhost:3000". kInvalid with the reason: "*", "null", a path, a slash at the end and
// capital letters match no page.
Result<void> check_origin(std::string_view origin);

// "localhost", "127.0.0.1", "[::1]", with or without a port.
bool is_loopback_host(std::string_view host);

}  // namespace syncline::identity
