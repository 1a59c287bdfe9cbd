// Workspaces that are shut because their logs are damaged (workspace/shut_list.h): listing them,
// and opening one again.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/route.h"
#include "api/support.h"
#include "base/qualified_name.h"
#include "protocol/event_json.h"

namespace syncline::api {
namespace {

using Shuts = std::vector<std::pair<std::string, workspace::Shut>>;

std::string shut_to_json(const std::string& tenant, const std::string& name,
                         const workspace::Shut& shut) {
  return fmt::format(R"({{"workspace":{},"since":"{}","reason":{}}})",
                     protocol::name_json(split_name(name).workspace),
                     protocol::time_text(shut.since_ms),
                     protocol::name_json(public_text(shut.reason.message, tenant)));
}

// Each loop has a list of its own workspaces. The last list to arrive sends the answer.
struct Gathering {
  Gathering(std::size_t count, std::size_t page, std::string of, http::Responder answerer)
      : lists(count),
        missing(count),
        limit(page),
        tenant(std::move(of)),
        responder(std::move(answerer)) {}

  std::vector<Shuts> lists;  // by loop
  std::atomic<std::size_t> missing;
  const std::size_t limit;
  const std::string tenant;  // whose workspaces are listed
  http::Responder responder;
};

http::Response shut_response(const Gathering& gathering) {
  Shuts page;
  for (const Shuts& list : gathering.lists) page.insert(page.end(), list.begin(), list.end());
  std::ranges::sort(page, {}, &Shuts::value_type::first);
  const bool last = page.size() < gathering.limit;
  if (!last) page.resize(gathering.limit);
  std::string list;
  for (const auto& [name, shut] : page)
    list += (list.empty() ? "" : ",") + shut_to_json(gathering.tenant, name, shut);
  return http::json_response(
      200,
      fmt::format(R"({{"shut":[{}],"next":{}}})", list,
                  last ? "null" : protocol::name_json(split_name(page.back().first).workspace)) +
          "\n");
}

void list_shut(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string tenant(call.caller.principal.tenant());
  const std::string after =
      qualified(tenant, http::query_parameter(call.request.query, "after").value_or(""));
  const node::Shards& shards = call.context.shards;
  const auto gathering =
      std::make_shared<Gathering>(shards.size(), *limit, tenant, std::move(call.responder));
  for (std::size_t i = 0; i < shards.size(); ++i) {
    shards.on(i, [gathering, i, after](const node::Shard& shard) {
      const auto& all = shard.host.shut().all();
      Shuts& list = gathering->lists[i];
      for (auto at = all.upper_bound(after); at != all.end() && list.size() < gathering->limit;
           ++at)
        if (split_name(at->first).tenant == gathering->tenant) list.emplace_back(*at);
      if (--gathering->missing == 0) gathering->responder.respond(shut_response(*gathering));
    });
  }
}

// Reads the log again at once, so that the answer says whether the workspace can be served now.
void lift_shut(Call call) {
  const std::string& name = call.path.workspace;
  if (!call.shard.host.shut().lift(name))
    return call.refuse(
        {ErrorCode::kNotFound, fmt::format("workspace {} is not shut", call.path.name)});
  call.shard.host.get(name).open(
      [responder = std::move(call.responder)](Result<void> open) mutable {
        http::Response response;
        response.status = 204;
        responder.respond(open ? std::move(response) : to_response(open.error()));
      });
}

constexpr Route kShutRoutes[] = {
    {"GET", "/v1/shut", Right::kHistory, list_shut},
    {"DELETE", "/v1/workspaces/{workspace}/shut", Right::kQuarantine, lift_shut},
};

}  // namespace

std::span<const Route> shut_routes() {
  return kShutRoutes;
}

}  // namespace syncline::api
