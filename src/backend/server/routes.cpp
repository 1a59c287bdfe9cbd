#include "backend/server/routes.h"

#include <functional>
#include <optional>

#include "backend/net/event_loop.h"
#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "backend/server/metrics.h"
#include "backend/web/assets.h"
#include "policy/names.h"

namespace syncline::backend {
namespace {

// Only what the page itself brings; CodeMirror sets styles from script.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

http::Response page(const http::Request& request, const http::Asset& asset) {
  http::Response response =
      http::asset_response(request, http::Body::forever(asset.body), asset.content_type, asset.etag,
                           asset.immutable() ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

bool is_protocol_path(std::string_view path) {
  return path.starts_with("/y/") || path.starts_with("/hocuspocus/");
}

// Denied: the answer. Otherwise nothing.
std::optional<http::Response> deny(const RouteContext& context, const http::Request& request) {
  auto principal = context.access.authenticate(request_token(request));
  if (principal) return std::nullopt;
  http::Response response = http::error_response(401, "unauthorized", principal.error().message);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

void route(RouteContext& context, http::Request request, http::Responder responder) {
  const std::string& path = request.path;
  const bool api = path.starts_with("/v1/");
  if (api) {
    context.cors.admit(request, responder);
    if (auto answer = context.cors.preflight(request)) return responder.respond(std::move(*answer));
  }
  if (!api && request.method != "GET" && request.method != "HEAD")
    return responder.respond(method_not_allowed("GET, HEAD"));
  if (path == "/healthz") return responder.respond(http::text_response(200, "ok\n"));
  if (path == "/readyz") {
    return responder.respond(context.ready ? http::text_response(200, "ready\n")
                                           : http::text_response(503, "draining\n"));
  }
  if (api || path == "/metrics") {
    if (auto denied = deny(context, request)) return responder.respond(std::move(*denied));
    if (api) return serve_api(context, std::move(request), std::move(responder));
    return serve_metrics(context, std::move(responder));
  }
  if (is_protocol_path(path)) {
    http::Response response =
        http::error_response(426, "upgrade_required", "this path speaks WebSocket; see the README");
    response.headers.emplace_back("Upgrade", "websocket");
    return responder.respond(std::move(response));
  }
  if (const http::Asset* asset = find_web_asset(path))
    return responder.respond(page(request, *asset));
  responder.respond(http::error_response(404, "not_found", "nothing is served at this path"));
}

}  // namespace

std::size_t loop_of(const RouteContext& context, std::string_view workspace) {
  return std::hash<std::string_view>{}(workspace) % context.loops.size();
}

Result<ObjectPath> parse_object_path(std::string_view raw_path, std::string_view prefix) {
  if (!raw_path.starts_with(prefix))
    return fail(ErrorCode::kNotFound, "nothing is served at this path");
  raw_path.remove_prefix(prefix.size());
  const std::size_t slash = raw_path.find('/');
  const auto workspace = http::percent_decode(raw_path.substr(0, slash));
  const auto object = slash == std::string_view::npos
                          ? std::optional<std::string>("")
                          : http::percent_decode(raw_path.substr(slash + 1));
  if (!workspace || !object) return fail(ErrorCode::kInvalid, "broken percent escape in the path");
  if (auto valid = policy::check_workspace_name(*workspace); !valid) {
    return std::unexpected(std::move(valid.error()));
  }
  if (!object->empty()) {
    if (auto valid = policy::check_object_id(*object); !valid) {
      return std::unexpected(std::move(valid.error()));
    }
  }
  return ObjectPath{*workspace, *object};
}

Result<policy::Principal> may_write(const RouteContext& context, const http::Request& request) {
  auto principal = context.access.authenticate(request_token(request));
  if (!principal) return principal;
  if (principal->read_only) return fail(ErrorCode::kForbidden, "this token may only read");
  const std::string_view origin = request.headers.find("Origin").value_or("");
  const std::string_view host = request.headers.find("Host").value_or("");
  if (context.access.open() && !policy::origin_allowed(origin, host, context.bound_to_loopback))
    return fail(ErrorCode::kForbidden,
                "pages of other origins may change things only on a server with tokens");
  return principal;
}

std::string trace_of(const http::Request& request) {
  constexpr std::string_view kShape = "00-00000000000000000000000000000000-0000000000000000-00";
  const std::string_view header = request.headers.find("traceparent").value_or("");
  if (header.size() != kShape.size()) return {};
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const char byte = header[i];
    const bool hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
    if (kShape[i] == '-' ? byte != '-' : !hex) return {};
  }
  return std::string(header);
}

std::string request_token(const http::Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  if (auto header = request.headers.find("Authorization")) {
    if (header->size() > kBearer.size() &&
        http::equals_ignoring_case(header->substr(0, kBearer.size()), kBearer)) {
      return std::string(header->substr(kBearer.size()));
    }
  }
  return http::query_parameter(request.query, "token").value_or("");
}

http::Handler make_http_handler(RouteContext& context) {
  return [&context](http::Request request, http::Responder responder) {
    route(context, std::move(request), std::move(responder));
  };
}

}  // namespace syncline::backend
