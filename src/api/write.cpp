// Changes of an object by whoever has no replica of it: scripts, services, agents.
//
// A request says what it wants in one of several forms (api/write_forms.h). The change is made from the present state,
// in the turn in which it becomes an event or on a worker, so the conditions of the request are compared with exactly
// the state that they are about. From there on it is a change like any other.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/conditions.h"
#include "api/idempotency.h"
#include "api/route.h"
#include "api/support.h"
#include "api/write_forms.h"
#include "base/mutation.h"
#include "merge/facets.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

constexpr std::string_view kYjs = "yjs";  // the face whose intents are Yjs updates

// One request, and what has become of it. `make` may run on a worker; the loop looks at it only afterwards.
struct Write {
  http::Request request;
  Path path;
  identity::Caller caller;
  const WriteForm* form;
  Conditions conditions;
  std::optional<IdempotencyKey> key;
  std::uint64_t replica;
  bool dry_run;
  std::optional<http::Responder> responder;  // until it is answered

  // What `make` finds.
  bool made = false;
  bool unmet = false;    // a condition does not hold
  bool begins = false;   // there was no such object
  bool changes = false;  // of a dry run
  std::string told = "[]";

  void answer(http::Response response) {
    if (responder) std::exchange(responder, std::nullopt)->respond(std::move(response));
  }
};

// ---- on the loop, or on a worker

Result<Bytes> intent_of(const Write& write, const merge::Object& now) {
  auto wanted = write.form->read(write.request);
  if (!wanted) return std::unexpected(std::move(wanted.error()));
  if (const auto* edit = std::get_if<merge::Edit>(&*wanted))
    return merge::edit(now, *edit, write.replica);
  const auto faces = now.type().faces();
  if (std::ranges::find(faces, kYjs) == faces.end())
    return fail(ErrorCode::kUnsupported, "objects of this type take no Yjs updates");
  return std::move(std::get<Bytes>(*wanted));
}

// What the change would do, on a copy.
Result<void> foretell(Write& write, const merge::Object& now, ByteView intent) {
  auto prepared = now.prepare(intent);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  write.changes = prepared->changes;
  auto copy = now.type().restore(now.snapshot());
  if (!copy) return std::unexpected(std::move(copy.error()));
  auto told = merge::apply_and_tell(**copy, intent);
  if (!told) return std::unexpected(std::move(told.error()));
  write.told = std::move(*told);
  return {};
}

Result<Bytes> make_change(Write& write, const merge::Object& now, log::Position position) {
  write.made = true;
  write.begins = position == 0;
  if (!write.conditions.allow_change(position)) {
    write.unmet = true;
    return fail(ErrorCode::kConflict, write.conditions.unmet(position));
  }
  auto intent = intent_of(write, now);
  if (!intent || !write.dry_run) return intent;
  if (auto told = foretell(write, now, *intent); !told)
    return std::unexpected(std::move(told.error()));
  return intent;
}

// ---- answers

http::Response refusal(const Write& write, const Error& error) {
  if (!write.unmet) return to_response(error);
  return http::error_response(412, "precondition_failed", error.message);
}

std::string head_json(const Write& write) {
  return fmt::format(R"({{"workspace":{},"object":{},)", protocol::json_string(write.path.name),
                     protocol::json_string(write.path.object));
}

http::Response result(const Write& write, const workspace::Receipt& receipt) {
  const bool repeated = receipt.known && !write.made;
  const bool changed = write.dry_run ? write.changes : repeated || !receipt.known;
  const int status = write.begins && changed && !write.dry_run && !repeated ? 201 : 200;
  http::Response response = http::json_response(
      status, head_json(write) + fmt::format("\"dry_run\":{},\"changed\":{},\"position\":{}{}}}\n",
                                             write.dry_run, changed, receipt.position,
                                             write.dry_run ? ",\"changes\":" + write.told : ""));
  if (receipt.position > 0) {
    response.headers.emplace_back("ETag", etag_of(receipt.position));
    response.headers.emplace_back("Syncline-Position", std::to_string(receipt.position));
  }
  if (repeated) response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

// The change needs others that have not come. It is kept, and judged when they come.
http::Response waits(const Write& write) {
  return http::json_response(202, head_json(write) + "\"waits\":true}\n");
}

http::Response unsupported_media_type(std::string_view method) {
  const std::string types = media_types_of(method);
  http::Response response = http::error_response(415, "unsupported_media_type",
                                                 fmt::format("{} takes {}", method, types));
  if (method == "PATCH") response.headers.emplace_back("Accept-Patch", types);
  return response;
}

// ---- the way of a request

void change(node::Shard& shard, std::shared_ptr<Write> write,
            std::shared_ptr<workspace::NamedActor> named) {
  workspace::Workspace::Author author{.caller = write->caller,
                                      .dry_run = write->dry_run,
                                      .reads = write->form->weight * write->request.body.size(),
                                      .named = std::move(named)};
  if (write->key) {
    author.caller.actor = write->key->actor;
    author.actor_seq = write->key->digest;
  }
  author.waits = [write](bool kept) {
    if (!kept) return;
    write->answer(waits(*write));
    write->request = {};  // it may wait for days
  };
  auto make = [write](const merge::Object& now, log::Position position) {
    return make_change(*write, now, position);
  };
  shard.host.get(write->path.workspace)
      .change(
          write->path.object, std::move(author), std::move(make),
          [write](Result<workspace::Receipt> receipt) {
            write->answer(receipt ? result(*write, *receipt) : refusal(*write, receipt.error()));
          });
}

// What is recorded of the key is looked up before.
void change_once(node::Shard& shard, std::shared_ptr<Write> write) {
  log::ActorId actor{.tenant = std::string(split_name(write->path.workspace).tenant),
                     .principal = write->caller.principal.id,
                     .actor = write->key->actor};
  workspace::Workspace& workspace = shard.host.get(write->path.workspace);
  workspace.recall(std::move(actor),
                   [&shard, write](Result<std::shared_ptr<workspace::NamedActor>> recalled) {
                     if (!recalled) return write->answer(to_response(recalled.error()));
                     change(shard, write, std::move(*recalled));
                   });
}

void write_object(Call call) {
  const WriteForm* form = write_form_of(call.request);
  if (form == nullptr) return call.answer(unsupported_media_type(call.request.method));
  auto conditions = Conditions::read(call.request);
  if (!conditions) return call.refuse(conditions.error());
  auto key = idempotency_key(call.request);
  if (!key) return call.refuse(key.error());
  const bool dry_run = http::query_parameter(call.request.query, "dry_run").value_or("") == "1";
  if (dry_run) key->reset();
  if (*key && is_mutated(Mutation::retry_is_new))
    (*key)->actor += std::to_string(call.shard.editing_replica());
  auto write = std::make_shared<Write>(Write{.request = std::move(call.request),
                                             .path = std::move(call.path),
                                             .caller = std::move(call.caller),
                                             .form = form,
                                             .conditions = std::move(*conditions),
                                             .key = std::move(*key),
                                             .replica = call.shard.editing_replica(),
                                             .dry_run = dry_run,
                                             .responder = std::move(call.responder)});
  write->key ? change_once(call.shard, std::move(write))
             : change(call.shard, std::move(write), nullptr);
}

constexpr Route kWriteRoutes[] = {
    {"PATCH", "/v1/workspaces/{workspace}/objects/{object}", Right::kWrite, write_object},
    {"PUT", "/v1/workspaces/{workspace}/objects/{object}", Right::kWrite, write_object},
};

}  // namespace

std::span<const Route> write_routes() {
  return kWriteRoutes;
}

}  // namespace syncline::api
