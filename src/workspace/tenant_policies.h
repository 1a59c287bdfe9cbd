// TenantPolicies: the policies that hold in all workspaces of a tenant. They are events of the tenant's system workspace
// (log/audit.h), which lives on one loop; every loop that has workspaces of the tenant keeps what they say.
//
// Thread-safety: none; each loop has its own. What it gives away is immutable.
#pragma once

#include <string_view>

#include "base/scheduler.h"
#include "log/done.h"
#include "policy/rules_at.h"

namespace syncline::workspace {

class TenantPolicies {
 public:
  virtual ~TenantPolicies() = default;

  // What holds for a tenant ("": the default tenant): at once if this loop knows it. It is durable. Whoever takes it up
  // gets each later change, too (Host::take_tenant_rules).
  //   kCorrupt, kUnsupported  it cannot be read
  //   kUnavailable, kIo       as in EventLog::append; ask again
  virtual void load(std::string_view tenant, log::Done<policy::RulesAt> done) = 0;

  // On the loop of the system workspace: from now on, this holds. It is durable.
  virtual void changed(std::string_view tenant, policy::RulesAt now) = 0;

  // Calls back when all workspaces in memory decide by what changed() said last.
  virtual void when_taken(std::string_view tenant, Task done) = 0;
};

}  // namespace syncline::workspace
