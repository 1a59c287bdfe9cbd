// TokenLife: ends what a token has opened when the token expires, and says before that a new one is wanted.
//
// A token says by the wall clock when it expires. How long it has left is read from that clock once, when the
// token is judged, and then measured with a clock that does not jump. So a wall clock that is set back does not
// keep anybody for hours, and one that is set forward ends nobody early.
//
// Connections are many, and most tokens of servers without an identity provider never expire. Those cost nothing.
//
// Thread-safety: none; it lives on the loop of its connection. Ownership: the session owns it. The holder and the
// loop must outlive it; destroying it stops it.
#pragma once

#include <cstdint>
#include <memory>

#include "base/scheduler.h"
#include "identity/principal.h"
#include "syncline/error.h"

namespace syncline::session {

// A new token is wanted this long before the present one expires, or for the last tenth of its lifetime.
inline constexpr std::uint64_t kMostRenewalMs = 60'000;

class TokenLife {
 public:
  // Who is told, each at most once, in a turn of its own. The holder may destroy the TokenLife meanwhile.
  class Holder {
   public:
    virtual void token_wanted() {}
    virtual void token_expired() = 0;

   protected:
    ~Holder() = default;
  };

  // nullptr if the token of `principal` never expires.
  static std::unique_ptr<TokenLife> watch(Scheduler& loop, const identity::Principal& principal,
                                          Holder& holder);

  ~TokenLife() { loop_.cancel(timer_); }
  TokenLife(const TokenLife&) = delete;
  TokenLife& operator=(const TokenLife&) = delete;

 private:
  TokenLife(Scheduler& loop, const identity::Identity& identity, Holder& holder);

  void wait_for_renewal(std::uint64_t wait_ms);
  void wait_for_end();

  Scheduler& loop_;
  Holder& holder_;
  std::uint64_t ends_ms_ = 0;  // of the clock that does not jump
  Scheduler::TimerId timer_ = 0;
};

// What a client is told whose token expires while he uses it.
Error expired_token();

// kUnauthorized if the token expired between the moment at which it was judged and now.
Result<void> check_life(const identity::Principal& principal, const Scheduler& loop);

}  // namespace syncline::session
