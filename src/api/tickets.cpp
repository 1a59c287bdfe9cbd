// Tickets (identity/ticket.h): minting them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/json_body.h"
#include "api/route.h"
#include "api/support.h"
#include "api/ticket_paths.h"
#include "identity/random_text.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using identity::Ticket;
using protocol::json_string;

Result<identity::TicketWish> read_ticket_wish(const http::Request& request) {
  auto body =
      JsonBody::read(request, {"workspace", "object", "rights", "lifetime_s", "principal", "name"});
  if (!body) return std::unexpected(std::move(body.error()));
  identity::TicketWish wish{.workspace = body->text("workspace"),
                            .object = body->text("object"),
                            .rights = body->text("rights"),
                            .principal = body->text("principal"),
                            .name = body->text("name")};
  const std::uint64_t seconds = body->number("lifetime_s");
  if (!body->error()) return std::unexpected(body->error().error());
  // What is far too long becomes too long, without an overflow.
  wish.lifetime_ms = std::min<std::uint64_t>(seconds, 1'000'000'000) * 1000;
  return wish;
}

std::string ticket_json(const Ticket& ticket, const std::string& text) {
  return fmt::format(
             R"({{"ticket":{},"id":{},"expires_at":"{}","rights":{},"principal":{},"name":{},)"
             R"("workspace":{},"object":{},{}}})",
             json_string(text), json_string(ticket.id), protocol::time_text(ticket.expires_ms),
             json_string(ticket.rights), json_string(ticket.principal), json_string(ticket.name),
             json_string(ticket.workspace), json_string(ticket.object), ticket_paths_json(ticket)) +
         "\n";
}

void mint_ticket(Call call) {
  const Context& context = call.context;
  if (context.tickets == nullptr) return call.refuse(not_here("tickets"));
  const auto wish = read_ticket_wish(call.request);
  if (!wish) return call.refuse(wish.error());
  const auto ticket =
      identity::make_ticket(call.caller, *wish, context.ticket_limits,
                            identity::random_text(*call.shard.random, identity::kTicketIdChars),
                            call.shard.scheduler.unix_ms());
  if (!ticket) return call.refuse(ticket.error());
  const auto text = context.tickets->sign(*ticket);
  if (!text) return call.refuse(text.error());
  http::Response response = http::json_response(201, ticket_json(*ticket, *text));
  response.headers.emplace_back("Cache-Control", "no-store");
  call.answer(std::move(response));
}

constexpr Route kTicketRoutes[] = {
    {"POST", "/v1/tickets", Right::kRead, mint_ticket, Route::kWhileOpen, Route::kNone},
};

}  // namespace

std::span<const Route> ticket_routes() {
  return kTicketRoutes;
}

}  // namespace syncline::api
