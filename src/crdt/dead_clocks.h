// DeadClocks: ranges of one client's clocks whose elements are all deleted. It lets the same deletion,
// sent again and again, pass over what it deleted the first time, however many structs that is.
//
// A cache: clocks that are not in it may be deleted, too. Deletion is for good, and no clock is used
// twice, so what is in it stays true, whatever is cut, joined or collected. Whoever passes over at least
// kWorthNoting deleted structs adds them. So there is at most one range for so many structs, and each
// deleted struct is passed over about once.
//
// Costs: skip O(log ranges); add O(ranges) moves of 8 bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/rarely.h"
#include "syncline/crdt/id.h"

namespace syncline::crdt {

class DeadClocks {
 public:
  // Structs. Fewer in builds with slow checks, so that small random documents have notes, too.
#ifdef SYNCLINE_SLOW_CHECKS
  static constexpr std::size_t kWorthNoting = 4;
#else
  static constexpr std::size_t kWorthNoting = 64;
#endif

  // The first clock, from this one on, that is not in it.
  Clock skip(Clock clock) const {
    if (ranges_->empty()) return clock;
    const auto behind = std::ranges::upper_bound(*ranges_, clock, {}, &Range::from);
    return behind == ranges_->begin() ? clock : std::max(clock, (behind - 1)->end);
  }

  // True if it holds any of the clocks from `from` to `end`, without `end`.
  bool any(Clock from, Clock end) const {
    const auto first = std::ranges::upper_bound(*ranges_, from, {}, &Range::end);
    return first != ranges_->end() && first->from < end;
  }

  // Adds the clocks from `from` to `end`, without `end`.
  void add(Clock from, Clock end) {
    std::vector<Range>& ranges = ranges_.make();
    const auto first = std::ranges::lower_bound(ranges, from, {}, &Range::end);
    auto last = first;
    for (; last != ranges.end() && last->from <= end; ++last) {
      from = std::min(from, last->from);
      end = std::max(end, last->end);
    }
    ranges.insert(ranges.erase(first, last), Range{from, end});
  }

  std::size_t size() const {
    return ranges_->size();
  }
  std::size_t memory_bytes() const {
    return ranges_->capacity() * sizeof(Range);
  }

 private:
  struct Range {
    Clock from;
    Clock end;
  };

  Rarely<std::vector<Range>> ranges_;  // ascending; they do not touch each other
};

}  // namespace syncline::crdt
