#include "limits/tenants.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "identity/names.h"

namespace syncline::limits {
namespace {

constexpr std::uint64_t kBurstSeconds = 2;

bool is_rate(Quota quota) {
  return quota == Quota::kEvents || quota == Quota::kBytes;
}

std::unexpected<Error> other_tenant() {
  return fail(ErrorCode::kForbidden, "this token is not for the tenant of this address");
}

// With the tenant's name, whatever the token says.
std::shared_ptr<const identity::Identity> identity_in(const identity::Principal& principal,
                                                      std::string_view tenant) {
  identity::Identity identity =
      principal.identity == nullptr ? identity::Identity{} : *principal.identity;
  identity.tenant = tenant;
  return std::make_shared<const identity::Identity>(std::move(identity));
}

bool is_operator(const identity::Principal& principal) {
  const bool shared = principal.identity == nullptr ||
                      principal.identity->source == identity::Identity::Source::kShared;
  return shared && principal.rights.has(identity::Right::kTenants);
}

}  // namespace

void Tenant::set(const TenantRecord& record) {
  for (std::size_t i = 0; i < kQuotas; ++i) {
    limits_[i].store(record.quotas.most[i], std::memory_order_relaxed);
    workspace_limits_[i].store(record.workspace_quotas.most[i], std::memory_order_relaxed);
  }
  state_.store(record.state, std::memory_order_relaxed);
}

std::uint64_t Tenant::used(Quota quota) const {
  if (quota != Quota::kMemoryBytes) {
    const std::int64_t used =
        used_[static_cast<std::size_t>(quota)].load(std::memory_order_relaxed);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(used, 0));
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; account_ != nullptr && i < kMemoryUses; ++i)
    bytes += account_->cell(static_cast<MemoryUse>(i)).used();
  return bytes;
}

void Tenant::add(Quota quota, std::int64_t units) {
  used_[static_cast<std::size_t>(quota)].fetch_add(units, std::memory_order_relaxed);
}

Result<void> Tenant::check(Quota quota, std::uint64_t more) const {
  const std::uint64_t most = limit(quota);
  if (most == 0) return {};
  return check_quota(quota, QuotaOf::kTenant, most, used(quota), more);
}

Rate Tenant::rate(Quota quota) const {
  const std::uint64_t per_second = limit(quota);
  return {per_second, per_second * kBurstSeconds};
}

std::uint64_t Tenant::take(Quota quota, std::uint64_t units, std::uint64_t now_ms) {
  const Rate most = rate(quota);
  if (!most.limits() || !is_rate(quota)) return 0;
  std::atomic<TokenBucket>& shared = bucket(quota);
  TokenBucket before = shared.load(std::memory_order_relaxed);
  TokenBucket after;
  std::uint64_t wait = 0;
  do {
    after = before;
    wait = after.take(most, units, now_ms);
  } while (!shared.compare_exchange_weak(before, after, std::memory_order_relaxed));
  return wait;
}

std::uint64_t Tenant::wait_ms(std::uint64_t now_ms) const {
  return std::max(events_.load(std::memory_order_relaxed).wait_ms(rate(Quota::kEvents), now_ms),
                  bytes_.load(std::memory_order_relaxed).wait_ms(rate(Quota::kBytes), now_ms));
}

TenantTable::TenantTable(MemoryAccounts* accounts) : accounts_(accounts) {
  tenants_.emplace("", std::make_shared<Tenant>(""));
}

SharedTenant TenantTable::find(std::string_view name) const {
  const auto found = tenants_.find(name);
  return found == tenants_.end() ? nullptr : found->second;
}

SharedTenant TenantTable::put(const TenantRecord& record) {
  SharedTenant& tenant = tenants_[record.name];
  if (tenant == nullptr) {
    tenant = std::make_shared<Tenant>(record.name);
    if (accounts_ != nullptr) tenant->charge_to(accounts_->account_of({.tenant = record.name}));
  }
  tenant->set(record);
  return tenant;
}

void TenantTable::remove(std::string_view name) {
  const auto found = tenants_.find(name);
  if (found != tenants_.end() && !name.empty()) tenants_.erase(found);
}

std::vector<SharedTenant> TenantTable::all() const {
  std::vector<SharedTenant> all;
  for (const auto& [name, tenant] : tenants_) all.push_back(tenant);
  return all;
}

Result<identity::Principal> TenantDoor::enter(identity::Principal principal, std::string_view named,
                                              const Tenants& tenants) {
  std::string_view own = principal.tenant();
  if (own == identity::kDefaultTenant) own = {};
  const bool anywhere = named.empty();
  if (named == identity::kDefaultTenant) named = {};
  std::string_view into = own;
  if (!anywhere && named != own) {
    if ((!own.empty() || !is_operator(principal)) && !is_mutated(Mutation::path_not_compared))
      return other_tenant();
    into = named;
  }
  const SharedTenant tenant = tenants.find(into);
  if (tenant == nullptr && into != own)
    return fail(ErrorCode::kNotFound, "there is no such tenant");
  if (tenant == nullptr || tenant->state() != TenantState::kActive)
    return fail(ErrorCode::kForbidden, "the tenant of this token is not open");
  if (into.empty()) {
    if (!principal.tenant().empty()) principal.identity = identity_in(principal, "");
    return principal;
  }
  if (into != principal.tenant()) principal.identity = identity_in(principal, into);
  principal.rights = principal.rights.without(identity::Rights::of_the_server());
  return principal;
}

void TenantDoor::authenticate(const identity::Credential& credential, Scheduler& loop,
                              Done done) const {
  tokens_.authenticate(credential, loop,
                       [&tenants = tenants_, named = std::string(credential.tenant),
                        done = std::move(done)](Result<identity::Principal> principal) mutable {
                         if (!principal) return done(std::move(principal));
                         done(enter(*std::move(principal), named, tenants));
                       });
}

}  // namespace syncline::limits
