// Tenants: the tenants of a server, what each uses, and the door that nobody passes into another's.
//
// A tenant has workspaces, principals and quotas of its own, and nothing crosses. Everybody whose token names
// no tenant belongs to the default tenant, "".
//
// Costs: finding a tenant is a search in a map, once for each connection and request; counting is a relaxed
// atomic addition.
//
// Thread-safety: a Tenant may be used by any thread. TenantTable has none; the process wraps it
// (backend/process/shared_tenants.h). Ownership: whoever uses a tenant shares it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_account.h"
#include "identity/authenticator.h"
#include "limits/quotas.h"
#include "limits/rate.h"
#include "limits/tenant_record.h"

namespace syncline::limits {

// One tenant while the server runs.
class Tenant {
 public:
  explicit Tenant(std::string name) : name_(std::move(name)) {}
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  const std::string& name() const { return name_; }

  // Takes over the state and the quotas. They hold from the next check on.
  void set(const TenantRecord& record);
  TenantState state() const { return state_.load(std::memory_order_relaxed); }
  std::uint64_t limit(Quota quota) const { return at(limits_, quota); }
  std::uint64_t workspace_limit(Quota quota) const { return at(workspace_limits_, quota); }

  // What it has now: connections, workspaces, objects, stored bytes, memory. Of rates: 0.
  std::uint64_t used(Quota quota) const;
  // Something came, or went (negative).
  void add(Quota quota, std::int64_t units);
  // Where its memory is charged; may be nullptr. Set once, before others know the tenant.
  void charge_to(SharedAccount account) { account_ = std::move(account); }

  // May it have more of this?
  Result<void> check(Quota quota, std::uint64_t more) const;

  // Counts events or bytes. Returns for how many milliseconds nothing should be read from its clients; 0: go on.
  std::uint64_t take(Quota quota, std::uint64_t units, std::uint64_t now_ms);
  std::uint64_t wait_ms(std::uint64_t now_ms) const;

 private:
  using Numbers = std::array<std::atomic<std::uint64_t>, kQuotas>;

  static std::uint64_t at(const Numbers& numbers, Quota quota) {
    return numbers[static_cast<std::size_t>(quota)].load(std::memory_order_relaxed);
  }
  Rate rate(Quota quota) const;
  std::atomic<TokenBucket>& bucket(Quota quota) {
    return quota == Quota::kEvents ? events_ : bytes_;
  }

  const std::string name_;
  std::atomic<TenantState> state_{TenantState::kActive};
  Numbers limits_ = {};
  Numbers workspace_limits_ = {};
  std::array<std::atomic<std::int64_t>, kQuotas> used_ = {};
  std::atomic<TokenBucket> events_{};
  std::atomic<TokenBucket> bytes_{};
  SharedAccount account_;
};

using SharedTenant = std::shared_ptr<Tenant>;

class Tenants {
 public:
  virtual ~Tenants() = default;

  // nullptr: there is none. The default tenant, "", always exists.
  virtual SharedTenant find(std::string_view name) const = 0;
  // Makes it, or changes its state and quotas.
  virtual SharedTenant put(const TenantRecord& record) = 0;
  // Those who use it go on; nobody finds it any more.
  virtual void remove(std::string_view name) = 0;
  // In the order of their names, the default tenant first.
  virtual std::vector<SharedTenant> all() const = 0;
};

class TenantTable final : public Tenants {
 public:
  // The accounts must outlive the table; nullptr: the memory of tenants is not counted.
  explicit TenantTable(MemoryAccounts* accounts = nullptr);

  SharedTenant find(std::string_view name) const override;
  SharedTenant put(const TenantRecord& record) override;
  void remove(std::string_view name) override;
  std::vector<SharedTenant> all() const override;

 private:
  MemoryAccounts* const accounts_;
  std::map<std::string, SharedTenant, std::less<>> tenants_;
};

// The authenticator of a server with tenants. It asks another whose token it is, and then decides into which
// tenant he comes:
//
// - Into that of his token. If the address names a tenant, too, it must be the same.
// - The operator, with a token that many share and the right to administer tenants, comes into the tenant that
//   the address names.
// - Within a tenant, nobody has rights that concern the whole server (Rights::of_the_server).
//
// The tenant must exist and be active. Whoever is refused does not learn whether another tenant exists.
//
// Thread-safety: immutable after construction. Both arguments must outlive it.
class TenantDoor final : public identity::Authenticator {
 public:
  TenantDoor(const identity::Authenticator& tokens, const Tenants& tenants)
      : tokens_(tokens), tenants_(tenants) {}

  bool open() const override { return tokens_.open(); }

  // Besides what Authenticator says:
  //   kForbidden  the token is of another tenant than the address, or its tenant is not open
  //   kNotFound   the operator named a tenant that does not exist
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override;

  // The decision alone. `named`: what the address names; "": no tenant.
  static Result<identity::Principal> enter(identity::Principal principal, std::string_view named,
                                           const Tenants& tenants);

 private:
  const identity::Authenticator& tokens_;
  const Tenants& tenants_;
};

}  // namespace syncline::limits
