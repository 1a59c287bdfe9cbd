// The present: workspaces, their objects, the state of an object.
#include <utility>

#include "api/history.h"
#include "api/route.h"
#include "api/state_form.h"
#include "api/support.h"
#include "api/tenant_names.h"
#include "identity/names.h"

namespace syncline::api {
namespace {

using View = workspace::Workspace::View;

void list_workspaces(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  list_workspaces_of(call.shard.store->catalog(), call.caller.principal.tenant(),
                     http::query_parameter(call.request.query, "after").value_or(""), *limit,
                     answer_names("workspaces", *limit, std::move(call.responder)));
}

void list_objects(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string& query = call.request.query;
  const std::string prefix = http::query_parameter(query, "prefix").value_or("");
  call.shard.store->catalog().list_objects(
      call.path.workspace, prefix, http::query_parameter(query, "after").value_or(""), *limit,
      answer_names("objects", *limit, std::move(call.responder)));
}

void get_object(Call call) {
  auto form = asked_form(call.request);
  if (!form) return call.refuse(form.error());
  if (http::query_parameter(call.request.query, "at"))
    return inquire(std::move(call), "/v1/workspaces/{workspace}/objects/{object}?at=",
                   [form = std::move(*form)](Inquiry inquiry) mutable {
                     get_object_at(std::move(inquiry), std::move(form));
                   });
  auto body = [form = *form, path = call.path](View view) {
    return state_answer(form, path, {}, view.position, std::move(view.content));
  };
  auto extract = [form = *form](const merge::Object& object) { return show(object, form); };
  const Path path = call.path;
  const identity::Caller caller = call.caller;
  Sending sending = sending_of(call, "read");
  state::JobOrder order = sending.order;
  call.shard.host.get(path.workspace)
      .read(caller, path.object, std::move(extract),
            send_with<View>(std::move(call.responder), std::move(sending), std::move(body)),
            std::move(order));
}

constexpr Route kStateRoutes[] = {
    {"GET", "/v1/workspaces", Right::kRead, list_workspaces},
    {"GET", "/v1/workspaces/{workspace}/objects", Right::kRead, list_objects, Route::kWhileOpen,
     Route::kOfPrefix},
    {"GET", "/v1/workspaces/{workspace}/objects/{object}", Right::kRead, get_object},
};

}  // namespace

std::span<const Route> state_routes() {
  return kStateRoutes;
}

}  // namespace syncline::api
