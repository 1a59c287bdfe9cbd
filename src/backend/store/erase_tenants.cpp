#include "backend/store/erase_tenants.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/store/tenant_records.h"
#include "identity/api_key.h"
#include "identity/revocations.h"
#include "store/directory.h"
#include "store/tenant_erasure.h"

namespace syncline::backend {
namespace {

using log::DirectoryEntry;
using log::DirectoryKind;
using syncline::store::Tables;
using syncline::store::Writes;

constexpr std::size_t kErasedAtOnce = 2000;

// Removes the records of a kind that `is_own` picks.
Result<void> erase_records(const Tables& tables, DirectoryKind kind,
                           const std::function<bool(const DirectoryEntry&)>& is_own,
                           Writes& writes) {
  for (std::string after;;) {
    const auto page = syncline::store::read_directory(tables, kind, "", after, kErasedAtOnce);
    if (!page) return std::unexpected(page.error());
    for (const DirectoryEntry& entry : *page)
      if (is_own(entry))
        writes.remove(syncline::store::Family::kMeta,
                      syncline::store::directory_key(kind, entry.id));
    if (page->size() < kErasedAtOnce) return {};
    after = page->back().id;
  }
}

// Its keys, its revocations and its record: together, so that the name is free when nothing is left.
Result<void> erase_rest(const Tables& tables, const std::string& tenant, Writes& writes) {
  const auto is_its_key = [&](const DirectoryEntry& entry) {
    const auto key = identity::decode_api_key(entry.id, entry.value);
    return key && key->tenant == tenant;
  };
  const auto is_its_revocation = [&](const DirectoryEntry& entry) {
    const auto revocation = identity::decode_revocation(entry.value);
    return revocation && revocation->tenant == tenant;
  };
  if (auto keys = erase_records(tables, DirectoryKind::kKey, is_its_key, writes); !keys)
    return keys;
  if (auto rest = erase_records(tables, DirectoryKind::kRevocation, is_its_revocation, writes);
      !rest)
    return rest;
  writes.remove(syncline::store::Family::kMeta,
                syncline::store::directory_key(DirectoryKind::kTenant, tenant));
  return {};
}

class Erasing {
 public:
  explicit Erasing(observe::Sink* reports) : reporter_(reports, observe::Area::kStore) {}

  Result<bool> step(const Tables& tables, Writes& writes) {
    if (auto found = find(tables); !found) return std::unexpected(std::move(found.error()));
    if (tenants_->empty()) return false;
    const std::string& tenant = tenants_->back();
    if (!erasure_) erasure_.emplace(tenant);
    const auto more = erasure_->step(tables, kErasedAtOnce, writes);
    if (!more || *more) return more;
    if (auto rest = erase_rest(tables, tenant, writes); !rest)
      return std::unexpected(std::move(rest.error()));
    reporter_.info("a tenant was erased with its data", {{"tenant", tenant}});
    erasure_.reset();
    tenants_->pop_back();
    return true;
  }

 private:
  Result<void> find(const Tables& tables) {
    if (tenants_) return {};
    const auto records = read_tenants(tables);
    if (!records) return std::unexpected(records.error());
    tenants_.emplace();
    for (const limits::TenantRecord& record : *records)
      if (record.state == limits::TenantState::kErasing) tenants_->push_back(record.name);
    return {};
  }

  const observe::Reporter reporter_;
  std::optional<std::vector<std::string>> tenants_;  // still to be erased
  std::optional<syncline::store::TenantErasure> erasure_;
};

}  // namespace

std::function<Result<bool>(const Tables&, Writes&)> erasing_tenants(observe::Sink* reports) {
  return [erasing = std::make_shared<Erasing>(reports)](const Tables& tables, Writes& writes) {
    return erasing->step(tables, writes);
  };
}

}  // namespace syncline::backend
