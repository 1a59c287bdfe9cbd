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
#include "identity/names.h"
#include "limits/tenants.h"
#include "log/directory_store.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using limits::Quota;
using limits::TenantRecord;
using limits::TenantState;
using protocol::json_string;

constexpr std::string_view kWorkspacePart = "workspace_";

// The quotas that a workspace has.
bool is_of_workspaces(Quota quota) {
  return quota != Quota::kWorkspaces && quota != Quota::kMemoryBytes;
}

std::string quotas_json(const limits::Quotas& quotas, bool of_workspaces) {
  std::string json;
  for (std::size_t i = 0; i < limits::kQuotas; ++i) {
    const auto quota = static_cast<Quota>(i);
    if (of_workspaces && !is_of_workspaces(quota)) continue;
    json += fmt::format("{}\"{}\":{}", json.empty() ? "" : ",", limits::name_of(quota),
                        quotas.of(quota) == 0 ? "null" : std::to_string(quotas.of(quota)));
  }
  return json;
}

std::string use_json(const limits::Tenant& tenant) {
  std::string json;
  for (const Quota quota : {Quota::kConnections, Quota::kWorkspaces, Quota::kObjects,
                            Quota::kStoredBytes, Quota::kMemoryBytes})
    json += fmt::format("{}\"{}\":{}", json.empty() ? "" : ",", limits::name_of(quota),
                        tenant.used(quota));
  return json;
}

std::string record_json(const TenantRecord& record, const limits::Tenants& tenants) {
  const limits::SharedTenant running = tenants.find(record.name);
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
  for (std::size_t i = 0; i < limits::kQuotas; ++i) {
    const auto quota = static_cast<Quota>(i);
    const std::string parameter = fmt::format("max_{}", limits::name_of(quota));
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
  return limits::check_display_name(record.display_name);
}

// A tenant's name in a path, or the answer to the call.
std::optional<std::string> named_tenant(Call& call) {
  auto valid = identity::check_tenant_name(call.path.object);
  if (valid && call.path.object == identity::kDefaultTenant)
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
                         auto record = limits::decode_tenant(name, **bytes);
                         if (!record) return call.refuse(record.error());
                         use(std::move(call), std::move(*record));
                       });
}

Error no_tenant(const std::string& name) {
  return {ErrorCode::kNotFound, fmt::format("there is no tenant {}", name)};
}

// A change of a record: it reads the record, decides, and writes it. No other change of any record comes between.
struct TenantChange {
  Call call;  // on the first loop
  node::OneByOne::Turn turn;
  std::string name;
};

// Calls `change` with the record; nullopt: there is none.
void change_record(
    Call call, std::move_only_function<void(TenantChange, std::optional<TenantRecord>)> change) {
  auto name = named_tenant(call);
  if (!name) return;
  const node::Shards& shards = call.context.shards;
  shards.on(0, [call = std::move(call), name = std::move(*name),
                change = std::move(change)](node::Shard& first) mutable {
    Call here{call.context,
              first,
              std::move(call.request),
              std::move(call.path),
              std::move(call.caller),
              std::move(call.responder),
              std::move(call.abandoned)};
    first.tenant_changes.take_turn([here = std::move(here), name = std::move(name),
                                    change = std::move(change)](auto turn) mutable {
      if (!turn) return here.refuse(turn.error());
      with_record(std::move(here), name,
                  [turn = std::move(*turn), name, change = std::move(change)](
                      Call call, std::optional<TenantRecord> record) mutable {
                    change({std::move(call), std::move(turn), name}, std::move(record));
                  });
    });
  });
}

// Keeps the record, and answers when it is durable and in force.
void keep(TenantChange change, TenantRecord record, int status) {
  log::DirectoryStore& directory = change.call.shard.store->directory();
  const std::string id = record.name;
  Bytes bytes = limits::encode_tenant(record);
  directory.change_directory(
      {{log::DirectoryKind::kTenant, id, std::move(bytes)}},
      [change = std::move(change), record = std::move(record), status](Result<void> kept) mutable {
        Call& call = change.call;
        if (!kept) return call.refuse(kept.error());
        limits::Tenants& tenants = *call.context.tenants;
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
          const auto record = limits::decode_tenant(entry.id, entry.value);
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
  change_record(std::move(call), [](TenantChange change, std::optional<TenantRecord> record) {
    Call& call = change.call;
    if (record)
      return call.refuse(
          {ErrorCode::kConflict,
           fmt::format("tenant {} exists already ({})", change.name, to_string(record->state))});
    TenantRecord made{.name = change.name, .created_ms = call.shard.scheduler.unix_ms()};
    if (auto read = read_settings(call.request, made); !read) return call.refuse(read.error());
    keep(std::move(change), std::move(made), 201);
  });
}

void set_tenant(Call call) {
  change_record(std::move(call), [](TenantChange change, std::optional<TenantRecord> record) {
    Call& call = change.call;
    if (!record) return call.refuse(no_tenant(change.name));
    if (record->state == TenantState::kDeleted || record->state == TenantState::kErasing)
      return call.refuse({ErrorCode::kConflict, fmt::format("tenant {} is deleted", change.name)});
    if (auto read = read_settings(call.request, *record); !read) return call.refuse(read.error());
    keep(std::move(change), *std::move(record), 200);
  });
}

// Erases the record.
void forget(TenantChange change) {
  log::DirectoryStore& directory = change.call.shard.store->directory();
  const std::string name = change.name;
  directory.change_directory({{log::DirectoryKind::kTenant, name, std::nullopt}},
                             [change = std::move(change)](Result<void> gone) mutable {
                               if (!gone) return change.call.refuse(gone.error());
                               change.call.context.tenants->remove(change.name);
                               change.call.answer(no_content());
                             });
}

// What is in the way of deleting a tenant, and how to go on.
Error has_data(const std::string& name, const limits::SharedTenant& running) {
  const auto used = [&](Quota quota) { return running == nullptr ? 0 : running->used(quota); };
  return {ErrorCode::kConflict,
          fmt::format("tenant {0} has data: {1} workspaces with {2} bytes of changes, or an audit "
                      "log. Export what is "
                      "to be kept; with_data=1&confirm={0} deletes the tenant with its data",
                      name, used(Quota::kWorkspaces), used(Quota::kStoredBytes))};
}

// The data goes when the server starts the next time, before anything in memory speaks of it. Until then the name
// stays taken, so that nobody who gets it later sees the data.
void delete_tenant(Call call) {
  const auto asked = [&](std::string_view name) {
    return http::query_parameter(call.request.query, name).value_or("");
  };
  const bool with_data = asked("with_data") == "1" && asked("confirm") == call.path.object;
  change_record(
      std::move(call), [with_data](TenantChange change, std::optional<TenantRecord> record) {
        if (!record) return change.call.refuse(no_tenant(change.name));
        log::Catalog& catalog = change.call.shard.store->catalog();
        const std::string name = change.name;
        list_workspaces_of(
            catalog, name, "", 1,
            [change = std::move(change), with_data,
             record = *std::move(record)](Result<std::vector<std::string>> workspaces) mutable {
              if (!workspaces) return change.call.refuse(workspaces.error());
              if (workspaces->empty()) return forget(std::move(change));
              if (!with_data)
                return change.call.refuse(
                    has_data(change.name, change.call.context.tenants->find(change.name)));
              record.state = TenantState::kErasing;
              keep(std::move(change), std::move(record), 200);
            },
            OwnWorkspace::kShown);
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
