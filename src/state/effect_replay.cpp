#include "state/effect_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/rules.h"
#include "merge/facets.h"
#include "state/generation.h"

namespace syncline::state {
namespace {

using log::Check;
using log::Checked;
using log::differs;

}  // namespace

// True if a snapshot shows the same as `object`.
Result<bool> EffectReplay::shows(const StateParts& state, const merge::Object& object) const {
  const auto type = type_of(types_, state);
  if (!type) return std::unexpected(type.error());
  if (*type != &object.type()) return false;
  const Bytes replayed = object.snapshot();
  if (state.delta.empty() && std::ranges::equal(replayed, state.whole)) return true;
  auto theirs = restore(types_, state);
  if (!theirs) return std::unexpected(std::move(theirs.error()));
  auto ours = object.type().restore(replayed);
  if (!ours) return std::unexpected(std::move(ours.error()));
  return (*ours)->snapshot() == (*theirs)->snapshot();
}

EffectReplay::Replayed* EffectReplay::resident(const std::string& object) {
  if (const auto found = objects_.find(object); found != objects_.end()) return &found->second;
  if (put_aside_.contains(object) || (!first_pass_ && !wanted_.contains(object))) return nullptr;
  Replayed& made = objects_[object];
  made.unmeasured = kMeasureEvery;  // measure it at the first event
  return &made;
}

Checked<void> EffectReplay::event(const log::Event& event) {
  current_position_ = 0;
  if (event.kind == log::EventKind::kRenamed) return rename(event);
  if (event.kind != log::EventKind::kChange) return {};
  Replayed* replayed = resident(event.object);
  if (replayed == nullptr) return {};
  current_ = event.object;
  current_position_ = event.position;
  current_generation_ = std::max<std::uint64_t>(event.generation, 1);
  const bool readable = !event.dropped_payload && types_.find(event.type) != nullptr;
  if (!readable) replayed->gap = true;
  // What was erased has no snapshot that ends its gap. The next generation begins without one.
  if (replayed->gap && readable && current_generation_ > replayed->gap_generation)
    end_gap(*replayed);
  if (replayed->gap) {
    replayed->gap_generation = current_generation_;
    note_gap(*replayed, event);
    return {};
  }
  if (auto entered = enter(*replayed, event); !entered) return entered;
  if (auto same = replay(*replayed, event); !same) return same;
  if (++replayed->unmeasured >= kMeasureEvery) measure(event.object, *replayed);
  return {};
}

// What the old name held goes on under the new one.
Checked<void> EffectReplay::rename(const log::Event& event) {
  const auto act = log::renaming_in(event);
  if (!act || !*act)
    return differs(Check::kEffect, {workspace_, event.position, event.object},
                   "it does not say what it continues");
  const std::string& from = (*act)->object;
  continues_[event.object] = from;
  auto found = objects_.extract(from);
  if (found.empty()) {
    if (put_aside_.contains(from)) put_aside_.insert(event.object);
    return {};
  }
  if (const auto before = objects_.find(event.object); before != objects_.end()) {
    bytes_ -= before->second.bytes;
    objects_.erase(before);
  }
  found.key() = event.object;
  found.mapped().generation = event.generation;
  objects_.insert(std::move(found));
  current_ = event.object;
  current_position_ = event.position;
  current_generation_ = event.generation;
  return {};
}

Checked<void> EffectReplay::enter(Replayed& replayed, const log::Event& event) {
  auto entered = enter_generation(types_, event, replayed.object, replayed.generation);
  if (entered) return {};
  return differs(Check::kEffect, {workspace_, event.position, event.object},
                 std::move(entered.error().message));
}

Checked<void> EffectReplay::replay(Replayed& replayed, const log::Event& event) {
  const log::Place place{workspace_, event.position, event.object};
  if (event.effect.empty()) {
    ++counts_.untold;
  } else {
    const auto same = merge::has_effect(*replayed.object, event.intent, event.effect);
    if (!same)
      return differs(Check::kEffect, place,
                     "its intent cannot be applied: " + same.error().message);
    if (!*same)
      return differs(Check::kEffect, place,
                     "replaying its intent does something else than it says");
    ++counts_.effects;
  }
  if (auto applied = replayed.object->apply(event.intent); !applied)
    return differs(Check::kEffect, place,
                   "its intent cannot be applied: " + applied.error().message);
  return {};
}

void EffectReplay::end_gap(Replayed& replayed) {
  replayed.object.reset();
  replayed.generation = 0;
  replayed.gap = false;
  replayed.gap_index = ReplayCounts::kMaxGaps;
}

void EffectReplay::note_gap(Replayed& replayed, const log::Event& event) {
  ++counts_.not_replayable;
  if (replayed.gap_index == ReplayCounts::kMaxGaps) {
    if (counts_.gaps.size() == ReplayCounts::kMaxGaps) return;
    replayed.gap_index = counts_.gaps.size();
    counts_.gaps.push_back({event.object, event.position, event.position, 0});
  }
  ReplayGap& gap = counts_.gaps[replayed.gap_index];
  gap.to = event.position;
  ++gap.events;
}

void EffectReplay::measure(const std::string& object, Replayed& replayed) {
  bytes_ -= replayed.bytes;
  replayed.bytes = replayed.object->memory_bytes();
  replayed.unmeasured = 0;
  bytes_ += replayed.bytes;
  if (bytes_ <= memory_bytes_ || objects_.size() == 1) return;
  bytes_ -= replayed.bytes;
  // Also what it was before, which is replayed first.
  for (auto name = object; put_aside_.insert(name).second;) {
    const auto before = continues_.find(name);
    if (before == continues_.end()) break;
    name = before->second;
  }
  objects_.erase(object);
  current_position_ = 0;
}

Checked<void> EffectReplay::snapshot(log::Position position, const StateParts& state) {
  if (position != current_position_) return {};  // of an object that is not in this pass
  const log::Place place{workspace_, position, current_};
  Replayed& replayed = objects_.at(current_);
  if (replayed.gap) {
    auto restored = restore(types_, state);
    if (!restored && restored.error().code == ErrorCode::kUnsupported) return {};
    if (!restored)
      return differs(Check::kSnapshot, place,
                     "the snapshot is no state: " + restored.error().message);
    replayed.object = std::move(*restored);
    replayed.generation = current_generation_;
    replayed.gap = false;
    replayed.gap_index = ReplayCounts::kMaxGaps;
    ++counts_.snapshots_taken;
    return {};
  }
  const auto same = shows(state, *replayed.object);
  if (!same)
    return differs(Check::kSnapshot, place, "the snapshot is no state: " + same.error().message);
  if (!*same)
    return differs(Check::kSnapshot, place, "the snapshot shows another state than the events");
  ++counts_.snapshots;
  return {};
}

bool EffectReplay::begin_pass() {
  objects_.clear();
  bytes_ = 0;
  current_position_ = 0;
  first_pass_ = false;
  wanted_ = std::exchange(put_aside_, {});
  return !wanted_.empty();
}

const merge::Object* EffectReplay::find(const std::string& object) const {
  const auto found = objects_.find(object);
  return found == objects_.end() || found->second.gap ? nullptr : found->second.object.get();
}

}  // namespace syncline::state
