// What is there now: workspaces, their objects, an object's state.
#include <utility>

#include "backend/net/event_loop.h"
#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "backend/server/history_api.h"
#include "protocol/json_text.h"

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

HttpResponse object_response(bool binary, const std::string& workspace, const std::string& object,
                             const Result<workspace::Workspace::View>& view) {
  if (!view) return to_response(view.error());
  HttpResponse response;
  response.headers.emplace_back("Syncline-Position", std::to_string(view->position));
  response.headers.emplace_back("Content-Type",
                                binary ? "application/octet-stream" : "application/json");
  response.body = binary ? view->content
                         : "{\"workspace\":" + protocol::json_string(workspace) +
                               ",\"object\":" + protocol::json_string(object) +
                               ",\"position\":" + std::to_string(view->position) +
                               ",\"state\":" + view->content + "}\n";
  return response;
}

// The state is asked for on the workspace's own loop; the answer is given on the request's.
void get_object(ApiCall call) {
  if (query_parameter(call.request.query, "at")) return get_object_at(std::move(call));
  const bool binary = call.request.headers.has_token("Accept", "application/octet-stream");
  RouteContext& context = call.context;
  const ObjectPath path = call.path;
  auto extract = [binary](const merge::Object& object) -> std::string {
    if (!binary) return object.to_json();
    auto state = object.diff_since({});
    return state ? std::string(as_text(*state)) : std::string();
  };
  auto answer = [binary, path, &loop = call.responder.loop(),
                 responder =
                     std::move(call.responder)](Result<workspace::Workspace::View> view) mutable {
    loop.post([binary, path = std::move(path), view = std::move(view),
               responder = std::move(responder)]() mutable {
      responder.respond(object_response(binary, path.workspace, path.object, view));
    });
  };
  const std::size_t owner = loop_of(context, path.workspace);
  context.loops[owner].post(
      [&shard = *context.shards[owner], path, extract, answer = std::move(answer)]() mutable {
        shard.host.get(path.workspace).read(path.object, extract, std::move(answer));
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
