// TokenKinds: lets in whoever has a token of any of several kinds, which are told apart by their form:
//
//   a shared token           any text that is one of them
//   slk_…                    an API key
//   slt_…                    a ticket of this server
//   three parts with dots    a JWT
//   anything else            the application is asked (webhook)
//
// Whatever the kind, a token that was revoked is refused here, and nowhere else.
//
// A JWT is the webhook's, too, if no keys for JWTs are configured.
//
// Thread-safety: immutable after construction. The kinds must outlive it.
#pragma once

#include <string_view>

#include "identity/access.h"
#include "identity/authenticator.h"

namespace syncline::identity {

inline constexpr std::string_view kKeyPrefix = "slk_";
inline constexpr std::string_view kTicketPrefix = "slt_";

class TokenKinds final : public Authenticator {
 public:
  // nullptr: there are no tokens of this kind.
  struct Kinds {
    const Authenticator* keys = nullptr;
    const Authenticator* tickets = nullptr;
    const Authenticator* jwt = nullptr;
    const Authenticator* webhook = nullptr;
    const RevocationCheck* revoked = nullptr;  // nullptr: nothing is revoked
    bool required =
        false;  // nobody is let in without a token, even if there are only keys and tickets
  };

  TokenKinds(const Access& shared, const Kinds& kinds) : shared_(shared), kinds_(kinds) {}

  // True if there are neither shared tokens, nor JWTs, nor a webhook, and tokens are not required. Then keys and
  // tickets that somebody presents are judged nevertheless, because they may allow less than everybody has.
  bool open() const override;

  void authenticate(const Credential& credential, Scheduler& loop, Done done) const override;

 private:
  const Authenticator* kind_of(std::string_view token) const;

  const Access& shared_;
  const Kinds kinds_;
};

}  // namespace syncline::identity
