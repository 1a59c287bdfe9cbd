#include "identity/ticket_authenticator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "identity/api_key.h"
#include "identity/claim_rules.h"
#include "identity/names.h"
#include "identity/scope.h"

namespace syncline::identity {
namespace {

Result<void> check_what(const Caller& minter, const TicketWish& wish) {
  if (auto valid = check_workspace_name(wish.workspace); !valid) return valid;
  if (!wish.object.empty())
    if (auto valid = check_object_id(wish.object); !valid) return valid;
  return check_scope(minter.principal, wish.workspace, wish.object);
}

Result<void> check_who(const Caller& minter, const TicketWish& wish) {
  if (std::max(wish.principal.size(), wish.name.size()) > kMaxKeyTextBytes)
    return fail(ErrorCode::kInvalid,
                fmt::format("principal and name have at most {} bytes", kMaxKeyTextBytes));
  if (is_reserved_id(wish.principal) && wish.principal != minter.principal.id)
    return fail(ErrorCode::kForbidden, "this id of a principal belongs to the server");
  const bool other = !wish.principal.empty() && wish.principal != minter.principal.id;
  if ((other || !wish.name.empty()) && !minter.rights.has(Right::kMintForOthers))
    return fail(ErrorCode::kForbidden, "this token may not say who somebody is");
  return {};
}

Result<std::string> granted(const Caller& minter, const TicketWish& wish) {
  const std::string name = wish.rights.empty() ? "read" : wish.rights;
  if (name != "read" && name != "write")
    return fail(ErrorCode::kInvalid, "rights are read or write");
  // These two concern the server. A ticket has a scope, so they are of no use to its holder.
  const Rights own = minter.rights.with(Right::kMetrics).with(Right::kKeys);
  if (!rights_named(name)->within(own) && !is_mutated(Mutation::ticket_grants_all))
    return fail(ErrorCode::kForbidden, "this token may not give the right to " + name);
  return name;
}

// When it expires: never after the token of whoever mints it.
Result<std::uint64_t> end_of(const Caller& minter, const TicketWish& wish,
                             const TicketLimits& limits, std::uint64_t now_ms) {
  const std::uint64_t lifetime =
      wish.lifetime_ms == 0 ? std::min(limits.default_ms, limits.most_ms) : wish.lifetime_ms;
  if (lifetime > limits.most_ms)
    return fail(ErrorCode::kInvalid,
                fmt::format("a ticket lives at most {} s here", limits.most_ms / 1000));
  const std::uint64_t own = minter.principal.expires_ms();
  return own == 0 ? now_ms + lifetime : std::min(now_ms + lifetime, own);
}

}  // namespace

Result<Ticket> make_ticket(const Caller& minter, const TicketWish& wish, const TicketLimits& limits,
                           std::string id, std::uint64_t now_ms) {
  if (auto fits = check_what(minter, wish); !fits) return std::unexpected(fits.error());
  if (auto may = check_who(minter, wish); !may) return std::unexpected(may.error());
  auto rights = granted(minter, wish);
  if (!rights) return std::unexpected(rights.error());
  const auto end = end_of(minter, wish, limits, now_ms);
  if (!end) return std::unexpected(end.error());
  Ticket ticket{.id = std::move(id),
                .minted_ms = now_ms,
                .expires_ms = *end,
                .rights = std::move(*rights),
                .principal = wish.principal.empty() ? minter.principal.id : wish.principal,
                .name = wish.name,
                .workspace = wish.workspace,
                .object = wish.object};
  if (minter.principal.identity == nullptr) return ticket;
  const Identity& own = *minter.principal.identity;
  ticket.tenant = own.tenant;
  // A ticket of a ticket ends with the token at the beginning of the chain.
  if (!is_mutated(Mutation::ticket_without_minter))
    ticket.minter = own.minter.empty() ? own.token : own.minter;
  ticket.issuer = own.issuer;
  if (ticket.principal != minter.principal.id) return ticket;
  ticket.since_ms = std::min(own.issued_ms, now_ms);
  ticket.groups = own.groups;
  if (ticket.name.empty()) ticket.name = own.name;
  return ticket;
}

void TicketAuthenticator::authenticate(const Credential& credential, Scheduler& loop,
                                       Done done) const {
  done(judge(credential.token, loop.unix_ms()));
}

Result<Principal> TicketAuthenticator::judge(std::string_view token, std::uint64_t now_ms) const {
  const Secrets secrets = sources_.secrets();
  const auto ticket = read_ticket(token, *secrets);
  if (!ticket) return std::unexpected(ticket.error());
  if (sources_.withdrawn && !ticket->minter.empty() && sources_.withdrawn(ticket->minter, now_ms))
    return fail(ErrorCode::kUnauthorized, "the token that minted this ticket was revoked");
  return judge_ticket(*ticket, now_ms);
}

Result<std::string> TicketAuthenticator::sign(const Ticket& ticket) const {
  return encode_ticket(ticket, sources_.secrets()->back());
}

}  // namespace syncline::identity
