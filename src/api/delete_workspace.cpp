#include "api/delete_workspace.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "api/route.h"
#include "api/support.h"
#include "log/retention.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

std::string asked_for(const Call& call, std::string_view name) {
  return http::query_parameter(call.request.query, name).value_or("");
}

// The state after an event of the rules, or the present one.
void answer_standing(Call& call, log::Position position, bool dry_run) {
  const log::HeldDeletions& held = call.shard.host.get(call.path.workspace).deletions();
  call.answer(http::json_response(
      200,
      fmt::format(R"({{"workspace":{},"dry_run":{},"position":{},"generation":{},"deleted":{}}})",
                  protocol::json_string(call.path.name), dry_run, position,
                  held.workspace_generation, deleted_workspace_json(held)) +
          "\n"));
}

// Appends the act, which the caller may do, and answers.
void carry_out_act(std::shared_ptr<Call> call, log::RuleAct act) {
  const bool erase = std::holds_alternative<log::EraseWorkspace>(act) ||
                     (std::holds_alternative<log::DeleteWorkspace>(act) &&
                      std::get<log::DeleteWorkspace>(act).erase_at_ms == 0);
  workspace::Workspace& workspace = call->shard.host.get(call->path.workspace);
  if (asked_for(*call, "dry_run") == "1") {
    const log::RuleChange change{std::move(act), "", asked_for(*call, "reason"), 0};
    auto held = log::HeldRules{.deletions = workspace.deletions()};
    auto fits = log::check_rule_change(change);
    if (fits) fits = log::carry_out(held, change);
    if (!fits) return call->refuse(fits.error());
    return answer_standing(*call, 0, true);
  }
  workspace.change_rules(call->caller, Right::kRetention, std::move(act),
                         asked_for(*call, "reason"),
                         [call, erase](const Result<workspace::Receipt>& receipt) {
                           if (!receipt) return call->refuse(receipt.error());
                           // The id of before is one of what was deleted.
                           call->shard.renew_editing_replica();
                           if (erase && call->shard.erasure)
                             call->shard.erasure->look_at(call->path.workspace);
                           answer_standing(*call, receipt->position, false);
                         });
}

// Calls `next` with the call when the workspace is open.
void when_open(Call call, std::move_only_function<void(std::shared_ptr<Call>)> next) {
  auto asked = std::make_shared<Call>(std::move(call));
  asked->shard.host.get(asked->path.workspace)
      .open([asked, next = std::move(next)](Result<void> open) mutable {
        open ? next(asked) : asked->refuse(open.error());
      });
}

// A second DELETE with erase=now has the erasure begin now.
void delete_or_erase(std::shared_ptr<Call> call, bool erase) {
  const log::HeldDeletions& held = call->shard.host.get(call->path.workspace).deletions();
  const std::uint64_t generation = held.workspace_generation;
  if (held.workspace && (!erase || log::is_erased(*held.workspace)))
    return call->refuse(workspace::deleted_workspace_error(call->path.workspace));
  if (held.workspace) return carry_out_act(std::move(call), log::EraseWorkspace{generation});
  const std::uint64_t now_ms = call->shard.scheduler.unix_ms();
  carry_out_act(std::move(call),
                log::DeleteWorkspace{generation, erase ? 0 : now_ms + held.rule.grace_ms});
}

void delete_workspace(Call call) {
  const std::string erase = asked_for(call, "erase");
  if (!erase.empty() && erase != "now")
    return call.refuse({ErrorCode::kInvalid, "the only value of erase is now"});
  when_open(std::move(call), [now = !erase.empty()](std::shared_ptr<Call> asked) {
    if (!now) return delete_or_erase(std::move(asked), false);
    // It would wait, and whoever asks should know.
    asked->shard.store->retention().load_retention(
        asked->path.workspace, [asked](Result<log::Retention> kept) mutable {
          if (!kept) return asked->refuse(kept.error());
          if (const auto free = log::check_not_held(*kept); !free)
            return asked->refuse({ErrorCode::kConflict, free.error().message});
          delete_or_erase(std::move(asked), true);
        });
  });
}

void undelete_workspace(Call call) {
  when_open(std::move(call), [](std::shared_ptr<Call> asked) {
    const log::HeldDeletions& held = asked->shard.host.get(asked->path.workspace).deletions();
    carry_out_act(std::move(asked), log::UndeleteWorkspace{held.workspace_generation});
  });
}

void begin_workspace(Call call) {
  when_open(std::move(call), [](std::shared_ptr<Call> asked) {
    const log::HeldDeletions& held = asked->shard.host.get(asked->path.workspace).deletions();
    carry_out_act(std::move(asked), log::BeginWorkspace{held.workspace_generation + 1});
  });
}

constexpr Route kDeleteWorkspaceRoutes[] = {
    {"DELETE", "/v1/workspaces/{workspace}", Right::kRetention, delete_workspace,
     Route::kAlsoWhileDeleted},
    {"POST", "/v1/workspaces/{workspace}/undelete", Right::kRetention, undelete_workspace,
     Route::kAlsoWhileDeleted},
    {"POST", "/v1/workspaces/{workspace}/begin", Right::kRetention, begin_workspace,
     Route::kAlsoWhileDeleted},
};

}  // namespace

std::string deleted_workspace_json(const log::HeldDeletions& held) {
  if (!held.workspace) return "null";
  const log::EndedWorkspace& ended = *held.workspace;
  return fmt::format(R"({{"deleted":{},"principal":{},"erase_at":{},"erased":{}}})",
                     protocol::json_string(protocol::time_text(ended.deleted_ms)),
                     protocol::json_string(ended.principal),
                     ended.erase_at_ms == 0
                         ? "null"
                         : protocol::json_string(protocol::time_text(ended.erase_at_ms)),
                     ended.erased);
}

std::span<const Route> delete_workspace_routes() {
  return kDeleteWorkspaceRoutes;
}

}  // namespace syncline::api
