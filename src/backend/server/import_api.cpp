// A workspace that comes in as one file, piece by piece: docs/formats/bundle.md, import_service.h.
#include <fmt/format.h>

#include <utility>

#include "backend/net/event_loop.h"
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

HttpResponse status_response(const std::string& workspace, const ImportStatus& status) {
  return json_response(
      200,
      fmt::format(
          R"({{"workspace":{},"state":{},"received":{},"done":{},"appended":{},"bundle":{},"failure":{}}})",
          json_string(workspace), json_string(to_string(status.state)), status.received,
          status.done, status.appended, of_json(status.header), failure_json(status.failure)) +
          "\n");
}

// Answers on the request's loop.
log::Done<ImportStatus> answer(ApiCall& call) {
  return [&loop = call.responder.loop(), workspace = call.path.workspace,
          responder = std::move(call.responder)](Result<ImportStatus> status) mutable {
    loop.post([workspace = std::move(workspace), responder = std::move(responder),
               status = std::move(status)]() mutable {
      responder.respond(status ? status_response(workspace, *status) : to_response(status.error()));
    });
  };
}

void get_import(ApiCall call) {
  ImportService& imports = call.context.imports;
  const std::string workspace = call.path.workspace;
  imports.status(workspace, answer(call));
}

void post_piece(ApiCall call) {
  if (auto principal = may_write(call.context, call.request); !principal)
    return call.refuse(principal.error());
  const auto offset = number(call.request, "offset", 0);
  if (!offset) return call.refuse(offset.error());
  ImportService& imports = call.context.imports;
  const std::string workspace = call.path.workspace;
  std::string bytes = std::move(call.request.body);
  imports.piece(workspace, *offset, std::move(bytes), answer(call));
}

void give_up(ApiCall call) {
  if (auto principal = may_write(call.context, call.request); !principal)
    return call.refuse(principal.error());
  ImportService& imports = call.context.imports;
  const std::string workspace = call.path.workspace;
  imports.give_up(workspace, answer(call));
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/import", get_import},
    {"POST", "/v1/workspaces/{workspace}/import", post_piece},
    {"DELETE", "/v1/workspaces/{workspace}/import", give_up},
};

}  // namespace

std::span<const ApiRoute> import_routes() {
  return kRoutes;
}

}  // namespace syncline::backend
