// SharedAccounts: the accounts of the process (base/memory_account.h), for all its loops.
//
// Thread-safety: any thread. The lock is taken once for each connection and each large request body.
#pragma once

#include <mutex>

#include "base/memory_account.h"

namespace syncline::backend {

class SharedAccounts final : public MemoryAccounts {
 public:
  // As for AccountTable.
  SharedAccounts(const AccountTable::Limits& limits, MemoryBudget* budget)
      : table_(limits, budget) {}

  SharedAccount account_of(const Who& who) override {
    const std::lock_guard lock(mutex_);
    return table_.account_of(who);
  }

 private:
  std::mutex mutex_;
  AccountTable table_;
};

}  // namespace syncline::backend
