// The present: workspaces, their objects, the state of an object.
#include <algorithm>
#include <optional>
#include <utility>

#include "api/history.h"
#include "api/route.h"
#include "api/shown_names.h"
#include "api/state_form.h"
#include "api/support.h"
#include "api/tenant_names.h"
#include "identity/names.h"

namespace syncline::api {
namespace {

using View = workspace::Workspace::View;

// A page has fewer names than it may if some of those that it is about are not shown.
void show_names(Call call, std::size_t limit, std::vector<std::string> names) {
  std::optional<std::string> next;
  if (names.size() == limit) next = names.back();
  auto shown = [next = std::move(next), responder = std::move(call.responder)](
                   Result<std::vector<std::string>> kept) mutable {
    responder.respond(kept ? name_page("workspaces", *kept, next) : to_response(kept.error()));
  };
  keep_shown(call, std::move(names), std::move(shown));
}

void list_workspaces(Call call) {
  auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string after = http::query_parameter(call.request.query, "after").value_or("");
  log::Catalog& catalog = call.shard.store->catalog();
  const std::string tenant(call.caller.principal.tenant());
  if (sees_all_names(call.caller))
    return list_workspaces_of(catalog, tenant, after, *limit,
                              answer_names("workspaces", *limit, std::move(call.responder)));
  *limit = std::min(*limit, kMostAsked);
  list_workspaces_of(
      catalog, tenant, after, *limit,
      [limit = *limit, call = std::move(call)](Result<std::vector<std::string>> names) mutable {
        if (!names) return call.refuse(names.error());
        show_names(std::move(call), limit, std::move(*names));
      });
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
