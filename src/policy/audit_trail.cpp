#include "policy/audit_trail.h"

#include <algorithm>

#include "base/mutation.h"

namespace syncline::policy {
namespace {

// The same for entries that are alike (log::are_alike), and for no others.
std::string likeness_of(log::AuditEntry entry) {
  entry.unix_ms = 0;
  entry.count = 1;
  const Bytes bytes = log::encode_audit({&entry, 1});
  return std::string(as_text(bytes));
}

// What an entry takes in memory, with its likeness: the texts twice, and the rest.
std::size_t bytes_of(const std::string& likeness) {
  return 2 * likeness.size() + sizeof(log::AuditEntry) + 128;
}

// One for all for which there is no room.
log::AuditEntry further_like(const log::AuditEntry& entry) {
  const bool read = entry.kind == log::AuditEntry::Kind::kRead;
  return {.kind = entry.kind,
          .unix_ms = entry.unix_ms,
          .count = entry.count,
          .reason = std::string(read ? AuditTrail::kFurtherReads : AuditTrail::kFurther)};
}

}  // namespace

bool AuditTrail::has_room(const OfTenant& of, bool read, std::size_t bytes) const {
  return of.entries.size() < kMostOfTenant && size_ < kMost &&
         (!read || of.reads < kMostReadsOfTenant) && charge_.bytes() + bytes <= kMostBytes &&
         charge_.has_room(bytes);
}

void AuditTrail::add(std::string_view tenant, log::AuditEntry entry) {
  log::cut_texts(entry);
  auto found = pending_.find(tenant);
  if (found == pending_.end()) found = pending_.try_emplace(std::string(tenant)).first;
  OfTenant& of = found->second;
  const bool read = entry.kind == log::AuditEntry::Kind::kRead;
  std::string likeness = likeness_of(entry);
  auto alike = of.entries.find(likeness);
  if (alike == of.entries.end() && !has_room(of, read, bytes_of(likeness))) {
    entry = further_like(entry);
    likeness = likeness_of(entry);
    alike = of.entries.find(likeness);
  }
  if (alike != of.entries.end()) {
    if (!is_mutated(Mutation::count_refusals_once)) alike->second.count += entry.count;
    return;
  }
  charge_.set(charge_.bytes() + bytes_of(likeness));
  of.entries.emplace(std::move(likeness), std::move(entry));
  of.reads += read ? 1 : 0;
  ++size_;
}

std::vector<std::pair<std::string, std::vector<log::AuditEntry>>> AuditTrail::take() {
  std::vector<std::pair<std::string, std::vector<log::AuditEntry>>> all;
  for (auto& [tenant, pending] : pending_) {
    std::vector<log::AuditEntry> of_tenant;
    for (auto& [likeness, entry] : pending.entries) of_tenant.push_back(std::move(entry));
    std::ranges::stable_sort(of_tenant, {}, &log::AuditEntry::unix_ms);
    all.emplace_back(tenant, std::move(of_tenant));
  }
  pending_.clear();
  size_ = 0;
  charge_.set(0);
  return all;
}

}  // namespace syncline::policy
