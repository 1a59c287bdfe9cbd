// The webhooks of a workspace (hooks/endpoint.h): making, seeing, trying and removing them.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/json_body.h"
#include "api/route.h"
#include "api/support.h"
#include "hooks/deliveries.h"
#include "identity/recorded_session.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using hooks::Delivery;
using protocol::json_string;

std::string hook_time(std::uint64_t unix_ms) {
  return unix_ms == 0 ? "null" : "\"" + protocol::time_text(unix_ms) + "\"";
}

std::string state_of(const Delivery& delivery) {
  if (delivery.stopped()) return "disabled";
  if (delivery.endpoint().initial_content) return "asked";
  if (!delivery.held().empty()) return "waiting";
  return delivery.failing() > 0 ? "failing" : "delivering";
}

// `more` stands at the beginning.
std::string hook_json(const Delivery& delivery, const std::string& more = {}) {
  const hooks::Endpoint& hook = delivery.endpoint();
  const hooks::Progress& progress = delivery.progress();
  const std::string& reason = delivery.held().empty() ? progress.reason : delivery.held();
  return fmt::format(
      R"({{{}"id":{},"url":{},"label":{},"prefix":{},"type":{},"content":{},"initial_content":{},"debounce_s":{},)"
      R"("principal":{},"made":{},"secret_number":{},"state":"{}","reason":{},"position":{},)"
      R"("late":{},"delivered":{},"dead":{},"unseen":{},"unseen_reason":{},"failing_since":{},)"
      R"("disabled":{}}})",
      more, json_string(hook.id), json_string(hook.url), json_string(hook.label),
      json_string(hook.prefix), json_string(hook.type), hook.content, hook.initial_content,
      hook.debounce_ms / 1000, protocol::name_json(hook.principal), hook_time(hook.made_ms),
      hook.secret, state_of(delivery), protocol::name_json(reason), progress.after,
      progress.late.size(), progress.delivered, progress.dead, progress.unseen,
      protocol::name_json(progress.unseen_reason), hook_time(progress.failing_since_ms),
      hook_time(progress.disabled_ms));
}

std::string dead_json(const hooks::Dead& dead) {
  return fmt::format(R"({{"position":{},"object":{},"attempts":{},"given_up":{},"reason":{}}})",
                     dead.position, protocol::name_json(dead.object), dead.attempts,
                     hook_time(dead.given_up_ms), protocol::name_json(dead.reason));
}

// The endpoint that the path names; answers if there is none.
Delivery* hook_of(Call& call, const std::string& id) {
  hooks::Deliveries& hooks = call.shard.hooks;
  if (!hooks.enabled()) {
    call.refuse(not_here("webhooks"));
    return nullptr;
  }
  Delivery* const found = hooks.find(call.path.workspace, id);
  if (found == nullptr) call.refuse({ErrorCode::kNotFound, "there is no such webhook"});
  return found;
}

// An answer that holds a secret is kept by nobody.
void answer_secret(Call& call, int status, const std::string& id) {
  const Delivery* const found = call.shard.hooks.find(call.path.workspace, id);
  if (found == nullptr) return call.refuse({ErrorCode::kNotFound, "the webhook was removed"});
  const std::string secret =
      fmt::format(R"("secret":{},)", json_string(call.shard.hooks.secret_of(found->endpoint())));
  http::Response response = http::json_response(status, hook_json(*found, secret) + "\n");
  response.headers.emplace_back("Cache-Control", "no-store");
  call.answer(std::move(response));
}

Result<hooks::Endpoint> read_hook(const Call& call) {
  auto body = JsonBody::read(
      call.request, {"url", "label", "prefix", "type", "content", "initial_content", "debounce_s"});
  if (!body) return std::unexpected(std::move(body.error()));
  hooks::Endpoint hook;
  hook.workspace = call.path.workspace;
  hook.url = body->text("url");
  hook.label = body->text("label");
  hook.prefix = body->text("prefix");
  hook.type = body->text("type");
  hook.content = body->flag("content");
  hook.initial_content = body->flag("initial_content");
  const std::uint64_t seconds = body->number("debounce_s");
  if (!body->error()) return std::unexpected(body->error().error());
  hook.debounce_ms = std::min(seconds, hooks::kMostDebounceMs) * 1000;
  hook.made_ms = call.shard.scheduler.unix_ms();
  hook.principal = call.caller.principal.id;
  hook.maker = identity::record_of(call.caller);
  if (auto valid = hooks::check_endpoint(hook); !valid)
    return std::unexpected(std::move(valid.error()));
  return hook;
}

void make_hook(Call call) {
  hooks::Deliveries& hooks = call.shard.hooks;
  if (!hooks.enabled()) return call.refuse(not_here("webhooks"));
  auto hook = read_hook(call);
  if (!hook) return call.refuse(hook.error());
  hooks.add(*std::move(hook), [call = std::move(call)](Result<std::string> id) mutable {
    if (!id) return call.refuse(id.error());
    answer_secret(call, 201, *id);
  });
}

