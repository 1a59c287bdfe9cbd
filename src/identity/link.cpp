#include "identity/link.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <utility>

#include "identity/random_text.h"

namespace syncline::identity {

std::optional<std::uint64_t> end_of_link(std::string_view principal) {
  if (!is_link(principal)) return std::nullopt;
  const std::string_view rest = principal.substr(kLinkPrefix.size());
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
  const std::string_view id = rest.substr(static_cast<std::size_t>(end - rest.data()));
  const bool sound = error == std::errc() && seconds < 1'000'000'000'000 && id.starts_with('-') &&
                     id.size() == kTicketIdChars + 1 && is_random_text(id.substr(1));
  return sound ? std::optional(seconds * 1000) : std::nullopt;
}

Result<Ticket> make_link(const Caller& maker, const LinkWish& wish, const TicketLimits& limits,
                         std::string id, std::uint64_t now_ms) {
  Caller lasting = maker;
  if (maker.principal.identity != nullptr && maker.principal.expires_ms() != 0) {
    Identity own = *maker.principal.identity;
    own.expires_ms = 0;
    lasting.principal.identity = std::make_shared<const Identity>(std::move(own));
  }
  auto ticket = make_ticket(lasting,
                            {.workspace = wish.workspace,
                             .object = wish.object,
                             .rights = wish.writes ? "write" : "read",
                             .lifetime_ms = wish.lifetime_ms},
                            limits, std::move(id), now_ms);
  if (!ticket) return ticket;
  ticket->expires_ms = (ticket->expires_ms + 999) / 1000 * 1000;  // as its principal says it
  ticket->principal = fmt::format("{}{}-{}", kLinkPrefix, ticket->expires_ms / 1000, ticket->id);
  ticket->name.clear();
  ticket->groups.clear();
  ticket->since_ms = 0;
  return ticket;
}

}  // namespace syncline::identity
