// What cannot be served: the objects in quarantine, and having one of them tried again. A workspace's
// quarantine is on its own loop; answers are given on the request's.
#include "backend/server/quarantine_api.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/server/api_support.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::backend {
namespace {

using QuarantinePage = std::vector<state::Quarantined>;
using View = workspace::Workspace::View;

std::string to_json(const state::Quarantined& held) {
  return fmt::format(R"({{"object":{},"position":{},"since":"{}","reason":{}}})",
                     protocol::json_string(held.object), held.position,
                     protocol::stamp_time(HlcStamp::of(held.since_ms, 0)),
                     protocol::name_json(held.reason.message));
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

void list(ApiCall call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  auto body = [limit = *limit](const QuarantinePage& page) {
    return quarantine_response(page, limit);
  };
  on_its_loop(
      call.context, call.path.workspace,
      [workspace = call.path.workspace, limit = *limit,
       after = http::query_parameter(call.request.query, "after").value_or(""),
       answer = answer_at_home<QuarantinePage>(std::move(call.responder), std::move(body))](
          LoopShard& shard) mutable { answer(shard.quarantine.list(workspace, after, limit)); });
}

// Tries the object at once, so that the answer says whether it can be served now.
void lift(ApiCall call) {
  if (auto principal = may_write(call.context, call.request); !principal)
    return call.refuse(principal.error());
  auto lifted = [](const View&) {
    http::Response response;
    response.status = 204;
    return response;
  };
  on_its_loop(
      call.context, call.path.workspace,
      [path = call.path,
       answer = answer_at_home<View>(std::move(call.responder), lifted)](LoopShard& shard) mutable {
        if (!shard.quarantine.lift(path.workspace, path.object))
          return answer(fail(ErrorCode::kNotFound,
                             fmt::format("object {} of workspace {} is not in quarantine",
                                         path.object, path.workspace)));
        shard.host.get(path.workspace)
            .read(
                path.object, [](const merge::Object&) { return std::string(); }, std::move(answer));
      });
}

constexpr ApiRoute kQuarantineRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/quarantine", list},
    {"DELETE", "/v1/workspaces/{workspace}/quarantine/{object}", lift},
};

}  // namespace

void unless_quarantined(ApiCall call, log::Position at,
                        std::move_only_function<void(log::Position, ApiCall)> next) {
  RouteContext& context = call.context;
  const std::string workspace = call.path.workspace;
  on_its_loop(context, workspace,
              [at, call = std::move(call), next = std::move(next)](LoopShard& shard) mutable {
                std::optional<Error> refused;
                if (const auto* held = shard.quarantine.find(call.path.workspace, call.path.object);
                    held != nullptr && at >= held->position)
                  refused = state::quarantine_error(*held);
                Scheduler& home = call.responder.loop();
                home.post([at, refused = std::move(refused), call = std::move(call),
                           next = std::move(next)]() mutable {
                  refused ? call.refuse(*refused) : next(at, std::move(call));
                });
              });
}

std::span<const ApiRoute> quarantine_routes() {
  return kQuarantineRoutes;
}

}  // namespace syncline::backend
