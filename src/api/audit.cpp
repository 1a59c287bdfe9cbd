// The audit log of the caller's tenant (log/audit.h).
#include "api/audit_json.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/route.h"
#include "api/support.h"
#include "base/qualified_name.h"
#include "log/audit.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

void append_text(std::string& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json += fmt::format(",\"{}\":{}", name, protocol::name_json(value));
}

// Of an event whose entries retention has dropped, only that is said.
http::Response audit_response(const std::vector<log::Event>& events) {
  http::Response response;
  response.headers.emplace_back("Content-Type", "application/x-ndjson");
  std::string lines;
  for (const log::Event& event : events) {
    const auto entries = log::audit_in(event);
    if (entries && *entries)
      for (const log::AuditEntry& entry : **entries)
        lines += audit_json(event.position, entry) + "\n";
    else
      lines += fmt::format("{{\"position\":{},\"dropped\":true}}\n", event.position);
  }
  response.body = std::move(lines);
  return response;
}

void get_audit(Call call) {
  const auto limit = page_size(call.request);
  const auto after = number(call.request, "after", 0);
  if (!limit) return call.refuse(limit.error());
  if (!after) return call.refuse(after.error());
  const std::string log_name = qualified(call.caller.principal.tenant(), log::kSystemWorkspace);
  call.context.shards.on_owner(
      log_name, [log_name, after = *after, limits = log::ReadLimits{.max_events = *limit},
                 responder = std::move(call.responder)](node::Shard& shard) mutable {
        shard.store->events().read_object(
            log_name, std::string(log::kAuditObject), after, limits,
            answer_with<std::vector<log::Event>>(std::move(responder), audit_response));
      });
}

constexpr Route kAuditRoutes[] = {
    {"GET", "/v1/audit", Right::kAudit, get_audit},
};

}  // namespace

std::string audit_json(log::Position position, const log::AuditEntry& entry) {
  std::string json =
      fmt::format(R"({{"position":{},"time":"{}","kind":"{}","count":{})", position,
                  protocol::time_text(entry.unix_ms), log::name_of(entry.kind), entry.count);
  append_text(json, "principal", entry.principal);
  append_text(json, "token", entry.token);
  append_text(json, "address", entry.address);
  append_text(json, "right", entry.right);
  append_text(json, "request", entry.request);
  append_text(json, "workspace", entry.workspace);
  append_text(json, "object", entry.object);
  if (entry.status != 0) json += fmt::format(",\"status\":{}", entry.status);
  append_text(json, "reason", entry.reason);
  return json + "}";
}

std::span<const Route> audit_routes() {
  return kAuditRoutes;
}

}  // namespace syncline::api
