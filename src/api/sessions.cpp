// Who is connected: listing sessions, ending them, and revoking their tokens.
//
// Everybody sees and ends only what is of his tenant, unless he may see, or change, all tenants.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/reach.h"
#include "api/route.h"
#include "api/support.h"
#include "identity/person.h"
#include "node/revoke.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "session/session_table.h"

namespace syncline::api {
namespace {

using identity::Revocation;
using session::OpenDocument;
using session::SessionInfo;
using session::SessionTable;

// `all`: the right that reaches the documents of other tenants.
void keep_own(const identity::Caller& caller, Right all, SessionInfo& info) {
  if (reaches_all(caller, all)) return;
  const std::string_view own = identity::tenant_of(caller.principal);
  std::erase_if(info.documents, [&](const OpenDocument& document) {
    return own != identity::tenant_of(document.principal);
  });
}

// ---- as JSON

std::string time_or_null(std::uint64_t ms) {
  return ms == 0 ? "null" : fmt::format("\"{}\"", protocol::time_text(ms));
}

std::string rights_json(identity::Rights rights) {
  std::string list;
  for (std::size_t i = 0; i < std::size(identity::kRightNames); ++i)
    if (const auto right = static_cast<Right>(i); rights.has(right))
      list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", identity::name_of(right));
  return "[" + list + "]";
}

std::string token_json(const identity::Principal& principal) {
  static const identity::Identity kShared;
  const identity::Identity& token = principal.identity == nullptr ? kShared : *principal.identity;
  return fmt::format(R"({{"kind":"{}","id":{},"issued":{},"expires":{}}})",
                     identity::name_of(token.source),
                     token.token.empty() ? "null" : protocol::name_json(token.token),
                     time_or_null(token.issued_ms), time_or_null(token.expires_ms));
}

std::string document_json(const OpenDocument& document) {
  const identity::Principal& principal = document.principal;
  const std::string name = principal.identity == nullptr ? "" : principal.identity->name;
  return fmt::format(
      R"({{"object":{},"principal":{},"name":{},"tenant":{},"token":{},"rights":{},"in_flight":{},"lag":{}}})",
      protocol::json_string(document.object), protocol::name_json(principal.id),
      name.empty() ? "null" : protocol::name_json(name),
      protocol::name_json(identity::tenant_of(principal)), token_json(principal),
      rights_json(principal.rights), document.updates_in_flight, document.lag);
}

std::string session_json(const SessionInfo& info) {
  std::string documents;
  for (const OpenDocument& each : info.documents)
    documents += (documents.empty() ? "" : ",") + document_json(each);
  return fmt::format(
      R"({{"session":"{}","protocol":"{}","workspace":{},"address":{},"since":"{}","queued_bytes":{},"documents":[{}]}})",
      info.id, info.protocol, protocol::json_string(info.workspace),
      protocol::name_json(info.address), protocol::time_text(info.since_ms), info.queued_bytes,
      documents);
}

// ---- listing

// One page, made in turns of the loops, one loop after the other.
struct Listing {
  Call call;
  std::size_t limit;
  std::string principal = {};
  std::string workspace = {};
  std::string object = {};
  std::size_t last_loop = 0;  // the one after which nothing follows
  std::string rows = {};
  std::size_t count = 0;
  std::string last_id = {};

  bool wants(SessionInfo& info) const {
    if (!workspace.empty() && info.workspace != workspace) return false;
    keep_own(call.caller, kSeesAllTenants, info);
    return std::ranges::any_of(info.documents, [&](const OpenDocument& document) {
      return (principal.empty() || document.principal.id == principal) &&
             (object.empty() || document.object == object);
    });
  }

  void add(const SessionInfo& info) {
    rows += (rows.empty() ? "" : ",") + session_json(info);
    last_id = info.id;
    ++count;
  }

