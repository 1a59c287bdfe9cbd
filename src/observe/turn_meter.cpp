#include "observe/turn_meter.h"

#include <algorithm>

namespace syncline::observe {

void TurnMeter::begin(const char* what) {
  begin_ = lap_ = clock_.read();
  parts_[0] = {what, 0};
  part_count_ = 1;
  current_ = 0;
  name_ = what;
}

void TurnMeter::lap() {
  const std::uint64_t now = std::max(clock_.read(), lap_);
  parts_[current_].ticks += now - lap_;
  lap_ = now;
}

void TurnMeter::set_doing(const char* what) {
  if (part_count_ == 0 || what == name_) return;
  lap();
  name_ = what;
  current_ = 0;
  while (current_ < part_count_ && parts_[current_].what != what) ++current_;
  if (current_ < part_count_) return;
  if (part_count_ < kMaxParts) {
    parts_[part_count_++] = {what, 0};
  } else {
    current_ = 0;
  }
}

std::optional<TurnMeter::SlowTurn> TurnMeter::end() {
  lap();
  const std::uint64_t turn_us = to_us(lap_ - begin_);
  turns_.observe(turn_us);
  const std::size_t parts = part_count_;
  part_count_ = 0;
  name_ = "";
  if (turn_us <= budget_us_) return std::nullopt;
  const auto longest =
      std::max_element(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(parts),
                       [](const Part& a, const Part& b) { return a.ticks < b.ticks; });
  const SlowTurn turn{longest->what, to_us(longest->ticks), turn_us};
  count_slow(turn);
  return turn;
}

void TurnMeter::count_slow(const SlowTurn& turn) {
  auto found = std::ranges::find(slow_, turn.what, &Slow::what);
  if (found == slow_.end()) {
    constexpr std::string_view kOther = "other";
    if (slow_.size() + 1 >= kMaxNames) found = std::ranges::find(slow_, kOther, &Slow::what);
    if (found == slow_.end()) {
      slow_.push_back({slow_.size() + 1 >= kMaxNames ? kOther : turn.what});
      found = slow_.end() - 1;
    }
  }
  found->turns += 1;
  found->us += turn.turn_us;
}

}  // namespace syncline::observe
