#include "state/retention_keeper.h"

#include <algorithm>
#include <utility>

namespace syncline::state {
namespace {

constexpr std::size_t kNamesAtOnce = 256;

}  // namespace

RetentionKeeper::RetentionKeeper(const ReplaySources& sources, Scheduler& loop, RetentionPace pace,
                                 Owns owns, OnDropped on_dropped)
    : sources_(sources),
      loop_(loop),
      pace_(pace),
      owns_(std::move(owns)),
      on_dropped_(std::move(on_dropped)) {
  later(pace_.interval_ms);
}

RetentionKeeper::~RetentionKeeper() {
  loop_.cancel(timer_);
}

void RetentionKeeper::later(std::uint64_t ms) {
  timer_ = loop_.after(ms, [this] { step(); });
}

void RetentionKeeper::step() {
  const Doing naming(loop_, "retention");
  if (names_.empty()) return list();
  retain(sources_, names_.back(), loop_.unix_ms(), pace_.events_a_turn,
         [this, alive = std::weak_ptr(alive_)](Result<RetentionTurn> turn) {
           if (!alive.expired()) ran(std::move(turn));
         });
}

void RetentionKeeper::list() {
  sources_.retention.list_retained(
      after_, kNamesAtOnce,
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<std::string>> names) {
        if (alive.expired()) return;
        if (!names) ++counters_.failures;
        if (!names || names->empty()) {
          after_.clear();
          return later(pace_.interval_ms);
        }
        names_ = std::move(*names);
        after_ = names_.back();
        if (owns_) std::erase_if(names_, [this](const auto& name) { return !owns_(name); });
        std::ranges::reverse(names_);
        later(pace_.pause_ms);
      });
}

void RetentionKeeper::ran(Result<RetentionTurn> turn) {
  if (turn) {
    counters_.payloads += turn->events;
    counters_.bytes += turn->bytes;
    counters_.snapshots += turn->dropped_snapshots;
    if (on_dropped_ && turn->changes_bytes > 0) on_dropped_(names_.back(), turn->changes_bytes);
  } else {
    ++(turn.error().code == ErrorCode::kForbidden ? counters_.held : counters_.failures);
  }
  if (!turn || turn->done) names_.pop_back();
  later(pace_.pause_ms);
}

}  // namespace syncline::state
