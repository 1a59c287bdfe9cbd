// The present: workspaces, their objects, the state of an object.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "api/conditions.h"
#include "api/deleted.h"
#include "api/history.h"
#include "api/object_list.h"
#include "api/route.h"
#include "api/shown_names.h"
#include "api/state_form.h"
#include "api/support.h"
#include "api/tenant_names.h"
#include "base/qualified_name.h"
#include "identity/names.h"

namespace syncline::api {
namespace {

using View = workspace::Workspace::View;

constexpr std::uint64_t kMostWaitSeconds = 60;

void leave_out_deleted(const Call& call, std::vector<std::string>& names) {
  if (call.shard.deleted == nullptr || call.shard.deleted->empty()) return;
  const std::string tenant(call.caller.principal.tenant());
  std::erase_if(names, [&](const std::string& name) {
    return call.shard.deleted->contains(qualified(tenant, name));
  });
}

// A page has fewer names than it may if some of those that it is about are not shown.
void show_names(Call call, std::size_t limit, std::vector<std::string> names) {
  std::optional<std::string> next;
  if (names.size() == limit) next = names.back();
  leave_out_deleted(call, names);
  if (sees_all_names(call.caller)) return call.answer(name_page("workspaces", names, next));
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
  if (!sees_all_names(call.caller)) *limit = std::min(*limit, kMostAsked);
  list_workspaces_of(
      catalog, tenant, after, *limit,
      [limit = *limit, call = std::move(call)](Result<std::vector<std::string>> names) mutable {
        if (!names) return call.refuse(names.error());
        show_names(std::move(call), limit, std::move(*names));
      });
}

std::string parameter(const Call& call, std::string_view name) {
  return http::query_parameter(call.request.query, name).value_or("");
}

void list_all_objects(Call call, std::size_t limit) {
  call.shard.store->catalog().list_objects(
      call.path.workspace, parameter(call, "prefix"), parameter(call, "after"), limit,
      answer_names("objects", limit, std::move(call.responder)));
}

// Without those whose last event is of a generation that was deleted.
void list_present_objects(Call call, std::size_t limit) {
  auto asked = std::make_shared<Call>(std::move(call));
  asked->shard.store->catalog().list_heads(
      asked->path.workspace, parameter(*asked, "prefix"), parameter(*asked, "after"), limit,
      [asked](Result<log::ObjectHeads> page) {
        if (!page) return asked->refuse(page.error());
        const workspace::Workspace* open = asked->shard.host.find_open(asked->path.workspace);
        std::vector<std::string> names;
        for (const log::ObjectHead& head : page->heads) {
          const auto* ended = open == nullptr ? nullptr : open->deletions().last(head.object);
          if (ended == nullptr || head.last.position > ended->after || head.last.position == 0)
            names.push_back(head.object);
        }
        std::optional<std::string> next;
        if (page->more && !page->heads.empty()) next = page->heads.back().object;
        asked->answer(name_page("objects", names, next));
      });
}

void list_objects(Call call) {
  if (asks_for_details(call.request)) return list_details(std::move(call));
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  if (!may_have_deletions(call)) return list_all_objects(std::move(call), *limit);
  auto asked = std::make_shared<Call>(std::move(call));
  workspace::Workspace& workspace = asked->shard.host.get(asked->path.workspace);
  workspace.open([asked, limit = *limit, &workspace](Result<void> open) {
    if (!open) return asked->refuse(open.error());
    workspace.deletions().objects.empty() ? list_all_objects(std::move(*asked), limit)
                                          : list_present_objects(std::move(*asked), limit);
  });
}

http::Response not_modified(log::Position position, const StateForm& form) {
  http::Response response;
  response.status = 304;
  response.headers.emplace_back("ETag", etag_of(position, name_of(form)));
  response.headers.emplace_back("Vary", "Accept");
  response.headers.emplace_back("Syncline-Position", std::to_string(position));
  return response;
}

void show_object(Call call, Conditions conditions) {
  auto forms = asked_forms(call.request);
  if (!forms) return call.refuse(forms.error());
  if (http::query_parameter(call.request.query, "at"))
    return inquire(std::move(call), "/v1/workspaces/{workspace}/objects/{object}?at=",
                   [forms = std::move(*forms)](Inquiry inquiry) mutable {
                     get_object_at(std::move(inquiry), std::move(forms));
                   });
  // The form is known when the state was shown, which is before the answer is made.
  auto form = std::make_shared<StateForm>();
  auto body = [form, path = call.path](View view) {
    return state_answer(*form, path, {}, view.position, std::move(view.content));
  };
  const std::uint32_t weight = weight_of(*forms);
  auto extract = [forms = std::move(*forms), form](const merge::Object& object) {
    return show(object, forms, *form);
  };
  const Path path = call.path;
  const identity::Caller caller = call.caller;
  Sending sending = sending_of(call, "read");
  state::JobOrder order = sending.order;
  order.weight = weight;
  auto done = [conditions = std::move(conditions), body = std::move(body), form,
               responder = std::move(call.responder),
               sending = std::move(sending)](Result<View> view) mutable {
    if (!view) return responder.respond(to_response(view.error()));
    const log::Position position = view->position;
    if (conditions.is_known(position, name_of(*form)))
      return responder.respond(not_modified(position, *form));
    Answer answer = body(std::move(*view));
    answer.head.headers.emplace_back("ETag", etag_of(position, name_of(*form)));
    send(std::move(responder), std::move(answer), std::move(sending));
  };
  call.shard.host.get(path.workspace)
      .read(caller, path.object, std::move(extract), std::move(done), std::move(order));
}

// Waits for something that the caller does not have, and then shows it.
void wait_and_show(Call call, Conditions conditions, std::uint64_t seconds) {
  node::WaitFor what{.caller = call.caller,
                     .asker = answer_order(call, "wait").asker,
                     .workspace = call.path.workspace,
                     .object = call.path.object,
                     .is_known = [conditions](log::Position at) { return conditions.is_known(at); },
                     .ms = seconds * 1000,
                     .abandoned = call.abandoned};
  node::WaitRoom& room = call.shard.waits;
  room.wait(std::move(what), [call = std::make_shared<Call>(std::move(call)),
                              conditions = std::move(conditions)](auto ended) mutable {
    if (!ended) return call->refuse(ended.error());
    show_object(std::move(*call), std::move(conditions));
  });
}

void get_object(Call call) {
  auto conditions = Conditions::read(call.request);
  if (!conditions) return call.refuse(conditions.error());
  const auto wait = number(call.request, "wait", 0);
  if (!wait) return call.refuse(wait.error());
  if (*wait > kMostWaitSeconds)
    return call.refuse(
        {ErrorCode::kInvalid, "wait is 0 to " + std::to_string(kMostWaitSeconds) + " seconds"});
  const bool waits = *wait > 0 && !http::query_parameter(call.request.query, "at");
  waits ? wait_and_show(std::move(call), std::move(*conditions), *wait)
        : show_object(std::move(call), std::move(*conditions));
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
