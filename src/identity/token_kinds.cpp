#include "identity/token_kinds.h"

#include <algorithm>
#include <string>
#include <utility>

#include "identity/scope.h"

namespace syncline::identity {
namespace {

bool looks_like_jwt(std::string_view token) {
  return std::ranges::count(token, '.') == 2;
}

// A session opens an object, and gets in only with a token for that. What a request is for is known later
// (api/dispatch.h).
Authenticator::Done within_scope(const Credential& credential, Authenticator::Done done) {
  if (credential.object.empty()) return done;
  return [workspace = std::string(credential.workspace), object = std::string(credential.object),
          done = std::move(done)](Result<Principal> principal) mutable {
    if (principal)
      if (auto within = check_scope(*principal, workspace, object); !within)
        principal = std::unexpected(std::move(within.error()));
    done(std::move(principal));
  };
}

}  // namespace

bool TokenKinds::open() const {
  return shared_.open() && kinds_.jwt == nullptr && kinds_.webhook == nullptr && !kinds_.required;
}

const Authenticator* TokenKinds::kind_of(std::string_view token) const {
  if (token.starts_with(kKeyPrefix) && kinds_.keys != nullptr) return kinds_.keys;
  if (token.starts_with(kTicketPrefix) && kinds_.tickets != nullptr) return kinds_.tickets;
  if (looks_like_jwt(token) && kinds_.jwt != nullptr) return kinds_.jwt;
  return kinds_.webhook;
}

void TokenKinds::authenticate(const Credential& credential, Scheduler& loop, Done done) const {
  const bool nobody_shares = shared_.open() && !open();
  auto shared = shared_.authenticate(credential.token);
  if (nobody_shares)
    shared = fail(ErrorCode::kUnauthorized,
                  credential.token.empty() ? "a token is required" : "unknown token");
  // Shared tokens come first, because they may have any form.
  const bool settled = shared.has_value() && !shared_.open();
  const Authenticator* const other = credential.token.empty() ? nullptr : kind_of(credential.token);
  if (settled || other == nullptr) return done(std::move(shared));
  other->authenticate(
      credential, loop,
      [revoked = kinds_.revoked, &loop,
       done = within_scope(credential, std::move(done))](Result<Principal> principal) mutable {
        if (principal && revoked != nullptr)
          if (auto valid = revoked->check(*principal, loop); !valid)
            principal = std::unexpected(std::move(valid.error()));
        done(std::move(principal));
      });
}

}  // namespace syncline::identity
