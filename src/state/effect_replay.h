// EffectReplay: replays the intents of a workspace's events, and compares the results with what the
// log stores: every effect and every snapshot.
//
// Merging is deterministic (merge/object.h), so replaying detects an effect that was altered or
// that a faulty merge computed. A snapshot is compared by what it shows. Its bytes may differ,
// because the same state can be divided into blocks differently; then both are read again, and the
// resulting bytes are compared.
//
// Memory. Events come in the order of the log, so all objects of a workspace are in memory
// together. Above `memory_bytes`, the object that grows is put aside, and the log must be read
// again for such objects (begin_pass). Each pass completes at least one object.
//
// Dropped payloads. An object cannot be replayed from an event without payload on. It continues
// from its next snapshot, which is then accepted without comparison. The report counts what this
// leaves unchecked. An object whose type this build does not know cannot be replayed either, and is
// counted in the same way.
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "log/difference.h"
#include "log/event.h"
#include "merge/object.h"
#include "merge/type_registry.h"
#include "state/state_parts.h"

namespace syncline::state {

// A range of events of an object that could not be replayed.
struct ReplayGap {
  std::string object;
  log::Position from = 0;
  log::Position to = 0;  // the last such event so far
  std::uint64_t events = 0;
};

struct ReplayCounts {
  std::uint64_t effects = 0;          // compared effects
  std::uint64_t untold = 0;           // replayed events that store no effect
  std::uint64_t not_replayable = 0;   // the payload was dropped, or an earlier state is unknown
  std::uint64_t snapshots = 0;        // compared snapshots
  std::uint64_t snapshots_taken = 0;  // accepted without comparison, after a gap
  std::vector<ReplayGap> gaps;        // the first kMaxGaps

  static constexpr std::size_t kMaxGaps = 100;
};

class EffectReplay {
 public:
  // `types` must outlive it.
  EffectReplay(const merge::TypeRegistry& types, std::string workspace, std::size_t memory_bytes)
      : types_(types), workspace_(std::move(workspace)), memory_bytes_(memory_bytes) {}

  // Processes the next event of the workspace.
  log::Checked<void> event(const log::Event& event);

  // Compares the snapshot at that position, which must be that of the last event and its object.
  log::Checked<void> snapshot(log::Position position, const StateParts& state);

  // Call it after the last event. True: objects were put aside; pass all events and snapshots
  // again.
  bool begin_pass();

  // The state after the last event; nullptr if it is unknown (not in this pass, or in a gap).
  const merge::Object* find(const std::string& object) const;

  const ReplayCounts& counts() const { return counts_; }

 private:
  static constexpr std::uint32_t kMeasureEvery = 64;

  struct Replayed {
    std::unique_ptr<merge::Object> object = nullptr;  // nullptr before the first event
    std::uint64_t generation = 0;
    std::size_t bytes = 0;
    std::uint32_t unmeasured = 0;  // events since `bytes` was measured
    bool gap = false;
    std::uint64_t gap_generation = 0;  // of the last event in the gap
    std::size_t gap_index = ReplayCounts::kMaxGaps;  // its index in counts_.gaps
  };

  Result<bool> shows(const StateParts& state, const merge::Object& object) const;
  Replayed* resident(const std::string& object);
  log::Checked<void> rename(const log::Event& event);
  log::Checked<void> enter(Replayed& replayed, const log::Event& event);
  log::Checked<void> replay(Replayed& replayed, const log::Event& event);
  void end_gap(Replayed& replayed);
  void note_gap(Replayed& replayed, const log::Event& event);
  void measure(const std::string& object, Replayed& replayed);

  const merge::TypeRegistry& types_;
  const std::string workspace_;
  const std::size_t memory_bytes_;
  std::unordered_map<std::string, Replayed> objects_;
  std::unordered_set<std::string> put_aside_;  // for a later pass
  std::unordered_set<std::string> wanted_;     // in this pass, unless it is the first
  std::unordered_map<std::string, std::string> continues_;  // what renamed objects were before
  bool first_pass_ = true;
  std::string current_;  // the object of the last event, if it is in objects_
  log::Position current_position_ = 0;
  std::uint64_t current_generation_ = 0;
  std::size_t bytes_ = 0;
  ReplayCounts counts_;
};

}  // namespace syncline::state
