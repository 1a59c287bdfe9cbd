#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/percent.h"
#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"
#include "limits/quotas.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;
using limits::Quota;

// An option for each quota: of the tenant, and of each of its workspaces.
struct QuotaOption {
  Quota quota;
  bool of_workspaces;
  std::string_view name;
  std::string_view text;
};
constexpr std::array<QuotaOption, 12> kQuotaOptions = {{
    {Quota::kConnections, false, "--max-connections", "Connections at once"},
    {Quota::kWorkspaces, false, "--max-workspaces", "Workspaces"},
    {Quota::kObjects, false, "--max-objects", "Objects in all its workspaces"},
    {Quota::kStoredBytes, false, "--max-stored-bytes", "Bytes of changes in the log"},
    {Quota::kMemoryBytes, false, "--max-memory-bytes",
     "Bytes of the server's memory that its clients may hold"},
    {Quota::kEvents, false, "--max-events-per-second", "Changes a second"},
    {Quota::kBytes, false, "--max-bytes-per-second", "Bytes a second that its clients send"},
    {Quota::kConnections, true, "--workspace-max-connections", "Connections to each workspace"},
    {Quota::kObjects, true, "--workspace-max-objects", "Objects in each workspace"},
    {Quota::kStoredBytes, true, "--workspace-max-stored-bytes",
     "Bytes of changes of each workspace"},
    {Quota::kEvents, true, "--workspace-max-events-per-second",
     "Changes of each workspace a second"},
    {Quota::kBytes, true, "--workspace-max-bytes-per-second",
     "Bytes a second that clients of each workspace send"},
}};

struct TenantOptions {
  std::string tenant;
  std::string name;
  std::string state;
  std::array<std::string, kQuotaOptions.size()> limits = {};
  bool with_data = false;
  std::string confirm;
  bool json = false;
  SourceOptions source;
};

