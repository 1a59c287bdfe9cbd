// Has the server take over changed files and options.
#include "api/reload.h"

#include <memory>
#include <utility>

#include "api/route.h"
#include "api/support.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

http::Response report_response(const ReloadReport& report) {
  std::string names;
  for (const std::string& name : report.restart)
    names += (names.empty() ? "" : ",") + protocol::json_string(name);
  return http::json_response(200, "{\"reloaded\":true,\"restart\":[" + names + "]}\n");
}

void post_reload(Call call) {
  if (!call.context.reload) return call.refuse(not_here("a reload"));
  const auto& reload = call.context.reload;
  Scheduler& loop = call.shard.scheduler;
  auto asked = std::make_shared<Call>(std::move(call));
  reload([asked = std::move(asked), &loop](Result<ReloadReport> outcome) mutable {
    loop.post([asked = std::move(asked), outcome = std::move(outcome)] {
      if (!outcome) return asked->refuse(outcome.error());
      asked->answer(report_response(*outcome));
    });
  });
}

constexpr Route kReloadRoutes[] = {
    {"POST", "/v1/reload", Right::kAdminister, post_reload},
};

}  // namespace

std::span<const Route> reload_routes() {
  return kReloadRoutes;
}

}  // namespace syncline::api
