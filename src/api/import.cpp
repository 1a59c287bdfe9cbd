// Imports of a workspace as one file, in pieces: docs/formats/bundle.md, api/imports.h.
#include <fmt/format.h>

#include <utility>

#include "api/route.h"
#include "api/support.h"
#include "protocol/json_text.h"

namespace syncline::api {
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

log::Done<ImportStatus> answer_status(Call& call) {
  auto body = [workspace = call.path.name](const ImportStatus& status) {
    return status_response(workspace, status);
  };
  return answer_with<ImportStatus>(std::move(call.responder), std::move(body));
}

void get_import(Call call) {
  Imports* imports = call.context.imports;
  if (imports == nullptr) return call.refuse(not_here("imports"));
  imports->status(call.path.workspace, answer_status(call));
}

void post_piece(Call call) {
  Imports* imports = call.context.imports;
  if (imports == nullptr) return call.refuse(not_here("imports"));
  const auto offset = number(call.request, "offset", 0);
  if (!offset) return call.refuse(offset.error());
  std::string bytes = std::move(call.request.body);
  imports->piece(call.path.workspace, *offset, std::move(bytes), answer_status(call));
}

void give_up(Call call) {
  Imports* imports = call.context.imports;
  if (imports == nullptr) return call.refuse(not_here("imports"));
  imports->give_up(call.path.workspace, answer_status(call));
}

constexpr Route kImportRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/import", Right::kRead, get_import, Route::kAlsoWhileShut},
    {"POST", "/v1/workspaces/{workspace}/import", Right::kImport, post_piece,
     Route::kAlsoWhileShut},
    {"DELETE", "/v1/workspaces/{workspace}/import", Right::kImport, give_up, Route::kAlsoWhileShut},
};

}  // namespace

std::string_view to_string(ImportState state) {
  switch (state) {
    case ImportState::kNone: return "none";
    case ImportState::kReceiving: return "receiving";
    case ImportState::kVerifying: return "verifying";
    case ImportState::kAppending: return "appending";
    case ImportState::kDone: return "done";
    case ImportState::kFailed: return "failed";
  }
  return "none";
}

std::span<const Route> import_routes() {
  return kImportRoutes;
}

}  // namespace syncline::api
