// Objects in quarantine: listing them, and trying one again.
#include "api/quarantine.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/rules.h"
#include "api/support.h"
#include "base/qualified_name.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using QuarantinePage = std::vector<state::Quarantined>;
using View = workspace::Workspace::View;

std::string to_json(const state::Quarantined& held) {
  return fmt::format(
      R"({{"object":{},"position":{},"since":"{}","reason":{}}})",
      protocol::json_string(held.object), held.position, protocol::time_text(held.since_ms),
      protocol::name_json(public_text(held.reason.message, split_name(held.workspace).tenant)));
}

http::Response quarantine_response(const QuarantinePage& page, std::size_t limit) {
  std::string list;
  for (const state::Quarantined& held : page) list += (list.empty() ? "" : ",") + to_json(held);
  const bool last = page.size() < limit;
  return http::json_response(
      200, fmt::format(R"({{"quarantine":[{}],"next":{}}})", list,
                       last ? "null" : protocol::json_string(page.back().object)) +
               "\n");
}

void list(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string after = http::query_parameter(call.request.query, "after").value_or("");
  call.answer(
      quarantine_response(call.shard.quarantine.list(call.path.workspace, after, *limit), *limit));
}

// Tries the object at once, so that the answer says whether it can be served now.
void try_again(Call call) {
  auto lifted = [](const View&) {
    http::Response response;
    response.status = 204;
    return response;
  };
  const Path path = call.path;
  call.shard.quarantine.lift(path.workspace, path.object);
  call.shard.host.get(path.workspace)
      .read(
          call.caller, path.object, [](const merge::Object&) { return merge::text_pieces({}, 0); },
          answer_with<View>(std::move(call.responder), lifted));
}

void lift(Call call) {
  const Path& path = call.path;
  const state::Quarantined* held = call.shard.quarantine.find(path.workspace, path.object);
  if (held == nullptr)
    return call.refuse(
        {ErrorCode::kNotFound,
         fmt::format("object {} of workspace {} is not in quarantine", path.object, path.name)});
  log::LiftQuarantine act{path.object, held->position};
  change_rules(std::move(call), Right::kQuarantine, std::move(act), "", try_again);
}

constexpr Route kQuarantineRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/quarantine", Right::kHistory, list},
    {"DELETE", "/v1/workspaces/{workspace}/quarantine/{object}", Right::kQuarantine, lift},
};

}  // namespace

namespace {

Result<void> check(const state::Quarantined* held, log::Position at) {
  if (held == nullptr || at < held->position) return {};
  return std::unexpected(state::quarantine_error(*held));
}

}  // namespace

Result<void> check_quarantine(const Call& call, log::Position at) {
  return check(call.shard.quarantine.find(call.path.workspace, call.path.object), at);
}

Result<void> check_quarantine(const Inquiry& inquiry, log::Position at) {
  return check(inquiry.held ? &*inquiry.held : nullptr, at);
}

std::span<const Route> quarantine_routes() {
  return kQuarantineRoutes;
}

}  // namespace syncline::api