// The changes as the query of a request; "" if there are none. kInvalid for a limit that is no number.
Result<std::string> changes_of(const Command& command, const TenantOptions& options) {
  std::string query;
  const auto add = [&](std::string_view key, std::string_view value) {
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", key, percent_encode(value));
  };
  if (command.typed("--name")) add("name", options.name);
  if (!options.state.empty()) add("state", options.state);
  for (std::size_t i = 0; i < kQuotaOptions.size(); ++i) {
    if (options.limits[i].empty()) continue;
    const QuotaOption& option = kQuotaOptions[i];
    const std::string& text = options.limits[i];
    const bool none = text == "none";
    if (!none && !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
      return fail(ErrorCode::kInvalid, fmt::format("{}: a whole number, or none", option.name));
    add(fmt::format("{}max_{}", option.of_workspaces ? "workspace_" : "",
                    limits::name_of(option.quota)),
        none ? "0" : text);
  }
  return query;
}

std::string limit_text(const Any& quotas, std::string_view name) {
  const std::uint64_t limit = number_member(quotas, name);
  return limit == 0 ? "none" : std::to_string(limit);
}

int print_tenant(const std::string& json, const TenantOptions& options, Console& console) {
  if (options.json) {
    console.line(json);
    return kDone;
  }
  const auto tenant = crdt::from_json(json);
  if (!tenant) return console.failed(tenant.error());
  const std::string name = text_member(*tenant, "name");
  console.line(fmt::format("tenant:  {}{}", visible(text_member(*tenant, "tenant")),
                           name.empty() ? "" : fmt::format(" ({})", visible(name))));
  console.line(fmt::format("created: {}", visible(text_member(*tenant, "created"))));
  console.line(fmt::format("state:   {}", visible(text_member(*tenant, "state"))));
  Table table({{"QUOTA"},
               {"USED", Align::kRight},
               {"LIMIT", Align::kRight},
               {"OF EACH WORKSPACE", Align::kRight}});
  const Any& used = member(*tenant, "use");
  for (std::size_t i = 0; i < limits::kQuotas; ++i) {
    const std::string_view quota = limits::name_of(static_cast<Quota>(i));
    const Any& each = member(*tenant, "workspace_quotas");
    const bool counted = !member(used, quota).is_undefined();
    const bool of_each = !member(each, quota).is_undefined();
    table.row({std::string(quota), counted ? std::to_string(number_member(used, quota)) : "",
               limit_text(member(*tenant, "quotas"), quota),
               of_each ? limit_text(each, quota) : ""});
  }
  console.out(table.print());
  return kDone;
}

int change_tenant(const Command& command, std::string_view method, const TenantOptions& options,
                  Console& console) {
  const auto query = changes_of(command, options);
  if (!query) return console.misused(query.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto json = api->tenant(method, options.tenant, *query);
  return json ? print_tenant(*json, options, console) : console.failed(json.error());
}

int delete_tenant(const Command& command, const TenantOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  if (options.with_data && options.confirm != options.tenant)
    return console.misused(fmt::format(
        "--with-data erases all that the tenant has; to confirm: --confirm {}", options.tenant));
  const auto left = api->delete_tenant(options.tenant, options.with_data);
  if (!left) return console.failed(left.error());
  console.line(left->empty() ? fmt::format("tenant {} is gone", options.tenant)
                             : fmt::format("tenant {} is closed for good; its data is erased when "
                                           "the server starts the next time",
                                           options.tenant));
  return kDone;
}

int list_tenants(const Command& command, const TenantOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  Table table({{"TENANT"},
               {"STATE"},
               {"CONNECTIONS", Align::kRight},
               {"WORKSPACES", Align::kRight},
               {"STORED BYTES", Align::kRight},
               {"NAME"}});
  std::string after;
  for (;;) {
    const auto page = api->tenants(after);
    if (!page) return console.failed(page.error());
    for (const NamedLine& line : *page) {
      if (options.json) {
        console.line(line.json);
        continue;
      }
      const auto tenant = crdt::from_json(line.json);
      if (!tenant) return console.failed(tenant.error());
      const Any& used = member(*tenant, "use");
      table.row({line.name, text_member(*tenant, "state"),
                 std::to_string(number_member(used, "connections")),
                 std::to_string(number_member(used, "workspaces")),
                 std::to_string(number_member(used, "stored_bytes")),
                 text_member(*tenant, "name")});
    }
    if (page->size() < kPage) break;
    after = page->back().name;
  }
  if (!table.empty()) console.out(table.print());
  return kDone;
}

void tenant_argument(Command& command, TenantOptions& options) {
  command.argument({.name = "TENANT", .text = "its name: a-z 0-9 - and _", .required = true},
                   options.tenant);
}

void tenant_flags(Command& command, TenantOptions& options) {
  command.flag({.name = "--json", .text = "Print the JSON of the server"}, options.json);
  source_options(command, options.source, "The server");
}

void quota_options(Command& command, TenantOptions& options) {
  command.option({.name = "--name", .value = "TEXT", .text = "A name to show"}, options.name);
  for (std::size_t i = 0; i < kQuotaOptions.size(); ++i)
    command.option({.name = std::string(kQuotaOptions[i].name),
                    .value = "N",
                    .text = std::string(kQuotaOptions[i].text) + "; none: no limit"},
                   options.limits[i]);
}

void add_tenant_create(Command& tenant) {
  Command& create = tenant.add("create", "Make a tenant");
  auto options = std::make_shared<TenantOptions>();
  tenant_argument(create, *options);
  quota_options(create, *options);
  tenant_flags(create, *options);
  create.example("syncline tenant create acme --max-connections 100", "");
  create.run([&create, options](Console& console) {
    return change_tenant(create, "POST", *options, console);
  });
}

void add_tenant_list(Command& tenant) {
  Command& list = tenant.add("list", "List all tenants, and what they use");
  auto options = std::make_shared<TenantOptions>();
  tenant_flags(list, *options);
  list.run([&list, options](Console& console) { return list_tenants(list, *options, console); });
}

void add_tenant_show(Command& tenant) {
  Command& show = tenant.add("show", "Show one tenant: its state, quotas and use");
  auto options = std::make_shared<TenantOptions>();
  tenant_argument(show, *options);
  tenant_flags(show, *options);
  show.run(
      [&show, options](Console& console) { return change_tenant(show, "GET", *options, console); });
}

void add_tenant_set(Command& tenant) {
  Command& set = tenant.add("set", "Change the quotas, the name or the state of a tenant");
  set.details(
      "What is changed holds at once. Nothing that exists is taken away: a tenant over a quota "
      "keeps its data and connections.");
  auto options = std::make_shared<TenantOptions>();
  tenant_argument(set, *options);
  quota_options(set, *options);
  set.option({.name = "--state",
              .value = "STATE",
              .text = "suspended: nobody gets in, and nothing is lost",
              .choices = {"active", "suspended"}},
             options->state);
  tenant_flags(set, *options);
  set.example("syncline tenant set acme --max-stored-bytes 1000000000", "");
  set.run(
      [&set, options](Console& console) { return change_tenant(set, "PUT", *options, console); });
}

void add_tenant_delete(Command& tenant) {
  Command& remove = tenant.add("delete", "Delete a tenant");
  remove.details(
      "A tenant with workspaces is deleted only with --with-data and its name typed again. It is "
      "closed at once. Its data is erased when the server starts the next time: workspaces with "
      "all "
      "of their history, names of people, API keys. Nothing brings it back but a backup.");
  auto options = std::make_shared<TenantOptions>();
  tenant_argument(remove, *options);
  remove.flag({.name = "--with-data", .text = "Also if it has workspaces, with all their data"},
              options->with_data);
  remove.option(
      {.name = "--confirm", .value = "TENANT", .text = "Its name again, with --with-data"},
      options->confirm);
  source_options(remove, options->source, "The server");
  remove.run(
      [&remove, options](Console& console) { return delete_tenant(remove, *options, console); });
}

}  // namespace

void add_tenant(Command& root) {
  Command& tenant = root.add("tenant", "Tenants of a server: customers that are kept apart");
  tenant.details(
      "A tenant has workspaces, principals and quotas of its own. Needs the token of the "
      "operator.");
  add_tenant_create(tenant);
  add_tenant_list(tenant);
  add_tenant_show(tenant);
  add_tenant_set(tenant);
  add_tenant_delete(tenant);
}

}  // namespace syncline::cli
