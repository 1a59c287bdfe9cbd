// Tenants: their records, quotas and use. For the operator alone.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/route.h"
#include "api/support.h"
#include "api/tenant_names.h"
#include "log/directory_store.h"
#include "policy/names.h"
#include "policy/tenants.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using policy::Quota;
using policy::TenantRecord;
using policy::TenantState;
using protocol::json_string;

constexpr std::string_view kWorkspacePart = "workspace_";

// The quotas that a workspace has.
bool is_of_workspaces(Quota quota) {
  return quota != Quota::kWorkspaces && quota != Quota::kMemoryBytes;
}

std::string quotas_json(const policy::Quotas& quotas, bool of_workspaces) {
  std::string json;
  for (std::size_t i = 0; i < policy::kQuotas; ++i) {
    const auto quota = static_cast<Quota>(i);
    if (of_workspaces && !is_of_workspaces(quota)) continue;
    json += fmt::format("{}\"{}\":{}", json.empty() ? "" : ",", policy::name_of(quota),
                        quotas.of(quota) == 0 ? "null" : std::to_string(quotas.of(quota)));
  }
  return json;
}

std::string use_json(const policy::Tenant& tenant) {
  std::string json;
  for (const Quota quota : {Quota::kConnections, Quota::kWorkspaces, Quota::kObjects,
                            Quota::kStoredBytes, Quota::kMemoryBytes})
    json += fmt::format("{}\"{}\":{}", json.empty() ? "" : ",", policy::name_of(quota),
                        tenant.used(quota));
  return json;
}

std::string record_json(const TenantRecord& record, const policy::Tenants& tenants) {
  const policy::SharedTenant running = tenants.find(record.name);
  return fmt::format(
      R"({{"tenant":{},"name":{},"created":"{}","state":"{}","quotas":{{{}}},"workspace_quotas":{{{}}},"use":{{{}}}}})",
      json_string(record.name), json_string(record.display_name),
      protocol::time_text(record.created_ms), to_string(record.state),
      quotas_json(record.quotas, false), quotas_json(record.workspace_quotas, true),
      running == nullptr ? "" : use_json(*running));
}

// Reads the quotas and the name that the request states into the record. "max_connections", and for each
// workspace "workspace_max_connections"; 0 means no limit.
Result<void> read_settings(const http::Request& request, TenantRecord& record) {
  for (std::size_t i = 0; i < policy::kQuotas; ++i) {
    const auto quota = static_cast<Quota>(i);
    const std::string parameter = fmt::format("max_{}", policy::name_of(quota));
    const auto limit = number(request, parameter, record.quotas.of(quota));
    if (!limit) return std::unexpected(limit.error());
    record.quotas.set(quota, *limit);
    if (!is_of_workspaces(quota)) continue;
    const auto each =
        number(request, std::string(kWorkspacePart) + parameter, record.workspace_quotas.of(quota));
    if (!each) return std::unexpected(each.error());
    record.workspace_quotas.set(quota, *each);
  }
  if (auto name = http::query_parameter(request.query, "name"))
    record.display_name = std::move(*name);
  const auto state = http::query_parameter(request.query, "state");
  if (state && *state != "active" && *state != "suspended")
    return fail(ErrorCode::kInvalid, "the state is active or suspended");
  if (state) record.state = *state == "active" ? TenantState::kActive : TenantState::kSuspended;
  return policy::check_display_name(record.display_name);
}

// A tenant's name in a path, or the answer to the call.
std::optional<std::string> named_tenant(Call& call) {
  auto valid = policy::check_tenant_name(call.path.object);
  if (valid && call.path.object == policy::kDefaultTenant)
    valid = fail(ErrorCode::kInvalid, "the default tenant always exists, and has no quotas");
  if (valid && call.context.tenants == nullptr) valid = std::unexpected(not_here("tenants"));
  if (valid) return call.path.object;
  call.refuse(valid.error());
  return std::nullopt;
}

// Reads the record; nullopt: there is none.
void with_record(Call call, const std::string& name,
                 std::move_only_function<void(Call, std::optional<TenantRecord>)> use) {
  log::DirectoryStore& directory = call.shard.store->directory();
  directory.load_entry(log::DirectoryKind::kTenant, name,
                       [call = std::move(call), name,
                        use = std::move(use)](Result<std::optional<Bytes>> bytes) mutable {
                         if (!bytes) return call.refuse(bytes.error());
                         if (!*bytes) return use(std::move(call), std::nullopt);
                         auto record = policy::decode_tenant(name, **bytes);
                         if (!record) return call.refuse(record.error());
                         use(std::move(call), std::move(*record));
                       });
}

Error no_tenant(const std::string& name) {
  return {ErrorCode::kNotFound, fmt::format("there is no tenant {}", name)};
}

// Keeps the record, and answers when it is durable and in force.
void keep(Call call, TenantRecord record, int status) {
  log::DirectoryStore& directory = call.shard.store->directory();
  const std::string id = record.name;
  Bytes bytes = policy::encode_tenant(record);
  directory.change_directory(
      {{log::DirectoryKind::kTenant, id, std::move(bytes)}},
      [call = std::move(call), record = std::move(record), status](Result<void> kept) mutable {
        if (!kept) return call.refuse(kept.error());
        policy::Tenants& tenants = *call.context.tenants;
        tenants.put(record);
        call.answer(http::json_response(status, record_json(record, tenants) + "\n"));
      });
}

