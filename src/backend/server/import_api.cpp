// A workspace that comes in as one file, piece by piece: docs/formats/bundle.md, import_service.h.
#include <fmt/format.h>

#include <utility>

#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "backend/server/import_service.h"
#include "protocol/json_text.h"

namespace syncline::backend {
namespace {

using protocol::json_string;

std::string of_json(const std::optional<log::BundleHeader>& header) {
  if (!header) return "null";
  return fmt::format(R"({{"workspace":{},"log":{},"events":{},"last_hash":{}}})",
                     json_string(header->workspace), json_string(header->log_name), header->size,
                     json_string(to_hex(header->last_hash)));
}

std::string failure_json(const std::optional<log::Difference>& failure) {
  if (!failure) return "null";
  return fmt::format(R"({{"check":{},"position":{},"message":{}}})",
                     json_string(to_string(failure->check)), failure->position,
                     json_string(failure->message));
}

http::Response status_response(const std::string& workspace, const ImportStatus& status) {
  return http::json_response(
      200,
      fmt::format(
          R"({{"workspace":{},"state":{},"received":{},"done":{},"appended":{},"bundle":{},"failure":{}}})",
          json_string(workspace), json_string(to_string(status.state)), status.received,
          status.done, status.appended, of_json(status.header), failure_json(status.failure)) +
          "\n");
}

log::Done<ImportStatus> answer_status(ApiCall& call) {
  auto body = [workspace = call.path.workspace](const ImportStatus& status) {
    return status_response(workspace, status);
  };
  return answer_at_home<ImportStatus>(std::move(call.responder), std::move(body));
}

void get_import(ApiCall call) {
  call.context.imports.status(call.path.workspace, answer_status(call));
}

void post_piece(ApiCall call) {
  if (auto principal = may_write(call.context, call.request); !principal)
    return call.refuse(principal.error());
  const auto offset = number(call.request, "offset", 0);
  if (!offset) return call.refuse(offset.error());
  std::string bytes = std::move(call.request.body);
  call.context.imports.piece(call.path.workspace, *offset, std::move(bytes), answer_status(call));
}

void give_up(ApiCall call) {
  if (auto principal = may_write(call.context, call.request); !principal)
    return call.refuse(principal.error());
  call.context.imports.give_up(call.path.workspace, answer_status(call));
}

constexpr ApiRoute kImportRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/import", get_import},
    {"POST", "/v1/workspaces/{workspace}/import", post_piece},
    {"DELETE", "/v1/workspaces/{workspace}/import", give_up},
};

}  // namespace

std::span<const ApiRoute> import_routes() {
  return kImportRoutes;
}

}  // namespace syncline::backend
