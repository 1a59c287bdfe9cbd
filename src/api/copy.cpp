// Copies: an object that begins with what another one shows, now or at a moment. A template is any object that is copied.
//
// The copy is a document of its own. Its content has new ids, made by one replica that nobody else is, so:
// - whoever has the original open, or comes back with an old state of it, cannot merge that into the copy by mistake;
// - what ended with an earlier generation of either name stays ended, because none of its ids come back;
// - what was deleted in the original is not in the copy, and who reads the copy learns nothing of the original's authors.
// The author of the copy is whoever copies.
//
// The caller must read the original, and write the copy. It is a POST to the copy, so the dispatcher checks the right to
// write; the original is looked up here, through the door of its workspace.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/idempotency.h"
#include "api/route.h"
#include "api/support.h"
#include "base/percent.h"
#include "identity/scope.h"
#include "log/audit.h"
#include "merge/facets.h"
#include "node/shards.h"
#include "protocol/json_text.h"
#include "state/deletions_view.h"
#include "state/moment.h"
#include "state/object_replay.h"

namespace syncline::api {
namespace {

// Replica ids are drawn at random below 2^53, so a collision with another id is improbable. A copy over the name of an
// earlier generation must have none of its ids.
constexpr std::uint64_t kCopyReplicaBits = (std::uint64_t{1} << 53) - 1;

struct Copying {
  Path from;
  Path to;
  std::string at;
  identity::Caller caller;
  std::optional<IdempotencyKey> key;
  std::uint64_t replica = 0;
  log::Position copied = 0;  // the last event of the original that is in the copy
  bool made = false;

