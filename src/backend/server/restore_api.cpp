#include <fmt/format.h>

#include <memory>
#include <utility>

#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "backend/server/import_service.h"
#include "backend/server/quarantine_api.h"
#include "merge/facets.h"
#include "policy/names.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "state/moment.h"
#include "state/object_replay.h"

namespace syncline::backend {
namespace {

// Ids of replicas are drawn from here up to 2^53: nobody else's is hit by chance.
constexpr std::uint64_t kReplicaBits = (std::uint64_t{1} << 53) - 1;

struct Restore {
  ObjectPath path;
  std::string target;  // the workspace that gets the state
  bool dry_run = false;
  bool or_empty = false;  // what did not exist then becomes empty, instead of an error
  std::string principal;
  std::string trace;
  log::Position at = 0;

  bool in_place() const { return target == path.workspace; }
};

// A restore cannot be meant by accident: the name of what is overwritten must be said.
Result<Restore> read_restore(RouteContext& context, const http::Request& request,
                             const ObjectPath& path) {
  auto principal = may_write(context, request);
  if (!principal) return std::unexpected(std::move(principal.error()));
  Restore restore{.path = path, .target = path.workspace};
  restore.dry_run = http::query_parameter(request.query, "dry_run").value_or("") == "1";
  restore.or_empty = http::query_parameter(request.query, "or_empty").value_or("") == "1";
  restore.principal = std::move(principal->name);
  restore.trace = trace_of(request);
  const auto into = http::query_parameter(request.query, "into");
  const auto confirmed = http::query_parameter(request.query, "confirm");
  if (!http::query_parameter(request.query, "at"))
    return fail(ErrorCode::kInvalid, "say as of when: at=POSITION, a time or a pin");
  if (into) {
    if (auto valid = policy::check_workspace_name(*into); !valid)
      return std::unexpected(std::move(valid.error()));
    if (*into == path.workspace)
      return fail(ErrorCode::kInvalid, "into= names another workspace; here, use confirm=");
    restore.target = *into;
  } else if (!restore.dry_run && confirmed.value_or("") != path.workspace) {
    return fail(ErrorCode::kInvalid,
                fmt::format("to change workspace {0} itself, say confirm={0}; or into=NAME",
                            path.workspace));
  }
  return restore;
}

std::string result_json(const Restore& restore, log::Position position, bool changed,
                        const std::string& changes) {
  return fmt::format(
             R"({{"workspace":{},"object":{},"at":{},"dry_run":{},"changed":{},"position":{},"changes":{}}})",
             protocol::json_string(restore.target), protocol::json_string(restore.path.object),
             restore.at, restore.dry_run, changed, position, changes) +
         "\n";
}

// The change that leads from `now` to what was then, and what it would change. Another workspace gets
// the state as it was, with the ids of its characters.
struct Plan {
  Bytes intent;
  std::string told = "[]";
  bool changes = false;
};

Result<Plan> plan(const Restore& restore, const merge::Object& now, merge::Object& then,
                  std::uint64_t replica) {
  auto intent =
      restore.in_place() ? merge::change_to(now, then, replica) : merge::diff_since(then, {});
  if (!intent) return std::unexpected(std::move(intent.error()));
  auto prepared = now.prepare(*intent);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  auto copy = merge::doc_type().restore(now.snapshot());
  if (!copy) return std::unexpected(std::move(copy.error()));
  auto told = merge::apply_and_tell(**copy, *intent);
  if (!told) return std::unexpected(std::move(told.error()));
  return Plan{std::move(*intent), std::move(*told), prepared->changes};
}

// On the loop of the target; answers on the request's.
void carry_out(RouteContext& context, LoopShard& shard, Restore restore,
               std::shared_ptr<merge::Object> then, log::Done<std::string> done) {
  if (auto free = context.imports.check_free(restore.target); !free)
    return done(std::unexpected(std::move(free.error())));
  const std::uint64_t replica = (shard.random.next() & kReplicaBits) | std::uint64_t{1} << 40;
  auto told = std::make_shared<Plan>();
  auto make = [restore, then, replica, told](const merge::Object& now,
                                             log::Position position) -> Result<Bytes> {
    if (!restore.in_place() && position > 0)
      return fail(ErrorCode::kConflict, fmt::format("object {} exists in workspace {}",
                                                    restore.path.object, restore.target));
    auto made = plan(restore, now, *then, replica);
    if (!made) return std::unexpected(std::move(made.error()));
    *told = std::move(*made);
    return told->intent;
  };
  workspace::Workspace::Author author{
      .principal = restore.principal,
      .actor = fmt::format("restore of {} at {}", restore.path.workspace, restore.at),
      .trace = restore.trace,
      .dry_run = restore.dry_run};
  shard.host.get(restore.target)
      .change(restore.path.object, std::move(author), std::move(make),
              [restore, told, done = std::move(done)](Result<workspace::Receipt> receipt) mutable {
                if (!receipt) return done(std::unexpected(std::move(receipt.error())));
                done(result_json(restore, receipt->position, told->changes, told->told));
              });
}

void restore_at(RouteContext& context, Restore restore, http::Responder responder,
                Result<state::ReplayedObject> replayed) {
  if (!replayed) return responder.respond(to_response(replayed.error()));
  if (replayed->position == 0 && !restore.or_empty)
    return responder.respond(
        to_response({ErrorCode::kNotFound, fmt::format("there was no object {} at {}",
                                                       restore.path.object, restore.at)}));
  auto done = answer_at_home<std::string>(std::move(responder), [](std::string& json) {
    return http::json_response(200, std::move(json));
  });
  const std::string target = restore.target;
  on_its_loop(context, target,
              [&context, restore = std::move(restore),
               then = std::shared_ptr<merge::Object>(std::move(replayed->object)),
               done = std::move(done)](LoopShard& shard) mutable {
                carry_out(context, shard, std::move(restore), std::move(then), std::move(done));
              });
}

void restore(ApiCall call) {
  auto read = read_restore(call.context, call.request, call.path);
  if (!read) return call.refuse(read.error());
  const std::string at = http::query_parameter(call.request.query, "at").value_or("");
  log::EventLog& log = *call.shard.log;
  const ObjectPath from = call.path;
  auto replay = [call = std::move(call),
                 restore = std::move(*read)](Result<log::Position> position) mutable {
    if (!position) return call.refuse(position.error());
    restore.at = *position;
    unless_quarantined(
        std::move(call), *position,
        [restore = std::move(restore)](log::Position at, ApiCall asked) mutable {
          const ObjectPath path = asked.path;
          log::EventLog& past = *asked.shard.log;
          state::replay_object(
              past, path.workspace, path.object, at,
              [asked = std::move(asked), restore = std::move(restore)](auto replayed) mutable {
                restore_at(asked.context, std::move(restore), std::move(asked.responder),
                           std::move(replayed));
              });
        });
  };
  state::find_moment(log, from.workspace, at, std::move(replay));
}

constexpr ApiRoute kRestoreRoutes[] = {
    {"POST", "/v1/workspaces/{workspace}/restore/{object}", restore},
};

}  // namespace

std::span<const ApiRoute> restore_routes() {
  return kRestoreRoutes;
}

}  // namespace syncline::backend
