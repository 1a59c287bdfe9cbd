// AuditTrail: the refusals that are still to be written to audit logs (log/audit.h), by tenant. Those that are alike
// are counted, and what is held is bounded: above that, a tenant's further refusals are one entry that only counts.
//
// Pure: no clock, no I/O. Thread-safety: none.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/audit.h"

namespace syncline::policy {

class AuditTrail {
 public:
  static constexpr std::size_t kMostOfTenant = log::kMaxAuditEntries - 1;
  static constexpr std::size_t kMost = 2048;  // of all tenants together
  static constexpr std::string_view kFurther = "further refusals, which differ from the others";

  // `tenant`: "" is the default tenant.
  void add(std::string_view tenant, log::AuditEntry refusal);

  bool empty() const { return pending_.empty(); }

  // All of it, by tenant, at most log::kMaxAuditEntries of each, in the order of their times.
  std::vector<std::pair<std::string, std::vector<log::AuditEntry>>> take();

 private:
  using Entries = std::map<std::string, log::AuditEntry>;  // by what alike entries have in common

  std::map<std::string, Entries, std::less<>> pending_;
  std::size_t size_ = 0;
};

}  // namespace syncline::policy
