#include "state/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/read_check.h"

namespace syncline::state {

using log::Check;
using log::Checked;
using log::differs;

WorkspaceVerifier::WorkspaceVerifier(std::string workspace, const VerifierOptions& options)
    : workspace_(std::move(workspace)),
      replays_(options.replay),
      replay_(options.types, workspace_, options.memory_bytes) {}

void WorkspaceVerifier::expect(const log::Checkpoint& checkpoint, std::string who) {
  const auto place = std::ranges::upper_bound(
      expected_, checkpoint.size, {}, [](const Expected& each) { return each.checkpoint.size; });
  expected_.insert(place, {checkpoint, std::move(who)});
}

Checked<const log::Event*> WorkspaceVerifier::event(log::Position position, ByteView record) {
  auto event = log::decode_stored(workspace_, position, record);
  if (!event) return differs(Check::kRecord, {workspace_, position}, event.error());
  event_ = std::move(*event);
  if (position != last_ + 1) return differs(Check::kRecord, {workspace_, last_ + 1}, "missing");
  if (auto ok = log::check_chained(workspace_, event_, last_, last_hash_); !ok)
    return differs(Check::kChain, {workspace_, position, event_.object}, ok.error());
  if (auto ok = groups_.take(position, event_.group); !ok)
    return differs(Check::kChain, {workspace_, position, event_.object}, ok.error());
  last_ = position;
  last_hash_ = event_.hash;
  if (first_pass_) {
    tree_.append(event_.hash);
    if (auto ok = check_root(); !ok) return std::unexpected(std::move(ok.error()));
    if (position == 1) first_version_ = event_.version;
    auto followed = rules_.take(event_);
    if (followed) followed = sessions_.take(event_);
    if (!followed)
      return differs(Check::kRules, {workspace_, position, event_.object},
                     followed.error().message);
  }
  if (replays_)
    if (auto ok = replay_.event(event_); !ok) return std::unexpected(std::move(ok.error()));
  return &event_;
}

Checked<void> WorkspaceVerifier::check_root() {
  for (; next_expected_ < expected_.size(); ++next_expected_) {
    const auto& [checkpoint, who] = expected_[next_expected_];
    if (checkpoint.size > tree_.size()) break;
    if (checkpoint.size == tree_.size() && checkpoint.root != tree_.root())
      return differs(Check::kCheckpoint, {workspace_},
                     fmt::format("its first {} events are not those of {}", checkpoint.size, who));
  }
  return {};
}

Checked<void> WorkspaceVerifier::snapshot(const StateParts& state) {
  return replays_ ? replay_.snapshot(last_, state) : Checked<void>();
}

Checked<void> WorkspaceVerifier::finish() {
  if (last_ == 0) return differs(Check::kRecord, {workspace_, 1}, "missing");
  if (groups_.open())
    return differs(Check::kChain, {workspace_, last_},
                   fmt::format("the log ends within the group of event {}", groups_.first()));
  if (next_expected_ == expected_.size()) return {};
  const auto& [checkpoint, who] = expected_[next_expected_];
  return differs(Check::kCheckpoint, {workspace_},
                 fmt::format("{} has {} events, the log ends at {}", who, checkpoint.size, last_));
}

bool WorkspaceVerifier::begin_pass() {
  last_ = 0;
  last_hash_ = {};
  groups_ = {};
  first_pass_ = false;
  return replays_ && replay_.begin_pass();
}

}  // namespace syncline::state
