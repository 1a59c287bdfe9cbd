// Links to an object (identity/link.h): making them. Whoever takes the share of a link back undoes it (api/policies.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "api/json_body.h"
#include "api/route.h"
#include "api/rules.h"
#include "api/support.h"
#include "api/ticket_paths.h"
#include "base/mutation.h"
#include "identity/link.h"
#include "identity/random_text.h"
#include "log/access_rules.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using identity::Ticket;
using protocol::json_string;

// Each is an event, so one request does not take out all that an object may have.
constexpr std::size_t kMostTakenOut = 8;

struct AskedLink {
  log::ShareRole role;
  std::uint64_t lifetime_ms;
};

Result<AskedLink> read_asked_link(const http::Request& request) {
  auto body = JsonBody::read(request, {"role", "lifetime_s"});
  if (!body) return std::unexpected(std::move(body.error()));
  const auto role = log::share_role_named(body->text("role"));
  const std::uint64_t seconds = body->number("lifetime_s");
  if (!body->error()) return std::unexpected(body->error().error());
  if (!role || *role == log::ShareRole::kOwner)
    return fail(ErrorCode::kInvalid, "role is viewer, annotator or editor");
  // What is far too long becomes too long, without an overflow.
  return AskedLink{*role, std::min<std::uint64_t>(seconds, 1'000'000'000) * 1000};
}

std::string link_json(const Ticket& ticket, const std::string& text, log::ShareRole role) {
  return fmt::format(
      R"({{"ticket":{},"principal":{},"role":"{}","expires_at":"{}","workspace":{},"object":{},{}}})"
      "\n",
      json_string(text), json_string(ticket.principal), name_of(role),
      protocol::time_text(ticket.expires_ms), json_string(ticket.workspace),
      json_string(ticket.object), ticket_paths_json(ticket));
}

log::Grantee holder_of(const Ticket& ticket) {
  return {log::Grantee::Kind::kPrincipal, ticket.principal};
}

// The shares of links to this object that have ended are of no use any more. They go with the next link that is made.
void take_out_ended(const Call& call) {
  workspace::Host& host = call.shard.host;
  const std::uint64_t now_ms = call.shard.scheduler.unix_ms();
  host.read_access(call.path.workspace, [&host, caller = call.caller, path = call.path,
                                         now_ms](Result<workspace::Host::Access> access) {
    if (!access) return;
    std::size_t taken = 0;
    for (const auto& [of, share] : access->shares) {
      const auto end = identity::end_of_link(of.second.id);
      if (of.first != path.object || !end || *end > now_ms) continue;
      if (++taken > kMostTakenOut) return;
      host.get(path.workspace)
          .change_rules(caller, Right::kPolicy, log::Unshare{of.first, of.second}, "it has ended",
                        [](const Result<workspace::Receipt>&) {});
    }
  });
}

void make_link(Call call) {
  const Context& context = call.context;
  if (context.tickets == nullptr) return call.refuse(not_here("tickets"));
  const auto asked = read_asked_link(call.request);
  if (!asked) return call.refuse(asked.error());
  const auto ticket = identity::make_link(
      call.caller,
      {.workspace = call.path.name,
       .object = call.path.object,
       .writes = asked->role != log::ShareRole::kViewer || is_mutated(Mutation::link_writes),
       .lifetime_ms = asked->lifetime_ms},
      context.ticket_limits, identity::random_text(*call.shard.random, identity::kTicketIdChars),
      call.shard.scheduler.unix_ms());
  if (!ticket) return call.refuse(ticket.error());
  const auto text = context.tickets->sign(*ticket);
  if (!text) return call.refuse(text.error());
  log::Share share{call.path.object, holder_of(*ticket), asked->role};
  change_rules(std::move(call), Right::kPolicy, std::move(share), "a link",
               [made = link_json(*ticket, *text, asked->role)](Call done) {
                 take_out_ended(done);
                 http::Response response = http::json_response(201, made);
                 response.headers.emplace_back("Cache-Control", "no-store");
                 done.answer(std::move(response));
               });
}

constexpr Route kLinkRoutes[] = {
    {"POST", "/v1/workspaces/{workspace}/links/{object}", Right::kPolicy, make_link},
};

}  // namespace

std::span<const Route> link_routes() {
  return kLinkRoutes;
}

}  // namespace syncline::api