  void answer() {
    const std::string next = count < limit ? "null" : fmt::format("\"{}\"", last_id);
    call.answer(
        http::json_response(200, fmt::format("{{\"sessions\":[{}],\"next\":{}}}\n", rows, next)));
  }
};

void list_on(std::size_t loop, SessionTable::Place from, std::shared_ptr<Listing> listing) {
  Context& context = listing->call.context;
  context.shards.on(loop, [loop, from, listing](node::Shard& shard) {
    const SessionTable& table = shard.sessions;
    const auto next =
        table.visit(from, SessionTable::kPerTurn, [&](session::LiveSession&, auto place) {
          if (listing->count >= listing->limit) return;
          SessionInfo info = table.info_at(place);
          if (listing->wants(info)) listing->add(info);
        });
    if (listing->count >= listing->limit || (!next && loop >= listing->last_loop))
      return listing->answer();
    shard.scheduler.post([loop = next ? loop : loop + 1, from = next.value_or(0), listing] {
      list_on(loop, from, listing);
    });
  });
}

void list_sessions(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const auto asked = [&](std::string_view name) {
    return http::query_parameter(call.request.query, name).value_or("");
  };
  const std::string after = asked("after");
  const node::Shards& shards = call.context.shards;
  std::size_t first_loop = SessionTable::loop_of(after).value_or(0);
  const SessionTable::Place from =
      after.empty() ? 0 : SessionTable::place_of(after).value_or(0) + 1;
  if (!after.empty() && (!SessionTable::loop_of(after) || first_loop >= shards.size()))
    return call.refuse({ErrorCode::kInvalid, "after: this is no id of a session"});
  const std::string principal = asked("principal");
  const std::string workspace = asked("workspace");
  const std::string object = asked("object");
  std::size_t last_loop = shards.size() - 1;
  // All sessions of a workspace are on the loop that owns it.
  if (!workspace.empty()) {
    last_loop = shards.placement().owner_of(workspace);
    if (after.empty()) first_loop = last_loop;
  }
  auto listing = std::make_shared<Listing>(Listing{std::move(call), *limit});
  listing->principal = principal;
  listing->workspace = workspace;
  listing->object = object;
  listing->last_loop = last_loop;
  list_on(first_loop, from, std::move(listing));
}

// ---- ending

Error no_session() {
  return {ErrorCode::kNotFound, "no session has this id; it may have ended"};
}

// Calls `use` with the session that the path names, on its loop.
template <typename Use>
void with_session(Call call, Use use) {
  const auto loop = SessionTable::loop_of(call.path.item);
  if (!loop || *loop >= call.context.shards.size()) return call.refuse(no_session());
  const node::Shards& shards = call.context.shards;
  shards.on(*loop, [call = std::move(call), use = std::move(use)](node::Shard& shard) mutable {
    session::LiveSession* const session = shard.sessions.find(call.path.item);
    if (session == nullptr) return call.refuse(no_session());
    SessionInfo info = session->info();
    keep_own(call.caller, kChangesAllTenants, info);
    if (info.documents.empty() && !reaches_all(call.caller, kChangesAllTenants))
      return call.refuse(no_session());
    use(std::move(call), shard, *session, info);
  });
}

void kick(Call call) {
  with_session(std::move(call),
               [](Call asked, node::Shard&, session::LiveSession& session, const SessionInfo&) {
                 session.kick();
                 asked.answer(no_content());
               });
}

void revoke_and_answer(Call call, node::Shard& here, std::vector<Revocation> revocations) {
  node::revoke(call.context.shards, here, std::move(revocations),
               [responder = std::move(call.responder)](Result<void> revoked) mutable {
                 responder.respond(revoked ? no_content() : to_response(revoked.error()));
               });
}

void revoke_session(Call call) {
  with_session(std::move(call),
               [](Call asked, node::Shard& shard, session::LiveSession&, const SessionInfo& info) {
                 std::vector<Revocation> revocations;
                 Error why = no_session();
                 for (const OpenDocument& document : info.documents) {
                   auto revocation = identity::revocation_of(document.principal);
                   if (!revocation) {
                     why = std::move(revocation.error());
                   } else if (std::ranges::find(revocations, *revocation) == revocations.end()) {
                     revocations.push_back(std::move(*revocation));
                   }
                 }
                 if (revocations.empty()) return asked.refuse(why);
                 revoke_and_answer(std::move(asked), shard, std::move(revocations));
               });
}

constexpr Route kSessionRoutes[] = {
    {"GET", "/v1/sessions", Right::kSessions, list_sessions},
    {"POST", "/v1/sessions/{session}/kick", Right::kKick, kick},
    {"POST", "/v1/sessions/{session}/revoke", Right::kRevoke, revoke_session},
};

}  // namespace

std::span<const Route> session_routes() {
  return kSessionRoutes;
}

}  // namespace syncline::api
