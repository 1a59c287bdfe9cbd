// What cannot be served: the objects in quarantine, and having one of them tried again. A workspace's
// quarantine is on its own loop; answers are given on the request's.
#include "backend/server/quarantine_api.h"

#include <fmt/format.h>

#include <utility>

#include "backend/net/event_loop.h"
#include "backend/server/api_support.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::backend {
namespace {

std::string to_json(const state::Quarantined& held) {
  return fmt::format(R"({{"object":{},"position":{},"since":"{}","reason":{}}})",
                     protocol::json_string(held.object), held.position,
                     protocol::stamp_time(HlcStamp::of(held.since_ms, 0)),
                     protocol::name_json(held.reason.message));
}

HttpResponse page_response(const std::vector<state::Quarantined>& page, std::size_t limit) {
  std::string list;
  for (const state::Quarantined& held : page) list += (list.empty() ? "" : ",") + to_json(held);
  const bool last = page.size() < limit;
  return json_response(200, fmt::format(R"({{"quarantine":[{}],"next":{}}})", list,
                                        last ? "null" : protocol::json_string(page.back().object)) +
                                "\n");
}

// Calls `ask` with the workspace's shard, on its loop.
template <typename Ask>
void on_its_loop(ApiCall call, Ask ask) {
  const std::size_t owner = loop_of(call.context, call.path.workspace);
  EventLoop& loop = call.context.loops[owner];
  loop.post([&shard = *call.context.shards[owner], call = std::move(call),
             ask = std::move(ask)]() mutable { ask(shard, std::move(call)); });
}

void answer_at_home(ApiCall call, HttpResponse response) {
  EventLoop& home = call.responder.loop();
  home.post([call = std::move(call), response = std::move(response)]() mutable {
    call.answer(std::move(response));
  });
}

void list(ApiCall call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  on_its_loop(std::move(call), [limit = *limit](LoopShard& shard, ApiCall asked) {
    const std::string after = query_parameter(asked.request.query, "after").value_or("");
    auto page = shard.quarantine.list(asked.path.workspace, after, limit);
    answer_at_home(std::move(asked), page_response(page, limit));
  });
}

// Tries the object at once, so that the answer says whether it can be served now.
void lift(ApiCall call) {
  if (auto principal = may_write(call.context, call.request); !principal)
    return call.refuse(principal.error());
  on_its_loop(std::move(call), [](LoopShard& shard, ApiCall asked) {
    const ObjectPath path = asked.path;
    if (!shard.quarantine.lift(path.workspace, path.object))
      return answer_at_home(
          std::move(asked),
          to_response(
              {ErrorCode::kNotFound, fmt::format("object {} of workspace {} is not in quarantine",
                                                 path.object, path.workspace)}));
    shard.host.get(path.workspace)
        .read(
            path.object, [](const merge::Object&) { return std::string(); },
            [asked = std::move(asked)](Result<workspace::Workspace::View> view) mutable {
              HttpResponse lifted;
              lifted.status = 204;
              answer_at_home(std::move(asked),
                             view ? std::move(lifted) : to_response(view.error()));
            });
  });
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/quarantine", list},
    {"DELETE", "/v1/workspaces/{workspace}/quarantine/{object}", lift},
};

}  // namespace

void unless_quarantined(ApiCall call, log::Position at,
                        std::move_only_function<void(log::Position, ApiCall)> next) {
  on_its_loop(
      std::move(call), [at, next = std::move(next)](LoopShard& shard, ApiCall asked) mutable {
        const auto* held = shard.quarantine.find(asked.path.workspace, asked.path.object);
        if (held != nullptr && at >= held->position)
          return answer_at_home(std::move(asked), to_response(state::quarantine_error(*held)));
        EventLoop& home = asked.responder.loop();
        home.post([at, asked = std::move(asked), next = std::move(next)]() mutable {
          next(at, std::move(asked));
        });
      });
}

std::span<const ApiRoute> quarantine_routes() {
  return kRoutes;
}

}  // namespace syncline::backend
