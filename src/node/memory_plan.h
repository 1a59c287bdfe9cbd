// MemoryPlan: how the memory that the process may use (`--memory-mib`) is shared out among its parts.
// The one place where this is decided.
//
// The parts are limits and rarely used whole at the same time. What they leave is for the program
// itself, and for what the allocator keeps.
//
// Pure.
#pragma once

#include <cstddef>

#include "base/memory_account.h"
#include "base/memory_budget.h"

namespace syncline::node {

struct MemoryPlan {
  // With less, the program and one large message have no room.
  static constexpr std::size_t kLeastBytes = std::size_t{128} << 20;

  std::size_t total = 0;
  std::size_t objects = 0;       // documents in memory
  std::size_t receiving = 0;     // messages and requests that have not arrived completely
  std::size_t queues = 0;        // what peers have not taken yet
  std::size_t disk_queue = 0;    // appends that wait for the disk; changes under way have as much
  std::size_t store_cache = 0;   // blocks, indexes and filters of the store
  std::size_t store_writes = 0;  // what the store has not written to tables yet
  std::size_t snapshots = 0;     // large snapshots that wait to be written
  std::size_t presence = 0;      // who is present on the objects
  std::size_t waiting = 0;       // changes that wait for others
  std::size_t answers = 0;       // answers that are being made
};

// `total` is at least kLeastBytes.
MemoryPlan plan_memory(std::size_t total);

// The plan, for those who count.
MemoryLimits limits_of(const MemoryPlan& plan);

// What one principal may have of each part: a quarter, or room for two buffers of the largest message,
// 16 MiB of queues and of changes, 8 MiB of answers, 1 MiB of presence, and what one author may have
// waiting in one document. A tenant: half, or the same. It has no limit of its own for the parts that are left out.
AccountTable::Limits limits_of_accounts(const MemoryPlan& plan, std::size_t max_message_bytes);

}  // namespace syncline::node