void list_tenants(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  if (call.context.tenants == nullptr) return call.refuse(not_here("tenants"));
  const std::string after = http::query_parameter(call.request.query, "after").value_or("");
  log::DirectoryStore& directory = call.shard.store->directory();
  // What workspaces use is kept under their names, which begin with a slash (node/usage_keeper.h).
  directory.list_entries(
      log::DirectoryKind::kTenant, "", std::max(after, std::string("/\x7f")), *limit,
      [call = std::move(call),
       limit = *limit](Result<std::vector<log::DirectoryEntry>> entries) mutable {
        if (!entries) return call.refuse(entries.error());
        std::string list;
        for (const log::DirectoryEntry& entry : *entries) {
          const auto record = policy::decode_tenant(entry.id, entry.value);
          if (!record) return call.refuse(record.error());
          list += (list.empty() ? "" : ",") + record_json(*record, *call.context.tenants);
        }
        const bool last = entries->size() < limit;
        call.answer(
            http::json_response(200, fmt::format(R"({{"tenants":[{}],"next":{}}})", list,
                                                 last ? "null" : json_string(entries->back().id)) +
                                         "\n"));
      });
}

void get_tenant(Call call) {
  const auto name = named_tenant(call);
  if (!name) return;
  with_record(
      std::move(call), *name, [name = *name](Call call, std::optional<TenantRecord> record) {
        if (!record) return call.refuse(no_tenant(name));
        call.answer(http::json_response(200, record_json(*record, *call.context.tenants) + "\n"));
      });
}

void create_tenant(Call call) {
  const auto name = named_tenant(call);
  if (!name) return;
  with_record(
      std::move(call), *name, [name = *name](Call call, std::optional<TenantRecord> record) {
        if (record)
          return call.refuse({ErrorCode::kConflict, fmt::format("tenant {} exists already ({})",
                                                                name, to_string(record->state))});
        TenantRecord made{.name = name, .created_ms = call.shard.scheduler.unix_ms()};
        if (auto read = read_settings(call.request, made); !read) return call.refuse(read.error());
        keep(std::move(call), std::move(made), 201);
      });
}

void set_tenant(Call call) {
  const auto name = named_tenant(call);
  if (!name) return;
  with_record(
      std::move(call), *name, [name = *name](Call call, std::optional<TenantRecord> record) {
        if (!record) return call.refuse(no_tenant(name));
        if (record->state == TenantState::kDeleted)
          return call.refuse({ErrorCode::kConflict, fmt::format("tenant {} is deleted", name)});
        if (auto read = read_settings(call.request, *record); !read)
          return call.refuse(read.error());
        keep(std::move(call), *std::move(record), 200);
      });
}

// Erases the record.
void forget(Call call, const std::string& name) {
  log::DirectoryStore& directory = call.shard.store->directory();
  directory.change_directory({{log::DirectoryKind::kTenant, name, std::nullopt}},
                             [call = std::move(call), name](Result<void> gone) mutable {
                               if (!gone) return call.refuse(gone.error());
                               call.context.tenants->remove(name);
                               http::Response response;
                               response.status = 204;
                               call.answer(std::move(response));
                             });
}

// The data of workspaces cannot be deleted yet. So a tenant that has some is closed for good, and its name stays
// taken: nobody who gets the name later may see the data.
void delete_tenant(Call call) {
  const auto name = named_tenant(call);
  if (!name) return;
  const bool with_data = http::query_parameter(call.request.query, "with_data").value_or("") == "1";
  with_record(
      std::move(call), *name,
      [name = *name, with_data](Call call, std::optional<TenantRecord> record) {
        if (!record) return call.refuse(no_tenant(name));
        log::Catalog& catalog = call.shard.store->catalog();
        list_workspaces_of(
            catalog, name, "", 1,
            [call = std::move(call), name, with_data,
             record = *std::move(record)](Result<std::vector<std::string>> workspaces) mutable {
              if (!workspaces) return call.refuse(workspaces.error());
              if (workspaces->empty()) return forget(std::move(call), name);
              if (!with_data)
                return call.refuse(
                    {ErrorCode::kConflict,
                     fmt::format("tenant {} has workspaces; with_data=1 closes it for good, and "
                                 "keeps their data",
                                 name)});
              record.state = TenantState::kDeleted;
              keep(std::move(call), std::move(record), 200);
            });
      });
}

constexpr Route kTenantRoutes[] = {
    {"GET", "/v1/tenants", Right::kSeeTenants, list_tenants},
    {"GET", "/v1/tenants/{tenant}", Right::kSeeTenants, get_tenant},
    {"POST", "/v1/tenants/{tenant}", Right::kTenants, create_tenant},
    {"PUT", "/v1/tenants/{tenant}", Right::kTenants, set_tenant},
    {"DELETE", "/v1/tenants/{tenant}", Right::kTenants, delete_tenant},
};

}  // namespace

std::span<const Route> tenant_routes() {
  return kTenantRoutes;
}

}  // namespace syncline::api
