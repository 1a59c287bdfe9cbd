// SharedTenants: the tenants of the process (policy/tenants.h), for all its loops.
//
// Thread-safety: any thread. The lock is taken once for each connection and each request.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "policy/tenants.h"

namespace syncline::backend {

class SharedTenants final : public policy::Tenants {
 public:
  // As for policy::TenantTable.
  explicit SharedTenants(MemoryAccounts* accounts) : table_(accounts) {}

  policy::SharedTenant find(std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    return table_.find(name);
  }
  policy::SharedTenant put(const policy::TenantRecord& record) override {
    const std::lock_guard lock(mutex_);
    return table_.put(record);
  }
  void remove(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    table_.remove(name);
  }
  std::vector<policy::SharedTenant> all() const override {
    const std::lock_guard lock(mutex_);
    return table_.all();
  }

 private:
  mutable std::mutex mutex_;
  policy::TenantTable table_;
};

}  // namespace syncline::backend
