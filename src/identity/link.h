// Links: tickets for whoever has the address of a page. An owner of an object makes one, and passes it on.
//
// Nobody knows who uses a link. So each has a principal of its own, and the maker gives that principal a role with a
// share of the object (log/access_rules.h). The principal may do something only while some share names it
// (policy/decider.h): whoever takes the share back undoes the link, at once and for good.
//
// The principal says when the link ends, so that nothing else has to be kept: "link:<seconds since 1970>-<id>".
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "identity/ticket_authenticator.h"
#include "syncline/error.h"

namespace syncline::identity {

inline constexpr std::string_view kLinkPrefix = "link:";

// True for the ids that only links have. Tokens of others never name one (claim_rules.h).
inline bool is_link(std::string_view principal) {
  return principal.starts_with(kLinkPrefix);
}

// When the link of this principal ends, in milliseconds since 1970; nullopt: it is that of no link.
std::optional<std::uint64_t> end_of_link(std::string_view principal);

struct LinkWish {
  std::string workspace;
  std::string object;
  bool writes = false;            // the most that a share can allow the link
  std::uint64_t lifetime_ms = 0;  // 0: as that of tickets
};

// The ticket of a link. Unlike other tickets, it may outlive the token of its maker, as shares do; but it ends if that
// token is revoked.
//   kInvalid    a bad name or lifetime
//   kForbidden  the token of the maker does not reach the object, or only reads
Result<Ticket> make_link(const Caller& maker, const LinkWish& wish, const TicketLimits& limits,
                         std::string id, std::uint64_t now_ms);

}  // namespace syncline::identity
