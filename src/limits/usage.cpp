#include "limits/usage.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/audit.h"

namespace syncline::limits {
namespace {

constexpr std::uint64_t kWorkspaceBurstSeconds = 2;

}  // namespace

Bytes encode_use(const StoredUse& use) {
  ByteWriter out;
  out.var_uint(use.objects);
  out.var_uint(use.bytes);
  return out.take();
}

Result<StoredUse> decode_use(ByteView bytes) {
  ByteReader in(bytes);
  const StoredUse use{.objects = in.var_uint(), .bytes = in.var_uint()};
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kCorrupt, "what is kept of a workspace's use is damaged");
  return use;
}

Result<void> WorkspaceUse::check(Quota quota, std::uint64_t more) const {
  std::uint64_t used = 0;
  if (quota == Quota::kConnections) used = connections_;
  if (quota == Quota::kObjects) used = stored_.objects;
  if (quota == Quota::kStoredBytes) used = stored_.bytes;
  const std::uint64_t most = tenant_->workspace_limit(quota);
  if (auto ok = check_quota(quota, QuotaOf::kWorkspace, most, used, more); !ok) return ok;
  return tenant_->check(quota, more);
}

void WorkspaceUse::store(std::uint64_t bytes, bool new_object, bool new_workspace, int sign) {
  const auto units = static_cast<std::int64_t>(bytes) * sign;
  stored_.bytes += static_cast<std::uint64_t>(units);
  tenant_->add(Quota::kStoredBytes, units);
  if (new_object) {
    stored_.objects += static_cast<std::uint64_t>(std::int64_t{sign});
    tenant_->add(Quota::kObjects, sign);
  }
  if (new_workspace) tenant_->add(Quota::kWorkspaces, sign);
}

void WorkspaceUse::settle(std::uint64_t bytes, bool new_object) {
  durable_.bytes += bytes;
  if (new_object) ++durable_.objects;
}

void WorkspaceUse::take_over(std::uint64_t bytes, std::uint64_t objects, bool new_workspace) {
  for (StoredUse* const use : {&stored_, &durable_}) {
    use->bytes += bytes;
    use->objects += objects;
  }
  tenant_->add(Quota::kStoredBytes, static_cast<std::int64_t>(bytes));
  tenant_->add(Quota::kObjects, static_cast<std::int64_t>(objects));
  if (new_workspace) tenant_->add(Quota::kWorkspaces, 1);
}

void WorkspaceUse::drop(std::uint64_t bytes) {
  bytes = std::min(bytes, durable_.bytes);
  stored_.bytes -= bytes;
  durable_.bytes -= bytes;
  tenant_->add(Quota::kStoredBytes, -static_cast<std::int64_t>(bytes));
}

void WorkspaceUse::connect(int sign) {
  connections_ += static_cast<std::uint64_t>(std::int64_t{sign});
  tenant_->add(Quota::kConnections, sign);
}

Rate WorkspaceUse::rate(Quota quota) const {
  const std::uint64_t per_second = tenant_->workspace_limit(quota);
  return {per_second, per_second * kWorkspaceBurstSeconds};
}

std::uint64_t WorkspaceUse::take(Quota quota, std::uint64_t units, std::uint64_t now_ms) {
  TokenBucket& bucket = quota == Quota::kEvents ? events_ : bytes_;
  const std::uint64_t own = bucket.take(rate(quota), units, now_ms);
  return std::max(own, tenant_->take(quota, units, now_ms));
}

std::uint64_t WorkspaceUse::wait_ms(std::uint64_t now_ms) const {
  return std::max({events_.wait_ms(rate(Quota::kEvents), now_ms),
                   bytes_.wait_ms(rate(Quota::kBytes), now_ms), tenant_->wait_ms(now_ms)});
}

void UseTable::restore(const std::string& workspace, const StoredUse& stored) {
  entries_[workspace].written = stored;
}

SharedUse UseTable::of(const std::string& workspace) {
  const auto [name, own] = split_name(workspace);
  if (name.empty() || own == log::kSystemWorkspace || tenants_ == nullptr) return nullptr;
  Entry& entry = entries_[workspace];
  if (entry.use == nullptr) {
    SharedTenant tenant =
        is_mutated(Mutation::global_quota) ? tenants_->all().back() : tenants_->find(name);
    if (tenant == nullptr) return nullptr;
    entry.use = std::make_shared<WorkspaceUse>(std::move(tenant), entry.written);
  }
  looked_at_.insert(workspace);
  return entry.use;
}

std::vector<std::pair<std::string, StoredUse>> UseTable::take_changed(std::size_t most) {
  std::vector<std::pair<std::string, StoredUse>> changed;
  for (auto at = looked_at_.begin(); at != looked_at_.end() && changed.size() < most;) {
    Entry& entry = entries_[*at];
    const bool used = entry.use != nullptr && entry.use.use_count() > 1;
    if (entry.use != nullptr && entry.use->durable() != entry.written) {
      entry.written = entry.use->durable();
      changed.emplace_back(*at, entry.written);
    }
    if (!used) entry.use = nullptr;
    at = used ? std::next(at) : looked_at_.erase(at);
  }
  return changed;
}

}  // namespace syncline::limits
