// Issuer: the identity provider of a world. Its tokens expire by the time of the world, and are revoked now and then
// through the server's API, like an operator does it. Some clients are given its tokens, and ask for a new one when
// theirs was refused, or when the server wants one.
//
//   I21 tokens   soon after a token has expired, or after the server has confirmed that it is revoked, nothing is open
//                with it, whatever crashed, was restarted or stood still meanwhile; and a token that is valid is not
//                refused
//
// A server asks it about a token, sometimes in vain for a while, and learns how long the token is valid still. So
// the wall clocks of servers may be wrong.
//
// Thread-safety: none. It must outlive the server's processes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "identity/access.h"
#include "identity/authenticator.h"
#include "sim/api_user.h"
#include "sim/runs_since.h"
#include "sim/server.h"
#include "sim/world.h"

namespace syncline::sim {

struct IssuerSettings {
  bool on = false;
  std::uint64_t lifetime_us = 0;      // of its tokens, on average
  std::uint64_t revoke_every_us = 0;  // on average; 0: never
};

class Issuer {
 public:
  Issuer(World& world, Server& server, IssuerSettings settings);

  void start();
  // Its tokens do not expire any more, and nothing is revoked.
  void heal() { healed_ = true; }
  // An older copy of the disk was brought back; it may lack revocations.
  void rolled_back();

  // A new token for a client.
  std::string issue(std::size_t number);
  // True if a server may refuse this token now.
  bool refusable(const std::string& token) const;

  // Judges its tokens for a process; `shared` knows the clients' rights.
  std::unique_ptr<identity::Authenticator> judge(const identity::Access& shared);

  // What the present process has open. Called every second.
  void look();

 private:
  class Judge;

  struct Token {
    std::size_t number = 0;
    std::uint64_t issued_us = 0;
    std::uint64_t expires_us = 0;
    std::uint64_t revoked_us = 0;  // when the server had confirmed that; 0: it has not
    bool perhaps_revoked = false;
  };

  Result<identity::Principal> judge(const identity::Access& shared, std::string_view token,
                                    const Scheduler& loop) const;
  const Token* find(std::string_view token) const;
  void revoke_later();
  void revoke();
  void kick();
  void present_revoked();
  void check(const identity::Principal& principal, std::string_view where);

  World& world_;
  Server& server_;
  const IssuerSettings settings_;
  ApiUser operator_;
  Dice dice_;
  std::map<std::string, Token, std::less<>> tokens_;  // by id
  std::uint64_t last_id_ = 0;
  RunsSince runs_since_;
  std::uint64_t runs_since_us_ = 0;  // the present process, when look() looks
  bool healed_ = false;
};

}  // namespace syncline::sim
