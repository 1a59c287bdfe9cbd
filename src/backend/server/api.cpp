#include "backend/server/api.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "backend/keys/key_ring.h"
#include "backend/net/event_loop.h"
#include "backend/server/api_support.h"
#include "backend/server/history_api.h"
#include "backend/server/restore_api.h"
#include "base/base64.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::backend {
namespace {

void list_workspaces(LoopShard& shard, const HttpRequest& request, HttpResponder responder) {
  auto limit = page_size(request);
  if (!limit) return responder.respond(to_response(limit.error()));
  shard.log->list_workspaces(query_parameter(request.query, "after").value_or(""), *limit,
                             answer_names("workspaces", *limit, std::move(responder)));
}

void list_objects(LoopShard& shard, const HttpRequest& request, const std::string& workspace,
                  HttpResponder responder) {
  auto limit = page_size(request);
  if (!limit) return responder.respond(to_response(limit.error()));
  shard.log->list_objects(workspace, query_parameter(request.query, "prefix").value_or(""),
                          query_parameter(request.query, "after").value_or(""), *limit,
                          answer_names("objects", *limit, std::move(responder)));
}

HttpResponse object_response(bool binary, const std::string& workspace, const std::string& object,
                             const Result<workspace::Workspace::View>& view) {
  if (!view) return to_response(view.error());
  HttpResponse response;
  response.headers.emplace_back("Syncline-Position", std::to_string(view->position));
  response.headers.emplace_back("Content-Type",
                                binary ? "application/octet-stream" : "application/json");
  response.body = binary ? view->content
                         : "{\"workspace\":" + protocol::json_string(workspace) +
                               ",\"object\":" + protocol::json_string(object) +
                               ",\"position\":" + std::to_string(view->position) +
                               ",\"state\":" + view->content + "}\n";
  return response;
}

// The state is asked for on the workspace's own loop; the answer is given on the request's.
void get_object(RouteContext& context, const HttpRequest& request, const ObjectPath& path,
                HttpResponder responder) {
  const bool binary = request.headers.has_token("Accept", "application/octet-stream");
  const std::size_t owner = loop_of(context, path.workspace);
  auto extract = [binary](const merge::Object& object) -> std::string {
    if (!binary) return object.to_json();
    auto state = object.diff_since({});
    return state ? std::string(as_text(*state)) : std::string();
  };
  auto answer = [binary, path, &loop = responder.loop(), responder = std::move(responder)](
                    Result<workspace::Workspace::View> view) mutable {
    loop.post([binary, path = std::move(path), view = std::move(view),
               responder = std::move(responder)]() mutable {
      responder.respond(object_response(binary, path.workspace, path.object, view));
    });
  };
  context.loops[owner].post(
      [&shard = *context.shards[owner], path, extract, answer = std::move(answer)]() mutable {
        shard.host.get(path.workspace).read(path.object, extract, std::move(answer));
      });
}

void get_log(LoopShard& shard, const HttpRequest& request, const std::string& workspace,
             HttpResponder responder) {
  auto limit = page_size(request);
  auto after = number(request, "after", 0);
  if (!limit) return responder.respond(to_response(limit.error()));
  if (!after) return responder.respond(to_response(after.error()));
  auto answer = [responder = std::move(responder)](Result<std::vector<log::Event>> events) mutable {
    if (!events) return responder.respond(to_response(events.error()));
    HttpResponse response;
    response.headers.emplace_back("Content-Type", "application/x-ndjson");
    std::string lines;
    for (const log::Event& event : *events) lines += protocol::event_to_json(event) + "\n";
    response.body = std::move(lines);
    responder.respond(std::move(response));
  };
  const log::ReadLimits limits{.max_events = *limit};
  if (const auto object = query_parameter(request.query, "object")) {
    shard.log->read_object(workspace, *object, *after, limits, std::move(answer));
  } else {
    shard.log->read(workspace, *after, limits, std::move(answer));
  }
}

void get_checkpoint(LoopShard& shard, const std::string& workspace, HttpResponder responder) {
  shard.notary.checkpoint(
      workspace, [responder = std::move(responder)](Result<log::SignedCheckpoint> made) mutable {
        responder.respond(made ? plain_text(std::move(made->note)) : to_response(made.error()));
      });
}

// The proof ends in the checkpoint that it leads to.
void get_proof(LoopShard& shard, const std::string& workspace, std::uint64_t position,
               HttpResponder responder) {
  auto prove = [&shard, workspace, position,
                responder = std::move(responder)](Result<log::SignedCheckpoint> made) mutable {
    if (!made) return responder.respond(to_response(made.error()));
    auto answer = [note = made->note,
                   responder = std::move(responder)](Result<log::InclusionProof> proof) mutable {
      responder.respond(proof ? plain_text(log::proof_text(*proof, note))
                              : to_response(proof.error()));
    };
    shard.notary.prove_inclusion(workspace, position, made->checkpoint.size, std::move(answer));
  };
  shard.notary.checkpoint(workspace, std::move(prove));
}

void get_consistency(LoopShard& shard, const HttpRequest& request, const std::string& workspace,
                     HttpResponder responder) {
  const auto from = number(request, "from", 0);
  const auto to = number(request, "to", 0);
  if (!from) return responder.respond(to_response(from.error()));
  if (!to) return responder.respond(to_response(to.error()));
  auto answer = [from = *from, to = *to,
                 responder = std::move(responder)](Result<log::merkle::Proof> proof) mutable {
    if (!proof) return responder.respond(to_response(proof.error()));
    std::string hashes;
    for (const Hash256& hash : *proof)
      hashes += (hashes.empty() ? "" : ",") + protocol::json_string(to_base64(hash));
    responder.respond(json_response(200, "{\"from\":" + std::to_string(from) +
                                             ",\"to\":" + std::to_string(to) + ",\"hashes\":[" +
                                             hashes + "]}\n"));
  };
  shard.notary.prove_consistency(workspace, *from, *to, std::move(answer));
}

// "/v1/workspaces/{workspace}/{what}/{object}", undecoded; parts that are not there are empty.
struct PathParts {
  std::string workspace;
  std::string what;
  std::string object;
};

PathParts split_path(std::string_view raw_path) {
  constexpr std::string_view kPrefix = "/v1/workspaces/";
  if (!raw_path.starts_with(kPrefix)) return {};
  raw_path.remove_prefix(kPrefix.size());
  auto next = [&] {
    const std::string part(raw_path.substr(0, raw_path.find('/')));
    raw_path.remove_prefix(std::min(part.size() + 1, raw_path.size()));
    return part;
  };
  std::string workspace = next();
  std::string what = next();
  return {std::move(workspace), std::move(what), std::string(raw_path)};
}

}  // namespace

