#include "node/identify.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/trim.h"
#include "http/ws_handshake.h"
#include "identity/access.h"
#include "identity/names.h"

namespace syncline::node {

namespace {

std::string bearer_of(const http::Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view header = request.headers.find("Authorization").value_or("");
  if (header.size() <= kBearer.size() ||
      !http::equals_ignoring_case(header.substr(0, kBearer.size()), kBearer))
    return {};
  return std::string(header.substr(kBearer.size()));
}

// The first cookie of that name: a browser sends the one with the most specific path first (RFC 6265).
std::string cookie_of(const http::Request& request, const TokenCookies& cookies) {
  if (cookies.name.empty() || request.headers.count("Origin") != 1) return {};
  const std::string_view origin = request.headers.find("Origin").value_or("");
  if (std::ranges::find(cookies.origins, origin) == cookies.origins.end()) return {};
  for (const auto& [name, value] : request.headers.all()) {
    if (!http::equals_ignoring_case(name, "Cookie")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view pair = trim(rest.substr(0, rest.find(';')));
      rest.remove_prefix(std::min(rest.find(';'), rest.size() - 1) + 1);
      const std::size_t equals = std::min(pair.find('='), pair.size());
      if (pair.substr(0, equals) == cookies.name && equals < pair.size())
        return std::string(pair.substr(equals + 1));
    }
  }
  return {};
}

}  // namespace

bool is_cookie_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return c > ' ' && c < 0x7f &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}

std::string token_of(const http::Request& request, const TokenCookies& cookies) {
  if (std::string bearer = bearer_of(request); !bearer.empty()) return bearer;
  if (auto parameter = http::query_parameter(request.query, "token");
      parameter && !parameter->empty())
    return std::move(*parameter);
  if (http::asks_for_websocket(request))
    if (std::string offered = http::token_subprotocol(request); !offered.empty()) return offered;
  return cookie_of(request, cookies);
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

std::string origin_of(const http::Request& request) {
  constexpr std::size_t kLongest = 300;
  return std::string(request.headers.find("Origin").value_or("").substr(0, kLongest));
}

namespace {

// The workspace that a request of the HTTP API names; "" if it names none that can exist.
std::string workspace_of(std::string_view raw_path) {
  constexpr std::string_view kPrefix = "/v1/workspaces/";
  if (!raw_path.starts_with(kPrefix)) return {};
  raw_path.remove_prefix(kPrefix.size());
  std::string name =
      http::percent_decode_where_it_is(raw_path.substr(0, raw_path.find_first_of("/?")));
  return identity::check_workspace_name(name) ? name : std::string();
}

void find_out(const identity::Authenticator& access, const TokenCookies& cookies,
              const http::Request& request, bool may_ask, Scheduler& loop,
              std::move_only_function<void(Result<identity::Caller>)> done) {
  const std::string token = token_of(request, cookies);
  const std::string workspace = workspace_of(request.raw_path);
  access.authenticate({.token = token,
                       .workspace = workspace,
                       .peer = request.peer,
                       .may_ask = may_ask,
                       .tenant = request.tenant},
                      loop,
                      [origin = origin_of(request), trace = trace_of(request), peer = request.peer,
                       done = std::move(done)](Result<identity::Principal> principal) mutable {
                        if (!principal) return done(std::unexpected(std::move(principal.error())));
                        const identity::Rights rights = principal->rights;
                        done(identity::Caller{.principal = std::move(*principal),
                                              .rights = rights,
                                              .origin = std::move(origin),
                                              .trace = std::move(trace),
                                              .protocol = "http",
                                              .peer = std::move(peer)});
                      });
}

}  // namespace

void identify(const identity::Authenticator& access, const TokenCookies& cookies,
              const http::Request& request, Scheduler& loop,
              std::move_only_function<void(Result<identity::Caller>)> done) {
  find_out(access, cookies, request, true, loop, std::move(done));
}

std::optional<identity::Caller> identify_now(const identity::Authenticator& access,
                                             const TokenCookies& cookies,
                                             const http::Request& request, Scheduler& loop) {
  const auto known = std::make_shared<std::optional<identity::Caller>>();
  find_out(access, cookies, request, false, loop, [known](Result<identity::Caller> caller) {
    if (caller) *known = std::move(*caller);
  });
  return *known;
}

std::optional<http::Response> refuse_host(const identity::Authenticator& access,
                                          const identity::Hosts& hosts,
                                          const http::Request& request) {
  const auto known = hosts.check(request.headers.find("Host").value_or(""), access.open());
  if (known) return std::nullopt;
  return http::error_response(421, "misdirected", known.error().message);
}

namespace {

http::Response too_many(Shard& shard, const std::string& message, std::uint64_t wait_ms) {
  ++shard.requests_refused;
  http::Response refused = http::error_response(429, "too_many_requests", message);
  refused.headers.emplace_back("Retry-After", std::to_string((wait_ms + 999) / 1000));
  return refused;
}

}  // namespace

std::optional<http::Response> refuse_fast(Shard& shard, std::string_view peer) {
  constexpr auto kWork = limits::Work::kRequests;
  const auto network = limits::NetworkRates::key_of(peer);
  const std::uint64_t now_ms = shard.scheduler.turn_began_us() / 1000;
  const std::uint64_t wait_ms = shard.rates.wait_ms(network, kWork, now_ms);
  if (wait_ms > 0) return too_many(shard, "too many requests from this address", wait_ms);
  shard.rates.take(network, kWork, 1, now_ms);
  return std::nullopt;
}

std::optional<http::Response> refuse_fast(Shard& shard, const identity::Principal& principal,
                                          std::string_view peer) {
  constexpr auto kWork = limits::Work::kRequests;
  const auto network = limits::NetworkRates::key_of(peer);
  if (network == 0) return std::nullopt;
  const auto key = limits::NetworkRates::key_of_principal(principal);
  const std::uint64_t now_ms = shard.scheduler.turn_began_us() / 1000;
  const std::uint64_t wait_ms = shard.rates.wait_ms_of_principal(key, kWork, now_ms);
  if (wait_ms > 0 && shard.rates.uses_much(network, kWork, now_ms))
    return too_many(shard, "too many requests of this principal", wait_ms);
  shard.rates.take_of_principal(key, kWork, 1, now_ms);
  return std::nullopt;
}

std::optional<http::Response> refuse_for_memory(Shard& shard) {
  if (!shard.refuses_for_memory()) return std::nullopt;
  http::Response refused =
      http::error_response(503, "unavailable", "the server is short of memory; come back later");
  refused.headers.emplace_back("Retry-After", "5");
  return refused;
}

bool is_foreign_page(const identity::Authenticator& access, const http::Request& request,
                     bool bound_to_loopback) {
  const std::string_view origin = request.headers.find("Origin").value_or("");
  const std::string_view host = request.headers.find("Host").value_or("");
  return access.open() && !identity::origin_allowed(origin, host, bound_to_loopback);
}

}  // namespace syncline::node
