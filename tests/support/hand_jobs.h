// HandJobs: a worker whose jobs run when a test says so.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "state/object_replay.h"

namespace syncline::testing {

class HandJobs final : public state::Jobs {
 public:
  void start(state::JobOrder order, Work work) override {
    waiting_.push_back({std::move(order), std::move(work)});
  }

  // Runs the oldest one. Its answer comes in a later turn of the loop that asked.
  void run_next(Scheduler& loop, const state::ReplaySources& sources) {
    auto [order, work] = std::move(waiting_.front());
    waiting_.pop_front();
    state::ReplaySources own(sources.store, sources.types);
    own.authors = sources.authors;
    own.most_steps = sources.most_steps;
    state::Workplace place{loop, own};
    work(&place, state::JobSlot());
    if (keeps_) kept_.push_back(std::move(work));
  }
  // Refuses the oldest one, as if its asker had too many.
  void refuse_next() {
    Work work = std::move(waiting_.front().second);
    waiting_.pop_front();
    work(fail(ErrorCode::kUnavailable, "too many"), state::JobSlot());
  }
  // From now on, what has run is not destroyed: a worker may be slower with that than the loop that
  // asked is with the answer.
  void keep() { keeps_ = true; }

  const state::JobOrder& next() const { return waiting_.front().first; }

  std::vector<std::string> waiting() const {
    std::vector<std::string> names;
    for (const auto& [order, work] : waiting_) names.emplace_back(order.name);
    return names;
  }

 private:
  std::deque<std::pair<state::JobOrder, Work>> waiting_;
  bool keeps_ = false;
  std::vector<Work> kept_;
};

}  // namespace syncline::testing
