#include "identity/ticket.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "base/base64.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/constant_time.h"
#include "base/hmac.h"
#include "identity/random_text.h"
#include "identity/token_kinds.h"

namespace syncline::identity {
namespace {

constexpr std::uint8_t kTicketForm = 2;
// Of earlier versions: without the issuer, and without the age of the token.
constexpr std::uint8_t kShortForm = 1;
constexpr std::size_t kMaxTicketGroups = 256;

std::unexpected<Error> unknown_ticket() {
  return fail(ErrorCode::kUnauthorized, "unknown token");
}

Hash256 code_of(ByteView body, const TicketSecret& secret) {
  Bytes signed_bytes = to_bytes(as_bytes(kTicketPrefix));
  signed_bytes.insert(signed_bytes.end(), body.begin(), body.end());
  return hmac_sha256(secret.bytes, signed_bytes);
}

// A ticket opens something, for a while, for reading or writing.
bool is_sound(const Ticket& ticket) {
  return ticket.id.size() == kTicketIdChars && is_random_text(ticket.id) &&
         (ticket.rights == "read" || ticket.rights == "write") && !ticket.principal.empty() &&
         !ticket.workspace.empty() && ticket.expires_ms > ticket.minted_ms;
}

void write_body(ByteWriter& out, const Ticket& ticket, std::uint32_t secret) {
  out.u8(kTicketForm);
  out.var_uint(secret);
  out.var_uint(ticket.minted_ms);
  out.var_uint(ticket.expires_ms);
  for (const std::string* text :
       {&ticket.id, &ticket.rights, &ticket.principal, &ticket.name, &ticket.tenant,
        &ticket.workspace, &ticket.object, &ticket.minter})
    out.var_string(*text);
  out.var_uint(ticket.groups.size());
  for (const std::string& group : ticket.groups) out.var_string(group);
  out.var_string(ticket.issuer);
  out.var_uint(ticket.since_ms);
}

// Of a body whose code was right.
std::optional<Ticket> read_body(ByteReader in) {
  Ticket ticket;
  const std::uint8_t form = in.u8();
  in.var_uint();
  ticket.minted_ms = in.var_uint();
  ticket.expires_ms = in.var_uint();
  for (std::string* text : {&ticket.id, &ticket.rights, &ticket.principal, &ticket.name,
                            &ticket.tenant, &ticket.workspace, &ticket.object, &ticket.minter})
    *text = in.var_string();
  const std::uint64_t groups = in.var_uint();
  if (groups > kMaxTicketGroups) return std::nullopt;
  for (std::uint64_t i = 0; i < groups; ++i) ticket.groups.emplace_back(in.var_string());
  if (form != kShortForm) {
    ticket.issuer = in.var_string();
    ticket.since_ms = in.var_uint();
  }
  if (!in.ok() || !in.at_end() || !is_sound(ticket)) return std::nullopt;
  return ticket;
}

}  // namespace

Result<std::string> encode_ticket(const Ticket& ticket, const TicketSecret& secret) {
  ByteWriter out;
  write_body(out, ticket, secret.id);
  const Hash256 code = code_of(out.view(), secret);
  out.append(ByteView(code));
  std::string text = std::string(kTicketPrefix) + to_base64url(out.view());
  if (text.size() > kMaxTicketChars || ticket.groups.size() > kMaxTicketGroups)
    return fail(ErrorCode::kTooLarge, "the names and groups of this principal do not fit a ticket");
  return text;
}

Result<Ticket> read_ticket(std::string_view text, std::span<const TicketSecret> secrets) {
  if (!text.starts_with(kTicketPrefix) || text.size() > kMaxTicketChars) return unknown_ticket();
  const auto bytes = from_base64url(text.substr(kTicketPrefix.size()));
  if (!bytes || bytes->size() <= sizeof(Hash256)) return unknown_ticket();
  const ByteView body = ByteView(*bytes).first(bytes->size() - sizeof(Hash256));
  const ByteView code = ByteView(*bytes).subspan(body.size());
  ByteReader in(body);
  const std::uint8_t form = in.u8();
  const bool known_form = form == kTicketForm || form == kShortForm;
  const std::uint64_t id = in.var_uint();
  const auto secret = std::ranges::find(secrets, id, &TicketSecret::id);
  if (!known_form || !in.ok() || secret == secrets.end()) return unknown_ticket();
  if (!equal_in_constant_time(code, code_of(body, *secret))) return unknown_ticket();
  auto ticket = read_body(ByteReader(body));
  if (!ticket) return unknown_ticket();
  return std::move(*ticket);
}

Result<Principal> judge_ticket(const Ticket& ticket, std::uint64_t now_ms) {
  if (now_ms >= ticket.expires_ms) return fail(ErrorCode::kUnauthorized, "this ticket has expired");
  auto identity = std::make_shared<const Identity>(
      Identity{.source = Identity::Source::kTicket,
               .name = ticket.name,
               .groups = ticket.groups,
               .tenant = ticket.tenant,
               .issuer = ticket.issuer,
               .token = token_of_ticket(ticket.id),
               .minter = ticket.minter,
               .issued_ms = ticket.since_ms == 0 ? ticket.minted_ms : ticket.since_ms,
               .expires_ms = ticket.expires_ms,
               .workspace = ticket.workspace,
               .object = ticket.object});
  return Principal{.id = ticket.principal,
                   .rights = rights_named(ticket.rights).value_or(Rights::none()),
                   .identity = std::move(identity)};
}

std::string token_of_ticket(std::string_view id) {
  return std::string(kTicketPrefix) + std::string(id);
}

}  // namespace syncline::identity
