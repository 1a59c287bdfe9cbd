#include <algorithm>
#include <utility>

#include "sim/run.h"

namespace syncline::sim {
namespace {

class Shrinker {
 public:
  Shrinker(Plan plan, const Violation& violation, unsigned max_runs)
      : plan_(std::move(plan)), invariant_(violation.invariant), runs_left_(max_runs) {}

  Plan shrink() {
    for (bool smaller = true; smaller && runs_left_ > 0;) {
      smaller = drop_some(&Plan::faults);
      smaller = drop_some(&Plan::vandals) || smaller;
      smaller = drop_some(&Plan::hostiles) || smaller;
      smaller = drop_some(&Plan::clients) || smaller;
      smaller = keep_history() || smaller;
      smaller = shorten() || smaller;
    }
    return std::move(plan_);
  }

 private:
  // True if `candidate` still fails; then it becomes the plan.
  bool take(Plan candidate) {
    if (runs_left_ == 0) return false;
    --runs_left_;
    const RunResult result = run(candidate, {});
    if (!result.violation || result.violation->invariant != invariant_) return false;
    plan_ = std::move(candidate);
    return true;
  }

  // Leaves out halves, quarters, … single ones.
  template <typename T>
  bool drop_some(std::vector<T> Plan::*list) {
    bool smaller = false;
    for (std::size_t size = (plan_.*list).size(); size > 0; size /= 2) {
      for (std::size_t from = 0; from < (plan_.*list).size();) {
        Plan candidate = plan_;
        auto& items = candidate.*list;
        const auto begin = items.begin() + static_cast<std::ptrdiff_t>(from);
        items.erase(begin,
                    begin + static_cast<std::ptrdiff_t>(std::min(size, items.size() - from)));
        if (take(std::move(candidate))) {
          smaller = true;
        } else {
          from += size;
        }
        if (runs_left_ == 0) return smaller;
      }
    }
    return smaller;
  }

  bool keep_history() {
    Plan candidate = plan_;
    return std::exchange(candidate.custodian.works, false) && take(std::move(candidate));
  }

  bool shorten() {
    bool smaller = false;
    for (int i = 0; i < 6; ++i) {
      Plan candidate = plan_;
      candidate.phase_one_us /= 2;
      if (!take(std::move(candidate))) break;
      smaller = true;
    }
    return smaller;
  }

  Plan plan_;
  const std::string invariant_;
  unsigned runs_left_;
};

}  // namespace

Plan shrink(const Plan& plan, const Violation& violation, unsigned max_runs) {
  return Shrinker(plan, violation, max_runs).shrink();
}

}  // namespace syncline::sim
