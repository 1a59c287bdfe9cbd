#include "log/actor_numbers.h"

#include <algorithm>
#include <utility>

namespace syncline::log {

ActorNumbers::Found ActorNumbers::find(std::uint64_t first, std::uint64_t last) const {
  if (first <= forgotten_) return {Standing::kForgotten};
  const auto range =
      std::ranges::lower_bound(ranges_, first, {}, [](const Range& each) { return each.last; });
  if (range == ranges_.end() || range->first > last) return {Standing::kNew};
  if (range->first <= first && last <= range->last) return {Standing::kRecorded, range->position};
  return {Standing::kOverlaps};
}

void ActorNumbers::add(std::uint64_t first, std::uint64_t last, Position position) {
  if (last <= forgotten_) return;
  first = std::max(first, forgotten_ + 1);
  Range added{first, last, position};
  // Merge it with the ranges that it touches.
  auto from =
      std::ranges::lower_bound(ranges_, first - 1, {}, [](const Range& each) { return each.last; });
  auto to = from;
  for (; to != ranges_.end() && to->first <= last + 1; ++to) {
    added.first = std::min(added.first, to->first);
    added.last = std::max(added.last, to->last);
    added.position = std::max(added.position, to->position);
  }
  ranges_.insert(ranges_.erase(from, to), added);
  if (ranges_.size() <= max_ranges_) return;
  forgotten_ = ranges_.front().last;
  ranges_.erase(ranges_.begin());
}

Position ActorNumbers::last_position() const {
  Position last = 0;
  for (const Range& range : ranges_) last = std::max(last, range.position);
  return last;
}

bool ActorNumbers::set(std::vector<Range> ranges, std::uint64_t forgotten) {
  if (ranges.empty() || ranges.size() > max_ranges_) return false;
  std::uint64_t before = forgotten;
  for (const Range& range : ranges) {
    const bool apart = &range == &ranges.front() || range.first > before + 1;
    if (!apart || range.first <= before || range.last < range.first || range.position == 0)
      return false;
    before = range.last;
  }
  ranges_ = std::move(ranges);
  forgotten_ = forgotten;
  return true;
}

}  // namespace syncline::log
