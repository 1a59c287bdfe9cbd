#include "cli/data/server_client.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/percent.h"
#include "cli/json.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kMaxBodyBytes = std::size_t{1} << 30;

std::optional<ErrorCode> code_named(std::string_view name) {
  for (auto i = std::to_underlying(ErrorCode::kMalformed);
       i <= std::to_underlying(ErrorCode::kUnsupported); ++i)
    if (to_string(ErrorCode{i}) == name) return ErrorCode{i};
  return std::nullopt;
}

ErrorCode error_code_of(int status) {
  switch (status) {
    case 401: return ErrorCode::kUnauthorized;
    case 403: return ErrorCode::kForbidden;
    case 404: return ErrorCode::kNotFound;
    default: return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalid;
  }
}

Error refusal(const backend::HttpClientResponse& response) {
  const auto json = crdt::from_json(response.body);
  const crdt::Any said = json ? member(*json, "error") : crdt::Any();
  const std::string message = text_member(said, "message");
  return {code_named(text_member(said, "code")).value_or(error_code_of(response.status)),
          message.empty() ? fmt::format("HTTP status {}", response.status) : message};
}

}  // namespace

Result<ServerClient> ServerClient::open(std::string url, const std::string& token) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail(ErrorCode::kInvalid,
                fmt::format("--server {}: not a URL such as http://127.0.0.1:4400", url));
  while (url.ends_with('/')) url.pop_back();
  ServerClient client(std::move(url));
  client.options_.max_body_bytes = kMaxBodyBytes;
  if (!token.empty()) client.options_.headers.emplace_back("Authorization", "Bearer " + token);
  return client;
}

Result<std::string> ServerClient::ask(std::string_view method, const std::string& path,
                                      const Wish& wish) const {
  backend::HttpClientOptions options = options_;
  options.timeout_ms = wish.timeout_ms;
  options.headers.emplace_back("Accept", wish.accept);
  auto response = backend::http_request(method, url_ + path, wish.body, options);
  if (!response) return std::unexpected(std::move(response.error()));
  if (response->status / 100 == 2) return std::move(response->body);
  const Error refused = refusal(*response);
  return fail(refused.code, fmt::format("{}: {}", url_, refused.message));
}

std::unexpected<Error> ServerClient::not_understood() const {
  return fail(ErrorCode::kMalformed, url_ + ": answers, but not as a Syncline server does");
}

std::string workspace_path(std::string_view workspace) {
  return "/v1/workspaces/" + percent_encode(workspace);
}

}  // namespace syncline::cli
