// Fifo: a queue in one piece of memory. Unlike std::deque, an empty one that was never used has no
// memory, and one that is often empty allocates nothing.
//
// Costs: push() and take() are O(1) on average. Of an empty queue, the memory of at most kKept
// elements is kept. Thread-safety: none.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace syncline::backend {

template <typename T, std::size_t kKept = 64>
class Fifo {
 public:
  bool empty() const { return next_ == items_.size(); }
  std::size_t size() const { return items_.size() - next_; }
  const T& front() const { return items_[next_]; }  // there must be one

  void push(T item) { items_.push_back(std::move(item)); }

  // There must be one.
  T take() {
    T item = std::move(items_[next_++]);
    if (empty()) {
      items_.clear();
      if (items_.capacity() > kKept) items_.shrink_to_fit();
      next_ = 0;
    } else if (next_ >= kKept && next_ >= items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(next_));
      next_ = 0;
    }
    return item;
  }

 private:
  std::vector<T> items_;  // those before next_ were taken
  std::size_t next_ = 0;
};

}  // namespace syncline::backend
