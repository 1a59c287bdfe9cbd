#include "policy/audit_trail.h"

#include <algorithm>

namespace syncline::policy {
namespace {

// The same for entries that are alike (log::are_alike), and for no others.
std::string likeness_of(log::AuditEntry entry) {
  entry.unix_ms = 0;
  entry.count = 1;
  const Bytes bytes = log::encode_audit({&entry, 1});
  return std::string(as_text(bytes));
}

}  // namespace

void AuditTrail::add(std::string_view tenant, log::AuditEntry refusal) {
  log::cut_texts(refusal);
  auto of_tenant = pending_.find(tenant);
  if (of_tenant == pending_.end()) of_tenant = pending_.try_emplace(std::string(tenant)).first;
  Entries& entries = of_tenant->second;
  std::string likeness = likeness_of(refusal);
  auto found = entries.find(likeness);
  if (found == entries.end() && (entries.size() >= kMostOfTenant || size_ >= kMost)) {
    refusal = {.kind = refusal.kind,
               .unix_ms = refusal.unix_ms,
               .count = refusal.count,
               .reason = std::string(kFurther)};
    likeness = likeness_of(refusal);
    found = entries.find(likeness);
  }
  if (found != entries.end()) {
    found->second.count += refusal.count;
    return;
  }
  entries.emplace(std::move(likeness), std::move(refusal));
  ++size_;
}

std::vector<std::pair<std::string, std::vector<log::AuditEntry>>> AuditTrail::take() {
  std::vector<std::pair<std::string, std::vector<log::AuditEntry>>> all;
  for (auto& [tenant, entries] : pending_) {
    std::vector<log::AuditEntry> of_tenant;
    for (auto& [likeness, entry] : entries) of_tenant.push_back(std::move(entry));
    std::ranges::stable_sort(of_tenant, {}, &log::AuditEntry::unix_ms);
    all.emplace_back(tenant, std::move(of_tenant));
  }
  pending_.clear();
  size_ = 0;
  return all;
}

}  // namespace syncline::policy
