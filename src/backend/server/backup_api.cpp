// Backups of the whole server, written where it was told to at its start.
#include <fmt/format.h>

#include <utility>

#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "backend/server/backup_service.h"

namespace syncline::backend {
namespace {

http::Response report_response(const BackupReport& report) {
  return http::json_response(
      201, fmt::format(R"({{"files":{},"bytes":{},"workspaces":{},"signing_key":{}}})",
                       report.files, report.bytes, report.workspaces, report.signing_key) +
               "\n");
}

void make_backup(ApiCall call) {
  if (auto principal = may_write(call.context, call.request); !principal)
    return call.refuse(principal.error());
  const std::string name = http::query_parameter(call.request.query, "name").value_or("");
  const bool key = http::query_parameter(call.request.query, "signing_key").value_or("") == "1";
  call.context.backups.start(
      name, key, answer_at_home<BackupReport>(std::move(call.responder), report_response));
}

constexpr ApiRoute kBackupRoutes[] = {
    {"POST", "/v1/backups", make_backup},
};

}  // namespace

std::span<const ApiRoute> backup_routes() {
  return kBackupRoutes;
}

}  // namespace syncline::backend
