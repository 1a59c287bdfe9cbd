#include "backend/server/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "backend/server/api_support.h"
#include "backend/server/import_service.h"

namespace syncline::backend {
namespace {

// What the path names if it fits the template, undecoded.
struct Match {
  std::string_view workspace;
  std::string_view rest;
};

std::string_view next_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(segment.size() + 1, path.size()));
  return segment;
}

// A slash at the end belongs to an object's id; no other path ends with one.
std::optional<Match> match(std::string_view pattern, std::string_view path) {
  const bool slash_at_end = path.ends_with('/');
  Match found;
  while (!pattern.empty()) {
    const std::string_view expected = next_segment(pattern);
    if (expected.starts_with('{') && pattern.empty()) {
      found.rest = std::exchange(path, {});
      if (found.rest.empty()) return std::nullopt;
      continue;
    }
    const std::string_view segment = next_segment(path);
    if (expected == "{workspace}" && !segment.empty()) {
      found.workspace = segment;
    } else if (segment != expected) {
      return std::nullopt;
    }
  }
  if (!path.empty() || (slash_at_end && found.rest.empty())) return std::nullopt;
  return found;
}

Result<ObjectPath> decode(const Match& match) {
  if (match.workspace.empty()) return ObjectPath{};
  return parse_object_path(fmt::format("/{}/{}", match.workspace, match.rest), "/");
}

}  // namespace

void ApiCall::refuse(const Error& error) {
  answer(to_response(error));
}

void serve_api(RouteContext& context, http::Request request, http::Responder responder) {
  const std::string_view asked = request.method;
  const std::string_view method = asked == "HEAD" ? std::string_view("GET") : asked;
  std::string allowed;
  for (const auto routes :
       {state_routes(), history_routes(), restore_routes(), proof_routes(), export_routes(),
        retention_routes(), quarantine_routes(), backup_routes(), import_routes()}) {
    for (const ApiRoute& route : routes) {
      const auto found = match(route.path, request.raw_path);
      if (!found) continue;
      if (route.method != method) {
        allowed += (allowed.empty() ? "" : ", ");
        allowed += route.method == "GET" ? "GET, HEAD" : route.method;
        continue;
      }
      auto path = decode(*found);
      if (!path) return responder.respond(to_response(path.error()));
      if (routes.data() != import_routes().data())
        if (auto free = context.imports.check_free(path->workspace); !free)
          return responder.respond(to_response(free.error()));
      LoopShard& shard = *context.shards[request.loop];
      return route.serve(
          {context, shard, std::move(request), std::move(*path), std::move(responder)});
    }
  }
  if (!allowed.empty()) return responder.respond(method_not_allowed(allowed));
  responder.respond(http::error_response(404, "not_found", "nothing is served at this path"));
}

}  // namespace syncline::backend
