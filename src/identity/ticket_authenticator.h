// Judges tickets, and mints them for whoever has a token.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "identity/authenticator.h"
#include "identity/caller.h"
#include "identity/ticket.h"

namespace syncline::identity {

// What somebody asks for. Empty text: nothing in particular.
struct TicketWish {
  std::string workspace = {};
  std::string object = {};
  std::string rights = {};  // "read", the default, or "write"
  std::uint64_t lifetime_ms = 0;
  std::string principal = {};
  std::string name = {};
};

struct TicketLimits {
  std::uint64_t default_ms = 3'600'000;
  std::uint64_t most_ms = 86'400'000;
};

// What the minter may give: a ticket never says more than the token of whoever asks for it.
//   kInvalid    a bad name, right or lifetime
//   kForbidden  more than the minter has: the scope, the right to write, another principal
Result<Ticket> make_ticket(const Caller& minter, const TicketWish& wish, const TicketLimits& limits,
                           std::string id, std::uint64_t now_ms);

// Thread-safety: as that of its functions, which it calls from any loop.
class TicketAuthenticator final : public Authenticator {
 public:
  using Secrets = std::shared_ptr<const std::vector<TicketSecret>>;
  struct Sources {
    // The newest last; never empty.
    std::function<Secrets()> secrets;
    // True if the token with this id (Identity::token) is not valid any more. May be empty.
    std::function<bool(std::string_view token, std::uint64_t now_ms)> withdrawn = {};
  };

  explicit TicketAuthenticator(Sources sources) : sources_(std::move(sources)) {}

  bool open() const override { return false; }
  void authenticate(const Credential& credential, Scheduler& loop, Done done) const override;

  // Signs a ticket with the newest secret.
  Result<std::string> sign(const Ticket& ticket) const;

 private:
  Result<Principal> judge(std::string_view token, std::uint64_t now_ms) const;

  const Sources sources_;
};

}  // namespace syncline::identity
