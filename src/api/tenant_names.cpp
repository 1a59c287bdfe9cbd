#include "api/tenant_names.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/audit.h"

namespace syncline::api {
namespace {

using WorkspaceNames = std::vector<std::string>;

// Follows the names of all tenants' workspaces, which begin with a slash, and is before all others that follow
// them: names have characters below 0x7f only.
constexpr std::string_view kAfterTenants = "/\x7f";

bool is_of_a_tenant(const std::string& name) {
  return name.starts_with('/');
}

// The workspace of the server's own is not shown. So one more than wanted is read.
log::Done<WorkspaceNames> without_system(std::size_t limit, log::Done<WorkspaceNames> done) {
  return [limit, done = std::move(done)](Result<WorkspaceNames> names) mutable {
    if (names) {
      std::erase(*names, log::kSystemWorkspace);
      if (names->size() > limit) names->resize(limit);
    }
    done(std::move(names));
  };
}

void list_default(log::Catalog& catalog, std::string_view after, std::size_t limit,
                  log::Done<WorkspaceNames> done) {
  catalog.list_workspaces(
      std::string(after), limit,
      [&catalog, limit, done = std::move(done)](Result<WorkspaceNames> names) mutable {
        if (!names) return done(std::move(names));
        const auto others = std::ranges::find_if(*names, is_of_a_tenant);
        if (others == names->end()) return done(std::move(names));
        names->erase(others, names->end());
        const std::size_t more = limit - names->size();
        catalog.list_workspaces(std::string(kAfterTenants), more,
                                [before = *std::move(names),
                                 done = std::move(done)](Result<WorkspaceNames> rest) mutable {
                                  if (!rest) return done(std::move(rest));
                                  std::ranges::move(*rest, std::back_inserter(before));
                                  done(std::move(before));
                                });
      });
}

}  // namespace

void list_workspaces_of(log::Catalog& catalog, std::string_view tenant, std::string_view after,
                        std::size_t limit, log::Done<WorkspaceNames> done, OwnWorkspace own) {
  if (own == OwnWorkspace::kHidden) done = without_system(limit++, std::move(done));
  if (tenant.empty()) return list_default(catalog, after, limit, std::move(done));
  catalog.list_workspaces(
      qualified(tenant, after), limit,
      [tenant = std::string(tenant), done = std::move(done)](Result<WorkspaceNames> names) mutable {
        if (!names) return done(std::move(names));
        WorkspaceNames own;
        for (const std::string& name : *names)
          if (const auto [of, workspace] = split_name(name);
              of == tenant || is_mutated(Mutation::list_all_tenants))
            own.emplace_back(workspace);
        done(std::move(own));
      });
}

}  // namespace syncline::api
