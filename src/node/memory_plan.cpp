#include "node/memory_plan.h"

#include <algorithm>

namespace syncline::node {

MemoryPlan plan_memory(std::size_t total) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const auto percent = [total](std::size_t of) { return total / 100 * of; };
  return {.total = total,
          .objects = percent(35),
          .receiving = std::min(percent(10), 128 * kMiB),
          .queues = percent(13),
          .disk_queue = std::min(percent(10), 256 * kMiB),
          .store_cache = std::min(percent(6), 256 * kMiB),
          .store_writes = std::min(percent(6), 192 * kMiB),
          .snapshots = std::min(percent(6), 64 * kMiB),
          .presence = std::min(percent(2), 64 * kMiB),
          .waiting = std::min(percent(3), 128 * kMiB),
          .answers = std::min(percent(6), 512 * kMiB)};
}

MemoryLimits limits_of(const MemoryPlan& plan) {
  MemoryLimits limits = {};
  const auto set = [&limits](MemoryUse use, std::size_t bytes) {
    limits[static_cast<std::size_t>(use)] = bytes;
  };
  set(MemoryUse::kObjects, plan.objects);
  set(MemoryUse::kReceiving, plan.receiving);
  set(MemoryUse::kQueues, plan.queues);
  set(MemoryUse::kPresence, plan.presence);
  set(MemoryUse::kWaiting, plan.waiting);
  set(MemoryUse::kAnswers, plan.answers);
  set(MemoryUse::kChanges, plan.disk_queue);
  return limits;
}

AccountTable::Limits limits_of_accounts(const MemoryPlan& plan, std::size_t max_message_bytes) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  AccountTable::Limits limits;
  const auto set = [&limits](MemoryUse use, std::size_t part, std::size_t least) {
    limits.principal[static_cast<std::size_t>(use)] = std::max(part / 4, least);
    limits.tenant[static_cast<std::size_t>(use)] = std::max(part / 2, least);
  };
  set(MemoryUse::kReceiving, plan.receiving, 2 * max_message_bytes);
  set(MemoryUse::kQueues, plan.queues, 16 * kMiB);
  set(MemoryUse::kPresence, plan.presence, kMiB);
  set(MemoryUse::kWaiting, plan.waiting, 4 * kMiB);
  set(MemoryUse::kAnswers, plan.answers, 8 * kMiB);
  set(MemoryUse::kChanges, plan.disk_queue, 16 * kMiB);
  return limits;
}

}  // namespace syncline::node
