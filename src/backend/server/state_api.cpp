// What is there now: workspaces, their objects, an object's state.
#include <utility>

#include "backend/net/event_loop.h"
#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "backend/server/history_api.h"
#include "backend/server/state_form.h"

namespace syncline::backend {
namespace {

void list_workspaces(ApiCall call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  call.shard.log->list_workspaces(query_parameter(call.request.query, "after").value_or(""), *limit,
                                  answer_names("workspaces", *limit, std::move(call.responder)));
}

void list_objects(ApiCall call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string& query = call.request.query;
  call.shard.log->list_objects(call.path.workspace, query_parameter(query, "prefix").value_or(""),
                               query_parameter(query, "after").value_or(""), *limit,
                               answer_names("objects", *limit, std::move(call.responder)));
}

// The state is asked for on the workspace's own loop; the answer is given on the request's.
void get_object(ApiCall call) {
  auto form = asked_form(call.request);
  if (!form) return call.refuse(form.error());
  if (query_parameter(call.request.query, "at")) return get_object_at(std::move(call), *form);
  RouteContext& context = call.context;
  const ObjectPath path = call.path;
  auto answer = [form = *form, &loop = call.responder.loop(),
                 call = std::move(call)](Result<workspace::Workspace::View> view) mutable {
    loop.post([form = std::move(form), view = std::move(view), call = std::move(call)]() mutable {
      if (!view) return call.refuse(view.error());
      call.answer(state_response(form, call.path, {}, view->position, std::move(view->content)));
    });
  };
  auto extract = [form = *form](const merge::Object& object) { return show(object, form); };
  const std::size_t owner = loop_of(context, path.workspace);
  context.loops[owner].post([&shard = *context.shards[owner], path, extract = std::move(extract),
                             answer = std::move(answer)]() mutable {
    shard.host.get(path.workspace).read(path.object, std::move(extract), std::move(answer));
  });
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/v1/workspaces", list_workspaces},
    {"GET", "/v1/workspaces/{workspace}/objects", list_objects},
    {"GET", "/v1/workspaces/{workspace}/objects/{object}", get_object},
};

}  // namespace

std::span<const ApiRoute> state_routes() {
  return kRoutes;
}

}  // namespace syncline::backend
