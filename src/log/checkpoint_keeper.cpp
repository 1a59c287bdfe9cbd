#include "log/checkpoint_keeper.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace syncline::log {
namespace {

constexpr std::size_t kNamesAtATime = 256;

bool may_succeed_later(ErrorCode code) {
  return code == ErrorCode::kUnavailable;
}

}  // namespace

CheckpointKeeper::CheckpointKeeper(Catalog& catalog, Notary& notary, Scheduler& loop,
                                   CheckpointPace pace, Owns owns)
    : catalog_(catalog), notary_(notary), loop_(loop), pace_(pace), owns_(std::move(owns)) {}

CheckpointKeeper::~CheckpointKeeper() {
  loop_.cancel(timer_);
}

void CheckpointKeeper::appended(const std::string& workspace, std::uint64_t events) {
  if (events == 0) return;
  Unsigned& entry =
      unsigned_.try_emplace(workspace, Unsigned{loop_.monotonic_ms(), 0}).first->second;
  entry.events += events;
  if (entry.events >= pace_.events) return sign(workspace);
  wake_up();
}

// One timer serves all workspaces, because they have the same interval.
void CheckpointKeeper::wake_up() {
  if (timer_ != 0 || unsigned_.empty()) return;
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [name, entry] : unsigned_) oldest = std::min(oldest, entry.since_ms);
  const std::uint64_t due = oldest + pace_.interval_ms;
  const std::uint64_t now = loop_.monotonic_ms();
  timer_ = loop_.after(due > now ? due - now : 0, [this] { on_timer(); });
}

void CheckpointKeeper::on_timer() {
  const Doing naming(loop_, "checkpoint");
  timer_ = 0;
  const std::uint64_t now = loop_.monotonic_ms();
  std::vector<std::string> due;
  for (const auto& [name, entry] : unsigned_) {
    if (now - entry.since_ms >= pace_.interval_ms) due.push_back(name);
  }
  for (std::string& name : due) sign(std::move(name));
  wake_up();
}

void CheckpointKeeper::hurry() {
  for (auto& [name, entry] : std::exchange(unsigned_, {})) due_.push_back(name);
  sign_due();
}

void CheckpointKeeper::sign(std::string workspace) {
  unsigned_.erase(workspace);
  due_.push_back(std::move(workspace));
  sign_due();
}

void CheckpointKeeper::sign_due() {
  while (!due_.empty() && under_way_ < kAtOnce) {
    ++under_way_;
    std::string workspace = std::move(due_.front());
    due_.pop_front();
    notary_.checkpoint(workspace, [this, workspace, alive = std::weak_ptr(alive_)](
                                      Result<SignedCheckpoint> checkpoint) {
      if (!alive.expired()) made(workspace, checkpoint);
    });
  }
}

void CheckpointKeeper::made(const std::string& workspace,
                            const Result<SignedCheckpoint>& checkpoint) {
  --under_way_;
  if (checkpoint) {
    ++counters_.made;
  } else {
    ++counters_.failures;
    if (may_succeed_later(checkpoint.error().code)) appended(workspace, 1);
  }
  sign_due();
}

// ---- events that an earlier process left unsigned

void CheckpointKeeper::look_through() {
  list_after({});
}

void CheckpointKeeper::list_after(std::string name) {
  catalog_.list_workspaces(
      std::move(name), kNamesAtATime,
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<std::string>> names) {
        if (alive.expired() || !names || names->empty()) return;
        look_at(std::make_shared<std::vector<std::string>>(std::move(*names)), 0);
      });
}

void CheckpointKeeper::look_at(std::shared_ptr<std::vector<std::string>> names, std::size_t index) {
  while (owns_ && index < names->size() && !owns_((*names)[index])) ++index;
  if (index == names->size()) return list_after(names->back());
  notary_.unsigned_events((*names)[index], [this, names, index, alive = std::weak_ptr(alive_)](
                                               Result<std::uint64_t> events) {
    if (alive.expired()) return;
    // A log that cannot be checked here is reported when somebody opens the workspace.
    if (events) appended((*names)[index], *events);
    look_at(names, index + 1);
  });
}

}  // namespace syncline::log
