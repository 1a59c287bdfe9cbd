// Timeline: virtual time: what happens next in the simulated world, and when.
//
// Only what is scheduled here takes time. Events that are due at the same microsecond happen in the
// order of scheduling, so a run is a function of its seed.
//
// Thread-safety: none; a world has one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/scheduler.h"

namespace syncline::sim {

class Timeline {
 public:
  using Ticket = std::pair<std::uint64_t, std::uint64_t>;  // time and number; {0, 0} means none

  std::uint64_t now_us() const { return now_us_; }

  // Runs `task` at `time_us`, or now if that has passed.
  Ticket at(std::uint64_t time_us, Task task) {
    const Ticket ticket(time_us > now_us_ ? time_us : now_us_, ++last_);
    events_.emplace(ticket, std::move(task));
    return ticket;
  }
  Ticket after(std::uint64_t delay_us, Task task) {
    return at(now_us_ + delay_us, std::move(task));
  }

  void cancel(Ticket ticket) { events_.erase(ticket); }

  // Runs the next event that is due by `end_us`. If there is none, moves the clock to `end_us` and
  // returns false.
  bool step(std::uint64_t end_us) {
    if (events_.empty() || events_.begin()->first.first > end_us) {
      now_us_ = end_us;
      return false;
    }
    auto event = events_.extract(events_.begin());
    now_us_ = event.key().first;
    ++count_;
    event.mapped()();
    return true;
  }

  // When the next event is due, if there is one. For callers that wait in real time.
  std::optional<std::uint64_t> next_us() const {
    if (events_.empty()) return std::nullopt;
    return events_.begin()->first.first;
  }

  std::uint64_t count() const { return count_; }  // events so far
  // Drops everything that is planned, and what tasks plan when they are destroyed.
  void clear() {
    while (!events_.empty()) {
      const auto dropped = std::exchange(events_, {});
    }
  }

 private:
  std::map<Ticket, Task> events_;
  std::uint64_t now_us_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace syncline::sim
