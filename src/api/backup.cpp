// Backups of the whole server. They go to the directory that was set at the server's start.
#include <fmt/format.h>

#include <utility>

#include "api/route.h"
#include "api/support.h"

namespace syncline::api {
namespace {

http::Response report_response(const BackupReport& report) {
  return http::json_response(
      201, fmt::format(R"({{"files":{},"bytes":{},"workspaces":{},"signing_key":{}}})",
                       report.files, report.bytes, report.workspaces, report.signing_key) +
               "\n");
}

void make_backup(Call call) {
  if (call.context.backups == nullptr) return call.refuse(not_here("backups"));
  const std::string name = http::query_parameter(call.request.query, "name").value_or("");
  const bool key = http::query_parameter(call.request.query, "signing_key").value_or("") == "1";
  call.context.backups->start(
      name, key, answer_with<BackupReport>(std::move(call.responder), report_response));
}

constexpr Route kBackupRoutes[] = {
    {"POST", "/v1/backups", Right::kBackup, make_backup},
};

}  // namespace

std::span<const Route> backup_routes() {
  return kBackupRoutes;
}

}  // namespace syncline::api