void list_hooks(Call call) {
  if (!call.shard.hooks.enabled()) return call.refuse(not_here("webhooks"));
  std::string list;
  for (const Delivery* each : call.shard.hooks.list(call.path.workspace))
    list += (list.empty() ? "" : ",") + hook_json(*each);
  call.answer(http::json_response(200, "{\"webhooks\":[" + list + "]}\n"));
}

void show_hook(Call call) {
  if (const Delivery* const found = hook_of(call, call.path.object))
    call.answer(http::json_response(200, hook_json(*found) + "\n"));
}

void remove_hook(Call call) {
  const std::string id = call.path.object;
  if (hook_of(call, id) == nullptr) return;
  const std::string workspace = call.path.workspace;
  hooks::Deliveries& hooks = call.shard.hooks;
  hooks.remove(workspace, id, [call = std::move(call)](Result<void> removed) mutable {
    if (!removed) return call.refuse(removed.error());
    call.answer(no_content());
  });
}

void rotate_secret(Call call) {
  const std::string id = call.path.item;
  if (hook_of(call, id) == nullptr) return;
  const std::string workspace = call.path.workspace;
  hooks::Deliveries& hooks = call.shard.hooks;
  hooks.rotate(workspace, id, [call = std::move(call), id](Result<void> rotated) mutable {
    if (!rotated) return call.refuse(rotated.error());
    answer_secret(call, 200, id);
  });
}

void enable_hook(Call call) {
  Delivery* const found = hook_of(call, call.path.item);
  if (found == nullptr) return;
  found->enable();
  call.answer(http::json_response(200, hook_json(*found) + "\n"));
}

// The receiver's own words are not shown: where a webhook leads is no way to read what is there.
void test_hook(Call call) {
  const std::string id = call.path.item;
  if (hook_of(call, id) == nullptr) return;
  const std::string workspace = call.path.workspace;
  hooks::Deliveries& hooks = call.shard.hooks;
  hooks.test(workspace, id, [call = std::move(call)](Result<hooks::HookAnswer> answer) mutable {
    const bool taken = answer && answer->status >= 200 && answer->status < 300;
    call.answer(http::json_response(
        200, fmt::format(R"({{"delivered":{},"status":{},"reason":{}}})", taken,
                         answer ? answer->status : 0,
                         protocol::name_json(answer ? std::string() : answer.error().message)) +
                 "\n"));
  });
}

void list_dead(Call call) {
  const std::string id = call.path.item;
  if (hook_of(call, id) == nullptr) return;
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const auto after = number(call.request, "after", 0);
  if (!after) return call.refuse(after.error());
  const std::string workspace = call.path.workspace;
  hooks::Deliveries& hooks = call.shard.hooks;
  hooks.list_dead(
      workspace, id, *after, *limit,
      [call = std::move(call), limit = *limit](Result<std::vector<hooks::Dead>> dead) mutable {
        if (!dead) return call.refuse(dead.error());
        std::string list;
        for (const hooks::Dead& each : *dead) list += (list.empty() ? "" : ",") + dead_json(each);
        const std::string next =
            dead->size() < limit ? "null" : std::to_string(dead->back().position);
        call.answer(http::json_response(
            200, fmt::format(R"({{"dead":[{}],"next":{}}})", list, next) + "\n"));
      });
}

void replay_dead(Call call) {
  const std::string id = call.path.item;
  const Delivery* const found = hook_of(call, id);
  if (found == nullptr) return;
  if (found->stopped())
    return call.refuse({ErrorCode::kConflict, "the webhook is disabled: enable it first"});
  const auto position = number(call.request, "position", 0);
  if (!position) return call.refuse(position.error());
  const std::string workspace = call.path.workspace;
  hooks::Deliveries& hooks = call.shard.hooks;
  hooks.replay(
      workspace, id, *position, [call = std::move(call)](Result<std::size_t> replayed) mutable {
        if (!replayed) return call.refuse(replayed.error());
        call.answer(
            http::json_response(202, fmt::format(R"({{"replayed":{}}})", *replayed) + "\n"));
      });
}

constexpr Route kWebhookRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/webhooks", Right::kSeeWebhooks, list_hooks},
    {"POST", "/v1/workspaces/{workspace}/webhooks", Right::kWebhooks, make_hook},
    {"GET", "/v1/workspaces/{workspace}/webhooks/{session}/dead", Right::kSeeWebhooks, list_dead},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/replay", Right::kWebhooks, replay_dead},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/rotate", Right::kWebhooks,
     rotate_secret},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/enable", Right::kWebhooks, enable_hook},
    {"POST", "/v1/workspaces/{workspace}/webhooks/{session}/test", Right::kWebhooks, test_hook},
    {"GET", "/v1/workspaces/{workspace}/webhooks/{webhook}", Right::kSeeWebhooks, show_hook},
    {"DELETE", "/v1/workspaces/{workspace}/webhooks/{webhook}", Right::kWebhooks, remove_hook},
};

}  // namespace

std::span<const Route> webhook_routes() {
  return kWebhookRoutes;
}

}  // namespace syncline::api
