#include "api/serve.h"

#include <string>
#include <string_view>
#include <utility>

#include "api/dispatch.h"
#include "api/metrics.h"
#include "api/reach.h"
#include "api/support.h"
#include "identity/scope.h"
#include "node/identify.h"
#include "node/tenant_choice.h"

namespace syncline::api {
namespace {

// Allows only what the page itself brings. CodeMirror sets styles from its script.
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

// What somebody has appended is shown to browsers as it is: they must not take it for a page or a script.
void add_browser_headers(http::Responder& responder) {
  responder.add_header("X-Content-Type-Options", "nosniff");
  responder.add_header("Cross-Origin-Resource-Policy", "same-origin");
}

void serve_api(Context& context, http::Request request, http::Responder responder) {
  context.cors.admit(request, responder);
  if (auto answer = context.cors.preflight(request)) return responder.respond(std::move(*answer));
  if (node::Shard* shard = context.shards.at(request.loop))
    if (auto refused = node::refuse_for_memory(*shard))
      return responder.respond(std::move(*refused));
  dispatch(context, std::move(request), std::move(responder));
}

http::Response readiness(const Context& context) {
  if (!context.ready) return http::text_response(503, "draining\n");
  const auto healthy = context.health ? context.health() : Result<void>();
  return healthy ? http::text_response(200, "ready\n")
                 : http::text_response(503, "not ready: " + healthy.error().message + "\n");
}

void route(Context& context, http::Request request, http::Responder responder) {
  if (auto misdirected = node::refuse_host(context.access, context.hosts, request))
    return responder.respond(std::move(*misdirected));
  if (auto chosen = node::choose_tenant(context.tenant_hosts, request); !chosen)
    return responder.respond(to_response(chosen.error()));
  const std::string& path = request.path;
  // Whoever watches the process is answered, whatever others ask from his address.
  const bool watches = path == "/healthz" || path == "/readyz";
  node::Shard* shard = watches ? nullptr : context.shards.at(request.loop);
  if (shard != nullptr)
    if (auto refused = node::refuse_fast(*shard, request.peer))
      return responder.respond(std::move(*refused));
  if (path.starts_with("/streams/")) add_browser_headers(responder);
  if (path.starts_with("/v1/") || path.starts_with("/streams/") || path == "/mcp")
    return serve_api(context, std::move(request), std::move(responder));
  if (request.method != "GET" && request.method != "HEAD")
    return responder.respond(method_not_allowed("GET, HEAD"));
  if (path == "/healthz") return responder.respond(http::text_response(200, "ok\n"));
  if (path == "/readyz") return responder.respond(readiness(context));
  if (path == "/metrics") {
    return admit(context, std::move(request), std::move(responder), Right::kMetrics,
                 [&context](Admitted admitted) {
                   const auto within = identity::check_scope(admitted.caller.principal, {}, {});
                   if (!within) return admitted.responder.respond(to_response(within.error()));
                   const bool all = reaches_all(admitted.caller, kSeesAllTenants);
                   serve_metrics(context, all ? TenantsShown::kYes : TenantsShown::kNo,
                                 std::move(admitted.responder));
                 });
  }
  if (is_protocol_path(path)) {
    http::Response response =
        http::error_response(426, "upgrade_required", "this path speaks WebSocket; see the README");
    response.headers.emplace_back("Upgrade", "websocket");
    return responder.respond(std::move(response));
  }
  if (const http::Asset* asset = context.find_asset ? context.find_asset(path) : nullptr)
    return responder.respond(page(request, *asset));
  responder.respond(http::error_response(404, "not_found", "nothing is served at this path"));
}

}  // namespace

http::Handler make_handler(Context& context) {
  return [&context](http::Request request, http::Responder responder) {
    route(context, std::move(request), std::move(responder));
  };
}

http::Handler make_metrics_handler(Context& context) {
  return [&context](http::Request request, http::Responder responder) {
    if (request.path != "/metrics")
      return responder.respond(
          http::error_response(404, "not_found", "only /metrics is served here"));
    if (request.method != "GET" && request.method != "HEAD")
      return responder.respond(method_not_allowed("GET, HEAD"));
    serve_metrics(context, TenantsShown::kYes, std::move(responder));
  };
}

}  // namespace syncline::api