  std::string refusal_of_none() const {
    return fmt::format("there is no object {} in workspace {}", from.object, from.name);
  }
};

Result<Path> original_of(const Call& call) {
  const std::string& query = call.request.query;
  const auto object = http::query_parameter(query, "copy_from");
  if (!object)
    return fail(ErrorCode::kInvalid,
                "say what is copied: copy_from=OBJECT, perhaps workspace=NAME");
  const std::string workspace = http::query_parameter(query, "workspace").value_or(call.path.name);
  auto path =
      decode_path(percent_encode(workspace), percent_encode(*object), SystemNames::kRefused);
  if (!path) return path;
  if (path->name == log::kSystemWorkspace)
    return fail(ErrorCode::kForbidden, "this workspace belongs to the server");
  path->enter(call.caller.principal.tenant());
  if (auto within = identity::check_scope(call.caller.principal, path->name, path->object); !within)
    return std::unexpected(std::move(within.error()));
  if (path->workspace == call.path.workspace && path->object == call.path.object)
    return fail(ErrorCode::kInvalid, "an object is no copy of itself");
  return path;
}

std::string copied_json(const Copying& copying, log::Position position) {
  return fmt::format(
      R"({{"workspace":{},"object":{},"position":{},"copied":{{"workspace":{},"object":{},"position":{}}}}})"
      "\n",
      protocol::json_string(copying.to.name), protocol::json_string(copying.to.object), position,
      protocol::json_string(copying.from.name), protocol::json_string(copying.from.object),
      copying.copied);
}

http::Response copied(const Copying& copying, const workspace::Receipt& receipt) {
  const bool repeated = !copying.made;
  http::Response response =
      http::json_response(repeated ? 200 : 201, copied_json(copying, receipt.position));
  response.headers.emplace_back("Syncline-Position", std::to_string(receipt.position));
  if (repeated) response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

// On the loop of the copy. An original that shows nothing makes no event, so there would be no copy.
void begin_copy(node::Shard& shard, std::shared_ptr<Copying> copying,
                std::shared_ptr<merge::Object> original,
                std::shared_ptr<workspace::NamedActor> named, http::Responder responder) {
  workspace::Workspace::Author author{.caller = copying->caller,
                                      .type = &original->type(),
                                      .reads = 2 * original->memory_bytes(),
                                      .named = std::move(named)};
  author.caller.actor =
      fmt::format("copy of {}/{} at {}", copying->from.name, copying->from.object, copying->copied);
  if (author.caller.actor.size() > log::kMaxActorBytes) author.caller.actor = "copy";
  if (copying->key) {
    author.caller.actor = copying->key->actor;
    author.actor_seq = copying->key->digest;
  }
  auto make = [copying, original = std::move(original)](const merge::Object& now,
                                                        log::Position position) -> Result<Bytes> {
    copying->made = true;
    if (position > 0)
      return fail(ErrorCode::kConflict, fmt::format("object {} exists", copying->to.object));
    return merge::change_to(now, *original, copying->replica);
  };
  auto done = [copying,
               responder = std::move(responder)](Result<workspace::Receipt> receipt) mutable {
    if (!receipt) return responder.respond(to_response(receipt.error()));
    if (copying->made && receipt->known)
      return responder.respond(
          to_response({ErrorCode::kConflict, "the original is empty: there is nothing to copy"}));
    responder.respond(copied(*copying, *receipt));
  };
  shard.host.get(copying->to.workspace)
      .change(copying->to.object, std::move(author), std::move(make), std::move(done));
}

// What is recorded of the key is looked up before.
void begin_copy_once(node::Shard& shard, std::shared_ptr<Copying> copying,
                     std::shared_ptr<merge::Object> original, http::Responder responder) {
  if (auto open = shard.host.admit(copying->caller, copying->to.workspace); !open)
    return responder.respond(to_response(open.error()));
  copying->replica = (shard.random->next() & kCopyReplicaBits) | std::uint64_t{1} << 40;
  if (!copying->key)
    return begin_copy(shard, std::move(copying), std::move(original), nullptr,
                      std::move(responder));
  log::ActorId actor{.tenant = std::string(split_name(copying->to.workspace).tenant),
                     .principal = copying->caller.principal.id,
                     .actor = copying->key->actor};
  workspace::Workspace& workspace = shard.host.get(copying->to.workspace);
  workspace.recall(std::move(actor), [&shard, copying, original = std::move(original),
                                      responder = std::move(responder)](auto recalled) mutable {
    if (!recalled) return responder.respond(to_response(recalled.error()));
    begin_copy(shard, std::move(copying), std::move(original), std::move(*recalled),
               std::move(responder));
  });
}

// On a worker.
void replay_original(Inquiry asked, std::shared_ptr<Copying> copying, log::Position at,
                     state::SharedDeletions deletions) {
  const state::ReplaySources& sources = asked.sources;
  auto replayed = [asked = std::move(asked), copying, at, deletions = std::move(deletions)](
                      Result<state::ReplayedObject> original) mutable {
    if (!original) return asked.refuse(original.error());
    if (const auto deleted =
            state::gone_at(*deletions, copying->from.object, at, original->position))
      return asked.refuse(
          {ErrorCode::kGone, fmt::format("object {}: {}", copying->from.object, deleted->message)});
    if (original->position == 0)
      return asked.refuse({ErrorCode::kNotFound, copying->refusal_of_none()});
    copying->copied = original->position;
    asked.context.shards.on_owner(
        copying->to.workspace,
        [copying, object = std::shared_ptr<merge::Object>(std::move(original->object)),
         responder = std::move(asked.responder)](node::Shard& shard) mutable {
          begin_copy_once(shard, std::move(copying), std::move(object), std::move(responder));
        });
  };
  state::replay_object(sources, copying->from.workspace, copying->from.object, at,
                       std::move(replayed));
}

void look_for_deletions(Inquiry asked, std::shared_ptr<Copying> copying, log::Position at) {
  const state::ReplaySources& sources = asked.sources;
  const std::string workspace = copying->from.workspace;
  state::load_deletions(
      sources, workspace,
      [asked = std::move(asked), copying, at](Result<state::SharedDeletions> deletions) mutable {
        if (!deletions) return asked.refuse(deletions.error());
        replay_original(std::move(asked), std::move(copying), at, std::move(*deletions));
      });
}

void read_original(Inquiry asked, std::shared_ptr<Copying> copying) {
  const state::ReplaySources& sources = asked.sources;
  auto found = [asked = std::move(asked), copying](Result<log::Position> at) mutable {
    if (!at) return asked.refuse(at.error());
    look_for_deletions(std::move(asked), std::move(copying), *at);
  };
  state::find_moment(sources.events, sources.store.pins(), copying->from.workspace, copying->at,
                     std::move(found));
}

void copy_object(Call call) {
  auto from = original_of(call);
  if (!from) return call.refuse(from.error());
  auto key = idempotency_key(call.request);
  if (!key) return call.refuse(key.error());
  auto copying = std::make_shared<Copying>(
      Copying{.from = std::move(*from),
              .to = call.path,
              .at = http::query_parameter(call.request.query, "at").value_or(""),
              .caller = call.caller,
              .key = std::move(*key)});
  const node::Shards& shards = call.context.shards;
  const std::string workspace = copying->from.workspace;
  shards.on_owner(
      workspace, [&shards, copying, call = std::move(call)](node::Shard& shard) mutable {
        auto admitted = [&shards, copying, call = std::move(call)](Result<void> open) mutable {
          if (!open) return call.refuse(open.error());
          const std::string home = copying->to.workspace;
          shards.on_owner(home, [copying, call = std::move(call)](node::Shard&) mutable {
            inquire(std::move(call), "copy", [copying](Inquiry asked) mutable {
              read_original(std::move(asked), std::move(copying));
            });
          });
        };
        shard.host.admit(copying->caller, Right::kRead, copying->from.workspace,
                         copying->from.object, std::move(admitted));
      });
}

constexpr Route kCopyRoutes[] = {
    {"POST", "/v1/workspaces/{workspace}/objects/{object}", Right::kWrite, copy_object},
};

}  // namespace

std::span<const Route> copy_routes() {
  return kCopyRoutes;
}

}  // namespace syncline::api
