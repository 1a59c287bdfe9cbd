#include "api/support.h"

#include <algorithm>
#include <charconv>

#include "protocol/json_text.h"

namespace syncline::api {
namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
    case ErrorCode::kInvalid: return 400;
    case ErrorCode::kUnauthorized: return 401;
    case ErrorCode::kForbidden: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kNoSuchForm: return 406;
    case ErrorCode::kGone:
    case ErrorCode::kMoved: return 410;
    case ErrorCode::kTooLarge: return 413;
    case ErrorCode::kUnprocessable: return 422;
    case ErrorCode::kUnsupported: return 501;
    case ErrorCode::kFenced:
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kCorrupt:
    case ErrorCode::kIo: return 500;
  }
  return 500;
}

}  // namespace

http::Response name_page(std::string_view what, const std::vector<std::string>& names,
                         const std::optional<std::string>& next) {
  std::string json = "{" + protocol::json_string(what) + ":[";
  for (const std::string& name : names) {
    if (json.back() != '[') json += ',';
    json += protocol::json_string(name);
  }
  json += "],\"next\":";
  json += next ? protocol::json_string(*next) : "null";
  return http::json_response(200, json + "}\n");
}

http::Response to_response(const Error& error) {
  http::Response response =
      http::error_response(status_of(error.code), to_string(error.code), error.message);
  if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Result<std::uint64_t> parse_number(std::string_view text, std::string_view what) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  return fail(ErrorCode::kInvalid, std::string(what) + " is not a whole number");
}

Result<std::uint64_t> number(const http::Request& request, std::string_view name,
                             std::uint64_t fallback) {
  const auto text = http::query_parameter(request.query, name);
  return text ? parse_number(*text, name) : fallback;
}

Result<std::size_t> page_size(const http::Request& request, std::size_t most) {
  auto limit = number(request, "limit", std::min<std::size_t>(most, 100));
  if (!limit) return std::unexpected(std::move(limit.error()));
  if (*limit < 1 || *limit > most)
    return fail(ErrorCode::kInvalid, "limit is 1 to " + std::to_string(most));
  return static_cast<std::size_t>(*limit);
}

log::Done<std::vector<std::string>> answer_names(std::string_view what, std::size_t limit,
                                                 http::Responder responder) {
  return [what, limit,
          responder = std::move(responder)](Result<std::vector<std::string>> names) mutable {
    if (!names) return responder.respond(to_response(names.error()));
    const bool more = names->size() >= limit;
    responder.respond(name_page(what, *names, more ? std::optional(names->back()) : std::nullopt));
  };
}

http::Response method_not_allowed(std::string_view allowed) {
  http::Response response =
      http::error_response(405, "method_not_allowed", "only " + std::string(allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

http::Response no_content() {
  http::Response response;
  response.status = 204;
  return response;
}

http::Response plain_text(std::string text) {
  http::Response response;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

Error not_here(std::string_view what) {
  return {ErrorCode::kUnsupported, "there are no " + std::string(what) + " here: ask a server"};
}

}  // namespace syncline::api
