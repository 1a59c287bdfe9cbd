// The retention of a workspace: the rule, the legal hold, and applying the rule now.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/names.h"
#include "api/route.h"
#include "api/rules.h"
#include "api/support.h"
#include "protocol/json_text.h"
#include "protocol/retention_json.h"
#include "state/retention_run.h"
#include "state/retention_view.h"

namespace syncline::api {
namespace {

http::Response view_response(const state::RetentionView& view, const Names& names) {
  const auto name_of = [&names](const std::string& principal) { return names.of(principal); };
  return http::json_response(
      200,
      protocol::retention_to_json(view.retention, view.rule_says, view.record, name_of) + "\n");
}

void answer_view(Call call) {
  const state::ReplaySources& sources = call.shard.sources;
  const std::uint64_t now = call.shard.scheduler.unix_ms();
  const std::string workspace = call.path.workspace;
  state::view_retention(
      sources, workspace, now,
      [where = names_of(call),
       responder = std::move(call.responder)](Result<state::RetentionView> view) mutable {
        if (!view) return responder.respond(to_response(view.error()));
        std::vector<Maker> makers;
        if (view->retention.hold) makers.push_back({view->retention.hold->principal});
        for (const log::RetentionRecord& line : view->record)
          makers.push_back({line.change.principal});
        look_up(where, std::move(makers), {},
                [view = std::move(*view), responder = std::move(responder)](Names names) mutable {
                  responder.respond(view_response(view, names));
                });
      });
}

// Makes the change in the name of whoever asks, and shows what came of it.
void change(Call call, Right right, log::RuleAct act) {
  std::string reason = http::query_parameter(call.request.query, "reason").value_or("");
  change_rules(std::move(call), right, std::move(act), std::move(reason), answer_view);
}

void set_rule(Call call) {
  const auto keep_for =
      protocol::parse_duration(http::query_parameter(call.request.query, "keep_for").value_or("0"));
  const auto keep_last = number(call.request, "keep_last", 0);
  if (!keep_for) return call.refuse(keep_for.error());
  if (!keep_last) return call.refuse(keep_last.error());
  change(std::move(call), Right::kRetention, log::SetRetention{{*keep_for, *keep_last}});
}

void put_hold(Call call) {
  change(std::move(call), Right::kHold, log::PutHold{});
}

void release(Call call) {
  change(std::move(call), Right::kHold, log::ReleaseHold{});
}

http::Response turn_response(const state::RetentionTurn& turn) {
  std::string unreadable;
  for (const std::string& object : turn.unreadable)
    unreadable += (unreadable.empty() ? "" : ",") + protocol::json_string(object);
  return http::json_response(
      200,
      fmt::format(
          R"({{"kept_from":{},"swept_to":{},"events":{},"bytes":{},"snapshots":{},"unreadable":[{}],"done":{}}})",
          turn.floor, turn.swept_to, turn.events, turn.bytes, turn.snapshots, unreadable,
          turn.done) +
          "\n");
}

void apply_rule(Call call) {
  const std::uint64_t now = call.shard.scheduler.unix_ms();
  const std::string workspace = call.path.workspace;
  node::Shard& shard = call.shard;
  state::retain(shard.sources, workspace, now, call.context.retention_events,
                answer_with<state::RetentionTurn>(
                    std::move(call.responder), [use = shard.uses.of(workspace)](const auto& turn) {
                      if (use != nullptr) use->drop(turn.changes_bytes);
                      return turn_response(turn);
                    }));
}

constexpr Route kRetentionRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/retention", Right::kHistory, answer_view,
     Route::kAlsoWhileDeleted},
    {"PUT", "/v1/workspaces/{workspace}/retention", Right::kRetention, set_rule},
    {"POST", "/v1/workspaces/{workspace}/retention", Right::kRetention, apply_rule},
    {"PUT", "/v1/workspaces/{workspace}/hold", Right::kHold, put_hold, Route::kAlsoWhileDeleted},
    {"DELETE", "/v1/workspaces/{workspace}/hold", Right::kHold, release, Route::kAlsoWhileDeleted},
};

}  // namespace

std::span<const Route> retention_routes() {
  return kRetentionRoutes;
}

}  // namespace syncline::api
