#include <fmt/format.h>

#include <memory>
#include <utility>

#include "api/deleted.h"
#include "api/quarantine.h"
#include "api/route.h"
#include "api/support.h"
#include "base/mutation.h"
#include "identity/names.h"
#include "merge/facets.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "state/moment.h"
#include "state/object_replay.h"

namespace syncline::api {
namespace {

// Replica ids are drawn at random below 2^53, so a collision with another id is improbable.
constexpr std::uint64_t kReplicaBits = (std::uint64_t{1} << 53) - 1;

struct Restore {
  Path path;
  std::string target;  // the workspace that receives the state, within the server
  bool dry_run = false;
  bool or_empty = false;  // an object that did not exist then becomes empty, instead of an error
  identity::Caller caller;
  log::Position at = 0;

  bool in_place() const { return target == path.workspace; }
  std::string_view target_name() const { return split_name(target).workspace; }
};

// A restore must not happen by mistake, so the request must repeat the name of what it overwrites.
Result<Restore> read_restore(const Call& call) {
  const http::Request& request = call.request;
  const Path& path = call.path;
  Restore restore{.path = path, .target = path.workspace, .caller = call.caller};
  restore.dry_run = http::query_parameter(request.query, "dry_run").value_or("") == "1";
  restore.or_empty = http::query_parameter(request.query, "or_empty").value_or("") == "1";
  const auto into = http::query_parameter(request.query, "into");
  const auto confirmed = http::query_parameter(request.query, "confirm");
  if (!http::query_parameter(request.query, "at"))
    return fail(ErrorCode::kInvalid, "say as of when: at=POSITION, a time or a pin");
  if (into) {
    if (auto valid = identity::check_workspace_name(*into); !valid)
      return std::unexpected(std::move(valid.error()));
    if (*into == path.name)
      return fail(ErrorCode::kInvalid, "into= names another workspace; here, use confirm=");
    restore.target = qualified(call.caller.principal.tenant(), *into);
  } else if (!restore.dry_run && confirmed.value_or("") != path.name) {
    return fail(
        ErrorCode::kInvalid,
        fmt::format("to change workspace {0} itself, say confirm={0}; or into=NAME", path.name));
  }
  return restore;
}

std::string result_json(const Restore& restore, log::Position position, bool changed,
                        const std::string& changes) {
  return fmt::format(
             R"({{"workspace":{},"object":{},"at":{},"dry_run":{},"changed":{},"position":{},"changes":{}}})",
             protocol::json_string(restore.target_name()),
             protocol::json_string(restore.path.object), restore.at, restore.dry_run, changed,
             position, changes) +
         "\n";
}

// The change that makes `now` show the past state, and what it would change. Another workspace gets
// the state itself, with the ids of its characters.
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
  auto copy = now.type().restore(now.snapshot());
  if (!copy) return std::unexpected(std::move(copy.error()));
  auto told = merge::apply_and_tell(**copy, *intent);
  if (!told) return std::unexpected(std::move(told.error()));
  return Plan{std::move(*intent), std::move(*told), prepared->changes};
}

// Runs on the loop of the target. A large past state is given up to the worker that reads it.
void carry_out(node::Shard& shard, Restore restore, std::shared_ptr<merge::Object> then,
               log::Done<std::string> done) {
  if (auto open = shard.host.admit(restore.caller, restore.target); !open)
    return done(std::unexpected(std::move(open.error())));
  const std::uint64_t replica = (shard.random->next() & kReplicaBits) | std::uint64_t{1} << 40;
  auto told = std::make_shared<Plan>();
  workspace::Workspace::Author author{.caller = restore.caller,
                                      .right = Right::kRestore,
                                      .dry_run = restore.dry_run,
                                      .type = &then->type(),
                                      .reads = then->memory_bytes()};
  author.caller.actor = fmt::format("restore of {} at {}", restore.path.name, restore.at);
  auto make = [restore, then = std::move(then), replica, told](
                  const merge::Object& now, log::Position position) -> Result<Bytes> {
    if (!restore.in_place() && position > 0)
      return fail(ErrorCode::kConflict, fmt::format("object {} exists in workspace {}",
                                                    restore.path.object, restore.target_name()));
    auto made = plan(restore, now, *then, replica);
    if (!made) return std::unexpected(std::move(made.error()));
    *told = std::move(*made);
    return told->intent;
  };
  shard.host.get(restore.target)
      .change(restore.path.object, std::move(author), std::move(make),
              [restore, told, done = std::move(done)](Result<workspace::Receipt> receipt) mutable {
                if (!receipt) return done(std::unexpected(std::move(receipt.error())));
                done(result_json(restore, receipt->position, told->changes, told->told));
              });
}

void restore_at(Context& context, Restore restore, http::Responder responder,
                Result<state::ReplayedObject> replayed) {
  if (!replayed) return responder.respond(to_response(replayed.error()));
  if (replayed->position == 0 && !restore.or_empty)
    return responder.respond(
        to_response({ErrorCode::kNotFound, fmt::format("there was no object {} at {}",
                                                       restore.path.object, restore.at)}));
  auto done = answer_with<std::string>(std::move(responder), [](std::string& json) {
    return http::json_response(200, std::move(json));
  });
  const std::string target = restore.target;
  context.shards.on_owner(target,
                          [restore = std::move(restore),
                           then = std::shared_ptr<merge::Object>(std::move(replayed->object)),
                           done = std::move(done)](node::Shard& shard) mutable {
                            carry_out(shard, std::move(restore), std::move(then), std::move(done));
                          });
}

void replay_then(Restore restore, Inquiry inquiry, state::SharedDeletions gone) {
  const Path from = inquiry.path;
  const log::Position at = restore.at;
  const state::ReplaySources& worker = inquiry.sources;
  state::replay_object(
      worker, from.workspace, from.object, is_mutated(Mutation::restore_present) ? log::kNow : at,
      [inquiry = std::move(inquiry), restore = std::move(restore), gone = std::move(gone),
       at](Result<state::ReplayedObject> replayed) mutable {
        if (replayed)
          if (const auto deleted =
                  state::gone_at(*gone, inquiry.path.object, at, replayed->position))
            return inquiry.refuse(*deleted);
        restore_at(inquiry.context, std::move(restore), std::move(inquiry.responder),
                   std::move(replayed));
      });
}

// The past state is made by a worker.
void restore(Call call) {
  auto read = read_restore(call);
  if (!read) return call.refuse(read.error());
  auto replay = [restore = std::move(*read)](Inquiry inquiry) mutable {
    const std::string at = http::query_parameter(inquiry.request.query, "at").value_or("");
    const Path path = inquiry.path;
    const state::ReplaySources& sources = inquiry.sources;
    state::find_moment(
        sources.events, sources.store.pins(), path.workspace, at,
        [inquiry = std::move(inquiry),
         restore = std::move(restore)](Result<log::Position> position) mutable {
          if (!position) return inquiry.refuse(position.error());
          if (auto ok = check_quarantine(inquiry, *position); !ok)
            return inquiry.refuse(ok.error());
          restore.at = *position;
          with_deletions(
              std::move(inquiry),
              [restore = std::move(restore)](Inquiry asked, state::SharedDeletions gone) mutable {
                replay_then(std::move(restore), std::move(asked), std::move(gone));
              });
        });
  };
  inquire(std::move(call), "restore", std::move(replay));
}

constexpr Route kRestoreRoutes[] = {
    {"POST", "/v1/workspaces/{workspace}/restore/{object}", Right::kRestore, restore},
};

}  // namespace

std::span<const Route> restore_routes() {
  return kRestoreRoutes;
}

}  // namespace syncline::api
