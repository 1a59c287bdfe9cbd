// AuditTrail: the refusals and reads that are still to be written to audit logs (log/audit.h), by tenant. Those that are
// alike are counted, and what is held is bounded: above that, a tenant's further refusals are one entry that only counts,
// and so are his further reads. Reads take at most half of the room, so that they leave some for refusals.
//
// Pure: no clock, no I/O. Thread-safety: none.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_cell.h"
#include "log/audit.h"

namespace syncline::policy {

class AuditTrail {
 public:
  static constexpr std::size_t kMostOfTenant = log::kMaxAuditEntries - 2;
  static constexpr std::size_t kMostReadsOfTenant = log::kMaxAuditEntries / 2;
  // Of all tenants together.
  static constexpr std::size_t kMost = 2048;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  static constexpr std::string_view kFurther = "further refusals, which differ from the others";
  static constexpr std::string_view kFurtherReads = "further reads, which differ from the others";

  // What is held is charged to `memory`; nullptr: it is not. While there is no room, it is as if the bounds were reached.
  explicit AuditTrail(SharedCell memory = nullptr) : charge_(std::move(memory)) {}

  // `tenant`: "" is the default tenant. `entry`: a refusal or a read.
  void add(std::string_view tenant, log::AuditEntry entry);

  bool empty() const { return pending_.empty(); }

  // All of it, by tenant, at most log::kMaxAuditEntries of each, in the order of their times.
  std::vector<std::pair<std::string, std::vector<log::AuditEntry>>> take();

 private:
  struct OfTenant {
    std::map<std::string, log::AuditEntry> entries;  // by what alike entries have in common
    std::size_t reads = 0;
  };

  bool has_room(const OfTenant& of, bool read, std::size_t bytes) const;

  std::map<std::string, OfTenant, std::less<>> pending_;
  std::size_t size_ = 0;
  MemoryCharge charge_;
};

}  // namespace syncline::policy
