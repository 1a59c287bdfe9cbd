// Authenticator: finds out whose token it is. Some tokens can be judged at once; for others, keys must be fetched
// or an application asked.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/scheduler.h"
#include "identity/principal.h"
#include "syncline/error.h"

namespace syncline::identity {

// What somebody presents, and for what. The views are valid during the call.
struct Credential {
  std::string_view token = {};
  std::string_view workspace = {};  // "": none in particular
  std::string_view object = {};
  std::string_view peer = {};  // "203.0.113.5:51234"
  // False: nobody is asked over the network for this; what is not known at once is kUnavailable.
  bool may_ask = true;
  std::string_view tenant = {};  // that the address names (limits/tenants.h); "": it names none
};

// Knows what is no longer valid, although it has not expired (identity/revocations.h). From any loop.
class RevocationCheck {
 public:
  virtual ~RevocationCheck() = default;

  // `loop` is that of the caller. kUnauthorized, with the reason, if the principal's token was revoked.
  virtual Result<void> check(const Principal& principal, const Scheduler& loop) const = 0;
};

class Authenticator {
 public:
  using Done = std::move_only_function<void(Result<Principal>)>;

  virtual ~Authenticator() = default;

  // True if everybody is let in without a token.
  virtual bool open() const = 0;

  // Answers on `loop`, which is that of the caller: before the call returns, or in a later turn.
  //   kUnauthorized  no token, an unknown one, or one that is not valid (any more), with the reason
  //   kForbidden     a valid one, but not for this workspace or object
  //   kUnavailable   it cannot be judged now; the client may come back
  virtual void authenticate(const Credential& credential, Scheduler& loop, Done done) const = 0;
};

}  // namespace syncline::identity
