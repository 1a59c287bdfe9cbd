// MemoryBudget: how much memory the process uses of what it may use (`--memory-mib`), and so whether
// it takes new work.
//
// The resident memory counts, because it is what the machine runs out of, and because it contains
// everything: objects, queues, half-received messages, caches of the store, encodings under way, and
// what the allocator keeps. A thread of the process measures it some times a second. Beside it, the
// largest parts are counted where they are held, for bounds of their own and for /metrics: objects,
// receiving and queues by each loop (Share), the others in a cell of the process.
//
//   kEasy   under 90 %
//   kTight  from 90 % on: those who hold most shrink. Idle objects leave the memory, slow readers are
//           closed or get their updates later
//   kFull   from 100 % on: new requests, WebSockets and openings of documents are refused, with codes
//           after which clients come back later. What is open goes on. Connections are accepted, because
//           the monitoring needs them, up to 110 %
//
// A level is left 5 % below the limit at which it was entered.
//
// What the cells of the process may have follows from MemoryLimits. Whoever would exceed that is refused.
//
// Thread-safety: any thread; a Share is written by its loop alone, set_resident() by one thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/memory_cell.h"

namespace syncline {

enum class MemoryLevel : std::uint8_t { kEasy, kTight, kFull };

enum class MemoryUse : std::uint8_t {
  kObjects,    // documents in memory
  kReceiving,  // messages and requests that have not arrived completely
  kQueues,     // what peers have not taken yet
  kPresence,   // who is present on the objects
  kWaiting,    // changes that wait for others
  kAnswers,    // answers that are being made, and encodings that are kept for several
  kChanges     // changes from when they have arrived until they are durable and told
};
inline constexpr std::size_t kMemoryUses = 7;

// What each use may have; 0: no limit.
using MemoryLimits = std::array<std::uint64_t, kMemoryUses>;

class MemoryBudget {
 public:
  // One loop's parts.
  class Share {
   public:
    void set(MemoryUse use, std::uint64_t bytes) {
      bytes_[static_cast<std::size_t>(use)].store(bytes, std::memory_order_relaxed);
    }
    std::uint64_t get(MemoryUse use) const {
      return bytes_[static_cast<std::size_t>(use)].load(std::memory_order_relaxed);
    }

   private:
    std::array<std::atomic<std::uint64_t>, kMemoryUses> bytes_ = {};
  };

  MemoryBudget(std::size_t limit, std::size_t loops, const MemoryLimits& parts = {})
      : limit_(limit), parts_(parts), shares_(loops) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  std::size_t limit() const { return limit_; }
  Share& share(std::size_t loop) { return shares_[loop]; }
  std::uint64_t used(MemoryUse use) const {
    std::uint64_t sum = cells_[static_cast<std::size_t>(use)].used();
    for (const Share& share : shares_) sum += share.get(use);
    return sum;
  }
  // What the use may have (MemoryLimits).
  std::uint64_t limit(MemoryUse use) const { return parts_[static_cast<std::size_t>(use)]; }
  // The cell of the process for a use that is counted in cells. Valid as long as the budget.
  MemoryCell& cell(MemoryUse use) { return cells_[static_cast<std::size_t>(use)]; }

  std::uint64_t resident() const { return resident_.load(std::memory_order_relaxed); }
  void set_resident(std::uint64_t bytes) {
    const std::uint64_t now = counted();
    counted_then_.store(now, std::memory_order_relaxed);
    // Answers are charged before they are made, so while there are some, the difference says nothing.
    if (used(MemoryUse::kAnswers) == 0 && bytes >= now)
      uncounted_.store(std::min(bytes - now, uncounted_.load(std::memory_order_relaxed)),
                       std::memory_order_relaxed);
    resident_.store(bytes, std::memory_order_relaxed);
    level_.store(level_for(bytes, level()), std::memory_order_relaxed);
  }

  MemoryLevel level() const { return level_.load(std::memory_order_relaxed); }
  bool tight() const { return level() != MemoryLevel::kEasy; }
  bool full() const { return level() == MemoryLevel::kFull; }
  // From 85 % on: who cannot wait is cut.
  bool nearly_tight() const { return resident() >= limit_ / 100 * 85; }
  // Far above the limit: what refuses new work does not help enough.
  bool over() const { return resident() > limit_ / 10 * 11; }

  // How many bytes a job waits for (state/answer_room.h); 0: none waits. While memory has no room for them,
  // pressed() is true, and those who can shrink do.
  static constexpr std::uint64_t kAlonePercent = 95;
  void want(std::uint64_t bytes) { wanted_.store(bytes, std::memory_order_relaxed); }
  bool pressed() const {
    const std::uint64_t wanted = wanted_.load(std::memory_order_relaxed);
    return wanted > 0 && !has_room(wanted, kAlonePercent);
  }

  // True if there is room for so much more before memory is short, or before `percent` of it is used. What
  // was counted since the last measurement is included, so many loops may ask between two measurements. What
  // is counted and not resident yet is included, too: memory that an answer was promised is not promised again.
  bool has_room(std::uint64_t more, std::uint64_t percent = 85) const {
    const std::uint64_t now = counted();
    const std::uint64_t then = counted_then_.load(std::memory_order_relaxed);
    const std::uint64_t measured = resident() + (now > then ? now - then : 0);
    const std::uint64_t uncounted = uncounted_.load(std::memory_order_relaxed);
    // Not with queues, in which a message counts for each that gets it.
    const std::uint64_t promised =
        uncounted == kUnknown ? 0 : now - std::min(now, used(MemoryUse::kQueues)) + uncounted;
    return std::max(measured, promised) + more < limit_ / 100 * percent;
  }

 private:
  std::uint64_t counted() const {
    std::uint64_t sum = 0;
    for (std::size_t use = 0; use < kMemoryUses; ++use) sum += used(static_cast<MemoryUse>(use));
    return sum;
  }
  MemoryLevel level_for(std::uint64_t bytes, MemoryLevel before) const {
    const std::uint64_t percent = limit_ / 100;
    if (bytes >= (before == MemoryLevel::kFull ? 95 : 100) * percent) return MemoryLevel::kFull;
    if (bytes >= (before == MemoryLevel::kEasy ? 90 : 85) * percent) return MemoryLevel::kTight;
    return MemoryLevel::kEasy;
  }

  const std::size_t limit_;
  const MemoryLimits parts_;
  std::array<MemoryCell, kMemoryUses> cells_{
      MemoryCell(parts_[0]), MemoryCell(parts_[1]), MemoryCell(parts_[2]), MemoryCell(parts_[3]),
      MemoryCell(parts_[4]), MemoryCell(parts_[5]), MemoryCell(parts_[6])};
  std::atomic<std::uint64_t> resident_ = 0;
  std::atomic<std::uint64_t> counted_then_ = 0;  // at that measurement
  // What the program needs besides, as far as measurements have shown.
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  std::atomic<std::uint64_t> uncounted_ = kUnknown;
  std::atomic<std::uint64_t> wanted_ = 0;
  std::atomic<MemoryLevel> level_ = MemoryLevel::kEasy;
  std::vector<Share> shares_;
};

}  // namespace syncline
