// SharedTenants: the tenants of the process (limits/tenants.h), for all its loops.
//
// Thread-safety: any thread. The lock is taken once for each connection and each request.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "limits/tenants.h"

namespace syncline::backend {

class SharedTenants final : public limits::Tenants {
 public:
  // As for limits::TenantTable.
  explicit SharedTenants(MemoryAccounts* accounts) : table_(accounts) {}

  limits::SharedTenant find(std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    return table_.find(name);
  }
  limits::SharedTenant put(const limits::TenantRecord& record) override {
    const std::lock_guard lock(mutex_);
    return table_.put(record);
  }
  void remove(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    table_.remove(name);
  }
  std::vector<limits::SharedTenant> all() const override {
    const std::lock_guard lock(mutex_);
    return table_.all();
  }

 private:
  mutable std::mutex mutex_;
  limits::TenantTable table_;
};

}  // namespace syncline::backend
