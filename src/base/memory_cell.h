// MemoryCell: how many bytes somebody holds of one part of the memory (base/memory_budget.h), with a
// limit. Cells form a tree: what is added to a cell is added to those above it, too. The process is at
// the top, below it are those who hold something (base/memory_account.h).
//
// MemoryCharge: the bytes of one owner in a cell. It gives them back when it is destroyed.
//
// A cell refuses nothing itself. Whoever wants to hold more asks has_room() first, and decides what
// to do.
//
// Costs: one relaxed atomic addition for each level of the tree. Thread-safety: a cell may be used by
// any thread, a charge by one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/mutation.h"

namespace syncline {

class MemoryCell {
 public:
  // `limit`: 0 means none. `above` must outlive this cell.
  explicit MemoryCell(std::uint64_t limit = 0, MemoryCell* above = nullptr)
      : limit_(limit), above_(above) {}
  MemoryCell(const MemoryCell&) = delete;
  MemoryCell& operator=(const MemoryCell&) = delete;

  // Replaces `before` bytes by `now`.
  void change(std::uint64_t before, std::uint64_t now) {
    if (before == now) return;
    for (MemoryCell* cell = this; cell != nullptr; cell = cell->above_)
      cell->used_.fetch_add(now - before, std::memory_order_relaxed);
  }

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_; }
  // True if this cell, without those above it, has at least its limit; more than its limit.
  bool is_full() const { return limit_ > 0 && used() >= limit_; }
  bool is_over() const { return limit_ > 0 && used() > limit_; }

  // True if neither this cell nor one above it would have more than its limit.
  bool has_room(std::uint64_t more) const {
    for (const MemoryCell* cell = this; cell != nullptr; cell = cell->above_)
      if (cell->limit_ > 0 && cell->used() + more > cell->limit_) return false;
    return true;
  }

 private:
  std::atomic<std::uint64_t> used_ = 0;
  const std::uint64_t limit_;
  MemoryCell* const above_;
};

// A cell, and what it belongs to, which lives as long as somebody is charged there. nullptr: what is
// held is not counted.
using SharedCell = std::shared_ptr<MemoryCell>;

// A cell that outlives everybody who uses it.
inline SharedCell lasting(MemoryCell* cell) {
  return {std::shared_ptr<void>(), cell};
}

class MemoryCharge {
 public:
  MemoryCharge() = default;
  explicit MemoryCharge(SharedCell cell, std::uint64_t bytes = 0) : cell_(std::move(cell)) {
    set(bytes);
  }
  MemoryCharge(MemoryCharge&& other) noexcept
      : cell_(std::move(other.cell_)), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&& other) noexcept {
    std::swap(cell_, other.cell_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MemoryCharge() {
    if (!is_mutated(Mutation::keep_charge)) set(0);
  }

  void set(std::uint64_t bytes) {
    if (cell_ != nullptr) cell_->change(bytes_, bytes);
    bytes_ = bytes;
  }
  std::uint64_t bytes() const { return bytes_; }
  // A further charge in the same cell.
  MemoryCharge further(std::uint64_t bytes) const { return MemoryCharge(cell_, bytes); }
  bool has_room(std::uint64_t more) const { return cell_ == nullptr || cell_->has_room(more); }

 private:
  SharedCell cell_;
  std::uint64_t bytes_ = 0;
};

}  // namespace syncline
