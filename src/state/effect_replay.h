// Replays the intents of a workspace's events, and compares what they do with what the log keeps of
// it: every effect, and every snapshot.
//
// Merging is deterministic (merge/object.h), so an effect that was altered, or made by a broken merge,
// is found by doing it again. A snapshot is compared by what it shows: its bytes, or, as the same
// state may be cut into blocks differently, the bytes that both give once they were read anew.
//
// Memory. Events come in the order of the log, so the objects of a workspace are in memory together.
// Above `memory_bytes` the object that grows is put aside, and the log must be read once more for
// those put aside (begin_pass); each reading completes one object at least.
//
// Dropped payloads. An object of which an event has none cannot be replayed from there; it goes on
// from its next snapshot, which is then taken as it is. What that leaves unchecked is counted. Neither can
// an object be replayed whose type this build does not know; that is counted in the same way.
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

// Where the events of an object could not be replayed.
struct ReplayGap {
  std::string object;
  log::Position from = 0;
  log::Position to = 0;  // the last such event so far
  std::uint64_t events = 0;
};

struct ReplayCounts {
  std::uint64_t effects = 0;          // compared
  std::uint64_t untold = 0;           // replayed, but the event tells no effect to compare with
  std::uint64_t not_replayable = 0;   // payload dropped, or a state before that is not known
  std::uint64_t snapshots = 0;        // compared
  std::uint64_t snapshots_taken = 0;  // taken as they are, after a gap
  std::vector<ReplayGap> gaps;        // the first kMaxGaps

  static constexpr std::size_t kMaxGaps = 100;
};

class EffectReplay {
 public:
  // `types` outlives it.
  EffectReplay(const merge::TypeRegistry& types, std::string workspace, std::size_t memory_bytes)
      : types_(types), workspace_(std::move(workspace)), memory_bytes_(memory_bytes) {}

  // The workspace's next event.
  log::Checked<void> event(const log::Event& event);

  // The snapshot of the object whose event was the last given, at that position.
  log::Checked<void> snapshot(log::Position position, const StateParts& state);

  // After the last event. True: objects were put aside; give all events and snapshots once more.
  bool begin_pass();

  // The state after the last event; nullptr if it is not known (not in this pass, or in a gap).
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
    std::size_t gap_index = ReplayCounts::kMaxGaps;  // in counts_.gaps
  };

  Result<bool> shows(const StateParts& state, const merge::Object& object) const;
  Replayed* resident(const std::string& object);
  log::Checked<void> enter(Replayed& replayed, const log::Event& event);
  log::Checked<void> replay(Replayed& replayed, const log::Event& event);
  void note_gap(Replayed& replayed, const log::Event& event);
  void measure(const std::string& object, Replayed& replayed);

  const merge::TypeRegistry& types_;
  const std::string workspace_;
  const std::size_t memory_bytes_;
  std::unordered_map<std::string, Replayed> objects_;
  std::unordered_set<std::string> put_aside_;  // for a later pass
  std::unordered_set<std::string> wanted_;     // in this pass, unless it is the first
  bool first_pass_ = true;
  std::string current_;  // object of the last event, while it is in objects_
  log::Position current_position_ = 0;
  std::uint64_t current_generation_ = 0;
  std::size_t bytes_ = 0;
  ReplayCounts counts_;
};

}  // namespace syncline::state
