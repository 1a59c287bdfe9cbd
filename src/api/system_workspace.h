// The system workspace of a tenant (log/audit.h): it holds the audit log, and the policies of the tenant.
#pragma once

#include <string>
#include <string_view>

#include "base/qualified_name.h"
#include "log/audit.h"

namespace syncline::api {

// Its name within the server, for a workspace of the tenant.
inline std::string system_workspace_of(std::string_view workspace) {
  return qualified(split_name(workspace).tenant, log::kSystemWorkspace);
}

}  // namespace syncline::api
