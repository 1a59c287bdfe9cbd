#include "cli/data/api_client.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/percent.h"
#include "cli/json.h"

namespace syncline::cli {
namespace {

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

Error refusal_of(const ApiAnswer& response) {
  const auto json = crdt::from_json(response.body);
  const crdt::Any said = json ? member(*json, "error") : crdt::Any();
  const std::string message = text_member(said, "message");
  return {code_named(text_member(said, "code")).value_or(error_code_of(response.status)),
          message.empty() ? fmt::format("HTTP status {}", response.status) : message};
}

}  // namespace

Result<ApiClient> ApiClient::open(std::string url, const std::string& token) {
  auto transport = transport_to_server(std::move(url), token);
  if (!transport) return std::unexpected(std::move(transport.error()));
  return ApiClient(std::move(*transport));
}

Result<std::string> ApiClient::ask(const ApiRequest& request) const {
  auto answer = transport_->ask(request);
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (answer->status / 100 == 2) return std::move(answer->body);
  Error refused = refusal_of(*answer);
  if (const std::string who = transport_->name(); !who.empty())
    refused.message = fmt::format("{}: {}", who, refused.message);
  return std::unexpected(std::move(refused));
}

std::unexpected<Error> ApiClient::not_understood() const {
  const std::string who = transport_->name();
  return fail(ErrorCode::kMalformed, (who.empty() ? "the data directory" : who) +
                                         ": answers, but not as a Syncline server does");
}

std::string workspace_path(std::string_view workspace) {
  return "/v1/workspaces/" + percent_encode(workspace);
}

}  // namespace syncline::cli
