// What is there now: workspaces, their objects, an object's state.
#include <utility>

#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "backend/server/history_api.h"
#include "backend/server/state_form.h"

namespace syncline::backend {
namespace {

using View = workspace::Workspace::View;

void list_workspaces(ApiCall call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  call.shard.log->list_workspaces(http::query_parameter(call.request.query, "after").value_or(""),
                                  *limit,
                                  answer_names("workspaces", *limit, std::move(call.responder)));
}

void list_objects(ApiCall call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string& query = call.request.query;
  call.shard.log->list_objects(call.path.workspace,
                               http::query_parameter(query, "prefix").value_or(""),
                               http::query_parameter(query, "after").value_or(""), *limit,
                               answer_names("objects", *limit, std::move(call.responder)));
}

// The state is asked for on the workspace's own loop; the answer is given on the request's.
void get_object(ApiCall call) {
  auto form = asked_form(call.request);
  if (!form) return call.refuse(form.error());
  if (http::query_parameter(call.request.query, "at")) return get_object_at(std::move(call), *form);
  auto body = [form = *form, path = call.path](View& view) {
    return state_response(form, path, {}, view.position, std::move(view.content));
  };
  auto extract = [form = *form](const merge::Object& object) { return show(object, form); };
  on_its_loop(
      call.context, call.path.workspace,
      [path = call.path, extract = std::move(extract),
       answer = answer_at_home<View>(std::move(call.responder), std::move(body))](
          LoopShard& shard) mutable {
        shard.host.get(path.workspace).read(path.object, std::move(extract), std::move(answer));
      });
}

constexpr ApiRoute kStateRoutes[] = {
    {"GET", "/v1/workspaces", list_workspaces},
    {"GET", "/v1/workspaces/{workspace}/objects", list_objects},
    {"GET", "/v1/workspaces/{workspace}/objects/{object}", get_object},
};

}  // namespace

std::span<const ApiRoute> state_routes() {
  return kStateRoutes;
}

}  // namespace syncline::backend