void serve_api(RouteContext& context, HttpRequest request, HttpResponder responder) {
  LoopShard& shard = *context.shards[request.loop];
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (!reading && !request.path.starts_with("/v1/workspaces/"))
    return responder.respond(method_not_allowed("GET, HEAD"));
  if (request.path == "/v1/workspaces")
    return list_workspaces(shard, request, std::move(responder));
  if (request.path == "/v1/keys") return responder.respond(plain_text(context.keys.public_text()));
  const auto [workspace, what, object] = split_path(request.raw_path);
  if (what.empty()) {
    return responder.respond(error_response(404, "not_found", "nothing is served at this path"));
  }
  auto path = parse_object_path("/" + workspace + "/" + object, "/");
  if (!path) return responder.respond(to_response(path.error()));
  if (what == "pins" || what == "state" || what == "changes" || what == "blame" ||
      (what == "objects" && !path->object.empty() && query_parameter(request.query, "at"))) {
    return serve_history(context, request, what, *path, std::move(responder));
  }
  if (what == "restore" && !path->object.empty())
    return serve_restore(context, request, *path, std::move(responder));
  if (!reading) return responder.respond(method_not_allowed("GET, HEAD"));
  if (what == "objects" && !path->object.empty()) {
    return get_object(context, request, *path, std::move(responder));
  }
  if (what == "objects") return list_objects(shard, request, path->workspace, std::move(responder));
  if (what == "log" && path->object.empty()) {
    return get_log(shard, request, path->workspace, std::move(responder));
  }
  if (what == "checkpoint" && path->object.empty())
    return get_checkpoint(shard, path->workspace, std::move(responder));
  if (what == "consistency" && path->object.empty())
    return get_consistency(shard, request, path->workspace, std::move(responder));
  if (what == "proof") {
    const auto position = parse_number(path->object, "the position");
    if (!position) return responder.respond(to_response(position.error()));
    return get_proof(shard, path->workspace, *position, std::move(responder));
  }
  responder.respond(error_response(404, "not_found", "nothing is served at this path"));
}

}  // namespace syncline::backend
