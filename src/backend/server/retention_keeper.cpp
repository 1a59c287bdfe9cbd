#include "backend/server/retention_keeper.h"

#include <algorithm>
#include <utility>

namespace syncline::backend {
namespace {

constexpr std::size_t kEventsATurn = 1024;
constexpr std::size_t kNamesAtOnce = 256;
constexpr std::uint64_t kPauseMs = 20;

}  // namespace

RetentionKeeper::RetentionKeeper(log::EventLog& log, Scheduler& loop, std::uint64_t interval_ms)
    : log_(log), loop_(loop), interval_ms_(interval_ms) {
  later(interval_ms_);
}

RetentionKeeper::~RetentionKeeper() {
  loop_.cancel(timer_);
}

void RetentionKeeper::later(std::uint64_t ms) {
  timer_ = loop_.after(ms, [this] { step(); });
}

void RetentionKeeper::step() {
  if (names_.empty()) return list();
  state::retain(log_, names_.back(), loop_.unix_ms(), kEventsATurn,
                [this, alive = std::weak_ptr(alive_)](Result<state::RetentionTurn> turn) {
                  if (!alive.expired()) ran(std::move(turn));
                });
}

void RetentionKeeper::list() {
  log_.list_retained(after_, kNamesAtOnce,
                     [this, alive = std::weak_ptr(alive_)](Result<std::vector<std::string>> names) {
                       if (alive.expired()) return;
                       if (!names) ++counters_.failures;
                       if (!names || names->empty()) {
                         after_.clear();
                         return later(interval_ms_);
                       }
                       names_ = std::move(*names);
                       after_ = names_.back();
                       std::ranges::reverse(names_);
                       later(kPauseMs);
                     });
}

void RetentionKeeper::ran(Result<state::RetentionTurn> turn) {
  if (turn) {
    counters_.payloads += turn->events;
    counters_.bytes += turn->bytes;
    counters_.snapshots += turn->dropped_snapshots;
  } else if (turn.error().code != ErrorCode::kForbidden) {
    ++counters_.failures;
  }
  if (!turn || turn->done) names_.pop_back();
  later(kPauseMs);
}

}  // namespace syncline::backend
