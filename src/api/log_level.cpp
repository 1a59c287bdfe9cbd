// What the server logs: reading and changing the levels while it runs (observe/levels.h).
#include <fmt/format.h>

#include <utility>

#include "api/route.h"
#include "api/support.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

http::Response levels_response(const observe::Levels& levels) {
  return http::json_response(
      200, fmt::format("{{\"log_level\":{}}}\n", protocol::json_string(to_string(levels))));
}

void get_log_level(Call call) {
  if (call.context.log_levels == nullptr) return call.refuse(not_here("a log"));
  call.answer(levels_response(call.context.log_levels->levels()));
}

void put_log_level(Call call) {
  observe::LevelSwitch* const log = call.context.log_levels;
  if (log == nullptr) return call.refuse(not_here("a log"));
  const auto wanted = http::query_parameter(call.request.query, "level").value_or("");
  const auto levels = log->levels().changed(wanted);
  if (!levels) return call.refuse(levels.error());
  log->set_levels(*levels);
  call.answer(levels_response(*levels));
}

constexpr Route kLogLevelRoutes[] = {
    {"GET", "/v1/log-level", Right::kMetrics, get_log_level},
    {"PUT", "/v1/log-level", Right::kAdminister, put_log_level},
};

}  // namespace

std::span<const Route> log_level_routes() {
  return kLogLevelRoutes;
}

}  // namespace syncline::api
