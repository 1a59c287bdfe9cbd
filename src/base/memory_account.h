// MemoryAccount: what one principal holds of each part of the memory, over all its connections and loops;
// above it, perhaps, that of its tenant. So the tree of cells (base/memory_cell.h) is: process, tenant,
// principal. What a connection has is counted by its owner, and charged to the account of its principal.
//
// An account may have a part of each part of the memory, so that one principal with many connections
// does not take the room of all. What is above its limit is refused or cut where it is held, as above
// the limits of the process: docs/memory.md. Receiving and queues are counted for the process by its
// loops, and here besides; the others only in the cells.
//
// AccountTable finds the account of somebody. It has an entry for each who is connected or holds
// something, and at most twice as many.
//
// Costs: one relaxed atomic addition for each level of the tree when something is charged. Looking up an
// account costs a search in a map, once for each connection.
//
// Thread-safety: accounts may be used by any thread. AccountTable has none; the process wraps it
// (backend/process/shared_accounts.h). Ownership: everybody who is charged shares the account.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/memory_budget.h"

namespace syncline {

// Who somebody is for budgets.
struct Who {
  std::string tenant = {};  // "": none
  std::string principal = {};

  auto operator<=>(const Who&) const = default;
};

class MemoryAccount {
 public:
  // `budget` and `tenant` may be nullptr. The budget must outlive the account.
  MemoryAccount(const MemoryLimits& limits, MemoryBudget* budget,
                std::shared_ptr<MemoryAccount> tenant = nullptr)
      : tenant_(std::move(tenant)),
        cells_{MemoryCell(limits[0], above(MemoryUse::kObjects, budget)),
               MemoryCell(limits[1], above(MemoryUse::kReceiving, nullptr)),
               MemoryCell(limits[2], above(MemoryUse::kQueues, nullptr)),
               MemoryCell(limits[3], above(MemoryUse::kPresence, budget)),
               MemoryCell(limits[4], above(MemoryUse::kWaiting, budget)),
               MemoryCell(limits[5], above(MemoryUse::kAnswers, budget)),
               MemoryCell(limits[6], above(MemoryUse::kChanges, budget))} {}

  MemoryCell& cell(MemoryUse use) { return cells_[static_cast<std::size_t>(use)]; }
  const MemoryCell& cell(MemoryUse use) const { return cells_[static_cast<std::size_t>(use)]; }

 private:
  MemoryCell* above(MemoryUse use, MemoryBudget* budget) const {
    if (tenant_ != nullptr) return &tenant_->cell(use);
    return budget == nullptr ? nullptr : &budget->cell(use);
  }

  const std::shared_ptr<MemoryAccount> tenant_;
  std::array<MemoryCell, kMemoryUses> cells_;
};

using SharedAccount = std::shared_ptr<MemoryAccount>;

// The cell of an account, which keeps the account.
inline SharedCell cell_of(const SharedAccount& account, MemoryUse use) {
  return {account, &account->cell(use)};
}

class MemoryAccounts {
 public:
  virtual ~MemoryAccounts() = default;

  virtual SharedAccount account_of(const Who& who) = 0;
};

class AccountTable final : public MemoryAccounts {
 public:
  struct Limits {
    MemoryLimits principal = {};
    MemoryLimits tenant = {};
  };

  // The budget must outlive the table and its accounts.
  AccountTable(const Limits& limits, MemoryBudget* budget) : limits_(limits), budget_(budget) {}

  SharedAccount account_of(const Who& who) override {
    SharedAccount tenant;
    if (!who.tenant.empty()) tenant = find_or_make({.tenant = who.tenant}, limits_.tenant, nullptr);
    return find_or_make(who, limits_.principal, std::move(tenant));
  }

  // Entries, of which some may be of accounts that nobody uses any more.
  std::size_t size() const { return accounts_.size(); }

 private:
  static constexpr std::size_t kLeastEntries = 64;

  SharedAccount find_or_make(const Who& who, const MemoryLimits& limits, SharedAccount tenant) {
    std::weak_ptr<MemoryAccount>& entry = accounts_[who];
    SharedAccount account = entry.lock();
    if (account != nullptr) return account;
    account = std::make_shared<MemoryAccount>(limits, budget_, std::move(tenant));
    entry = account;
    if (accounts_.size() >= forget_at_) forget_unused();
    return account;
  }

  void forget_unused() {
    std::erase_if(accounts_, [](const auto& entry) { return entry.second.expired(); });
    forget_at_ = std::max(kLeastEntries, 2 * accounts_.size());
  }

  const Limits limits_;
  MemoryBudget* const budget_;
  std::map<Who, std::weak_ptr<MemoryAccount>> accounts_;
  std::size_t forget_at_ = kLeastEntries;
};

}  // namespace syncline
