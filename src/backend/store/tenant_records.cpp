#include "backend/store/tenant_records.h"

#include <string_view>
#include <utility>

#include "log/directory_store.h"
#include "store/directory.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kTenantsAtOnce = 256;
constexpr std::string_view kUsePrefix = "/";  // of names within the server (base/qualified_name.h)

using EachEntry = std::function<Result<void>(const log::DirectoryEntry&)>;

// The entries that follow `after`, page by page.
Result<void> each_entry(const syncline::store::Tables& tables, const std::string& prefix,
                        std::string after, const EachEntry& use) {
  while (true) {
    const auto page = syncline::store::read_directory(tables, log::DirectoryKind::kTenant, prefix,
                                                      after, kTenantsAtOnce);
    if (!page) return std::unexpected(page.error());
    for (const log::DirectoryEntry& entry : *page)
      if (auto used = use(entry); !used) return used;
    if (page->size() < kTenantsAtOnce) return {};
    after = page->back().id;
  }
}

}  // namespace

Result<std::vector<limits::TenantRecord>> read_tenants(const syncline::store::Tables& tables) {
  std::vector<limits::TenantRecord> records;
  auto read =
      each_entry(tables, "", "/\x7f", [&](const log::DirectoryEntry& entry) -> Result<void> {
        auto record = limits::decode_tenant(entry.id, entry.value);
        if (!record) return std::unexpected(std::move(record.error()));
        records.push_back(std::move(*record));
        return {};
      });
  if (!read) return std::unexpected(std::move(read.error()));
  return records;
}

Result<void> read_uses(
    const syncline::store::Tables& tables,
    const std::function<void(const std::string&, const limits::StoredUse&)>& each) {
  return each_entry(tables, std::string(kUsePrefix), "",
                    [&](const log::DirectoryEntry& entry) -> Result<void> {
                      if (const auto use = limits::decode_use(entry.value)) each(entry.id, *use);
                      return {};
                    });
}

}  // namespace syncline::backend
