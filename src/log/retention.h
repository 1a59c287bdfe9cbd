// Retention: how long a workspace keeps the payloads of its events.
//
// An old event loses its payload (salt, intent and effect). It keeps its header, its place in the
// hash chain, and its leaf in the Merkle tree, so every proof stays valid. A rule says how old. A
// legal hold stops all dropping until it is released, whatever the rule says.
//
// The floor. Every moment from the floor on can be read; of the moments before it, only pinned
// ones. Before the payload of an event may be dropped, the log requires an intact milestone
// (log::Snapshot) of its object at the object's last event at or before the floor, and one for each
// pin below the floor. So the present, every moment from the floor on, and pinned moments stay
// readable. These milestones are no longer a cache: they are the only copy of the state.
//
// Rules, holds and releases are events (log/rules.h), with who, when and why; a store lists them
// (RetentionRecord). The floor is not: it follows from carrying out the rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

inline constexpr std::size_t kMaxReasonBytes = 1024;

// A payload may be dropped once it is older than `keep_ms` and no longer among the last `keep_last`
// events, as far as each is set. If neither is set, everything is kept.
struct RetentionRule {
  std::uint64_t keep_ms = 0;    // 0: not set
  std::uint64_t keep_last = 0;  // 0: not set

  bool keeps_all() const { return keep_ms == 0 && keep_last == 0; }
  bool operator==(const RetentionRule&) const = default;
};

struct Hold {
  std::string principal;
  std::string reason;
  std::uint64_t unix_ms = 0;  // when it began

  bool operator==(const Hold&) const = default;
};

struct Retention {
  RetentionRule rule;
  std::optional<Hold> hold;
  Position floor = 0;     // 0: nothing was ever dropped
  Position swept_to = 0;  // up to here nothing is left to drop; at most the floor

  bool operator==(const Retention&) const = default;
};

enum class RetentionAct : std::uint8_t {
  kSetRule = 1,
  kHold = 2,
  kRelease = 3,
};

struct RetentionChange {
  RetentionAct act = RetentionAct::kSetRule;
  std::string principal;
  std::string reason;  // required for a hold; at most kMaxReasonBytes
  std::uint64_t unix_ms = 0;
  RetentionRule rule = {};  // kSetRule

  bool operator==(const RetentionChange&) const = default;
};

// One entry of the record, counted from 1.
struct RetentionRecord {
  std::uint64_t number = 0;
  RetentionChange change;
};

struct DroppedPayloads {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;          // by how much their records became smaller
  std::uint64_t changes_bytes = 0;  // of their changes
  std::uint64_t snapshots = 0;      // snapshots that nothing needs any more
  Position swept_to = 0;
};

// What is to be erased of an object: the generations up to that one, whose events have positions up to `to`.
struct ObjectErasure {
  std::string object;
  std::uint64_t generation = 1;
  Position from = 0;  // the events up to there have no payload any more
  Position since = 0;  // what the name was up to there is another object
  Position to = 0;
};

// What one slice of an erasure did.
struct ErasedPayloads {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;          // by how much their records became smaller
  std::uint64_t changes_bytes = 0;  // of their changes
  std::uint64_t snapshots = 0;
  Position up_to = 0;  // the events of the object up to there have no payload
  bool done = false;   // nothing is left
};

// "set", "hold", "release".
std::string_view to_string(RetentionAct act);

// kInvalid: a reason, a name or a number that no change may have, or a hold without a reason.
Result<void> check_retention_change(const RetentionChange& change);

// What `kept` becomes.
//   kInvalid   as of check_retention_change
//   kConflict  a hold while there is one; a release while there is none
Result<Retention> change_retention(Retention kept, const RetentionChange& change);

// What `kept` becomes when its rule is carried out, in a log that ends at `last`.
//   kForbidden  there is a legal hold
//   kInvalid    a floor past the end
Result<Retention> raise_floor(Retention kept, Position floor, Position last);

// kForbidden, with the reason, if a hold forbids dropping.
Result<void> check_not_held(const Retention& retention);

// The events and milestones of objects, as the code that drops payloads needs them.
class StandingStates {
 public:
  virtual ~StandingStates() = default;
  virtual Result<Position> last_event(std::string_view object, Position at) = 0;  // 0: none
  virtual Result<bool> intact_milestone(std::string_view object, Position position) = 0;
};

// The positions of the snapshots that must represent an object below the floor: its last event at
// or before each of `moments`, which are the floor and the pins below it. kConflict if one of these
// snapshots is missing.
Result<std::set<Position>> standing_snapshots(StandingStates& states, std::string_view workspace,
                                              std::string_view object,
                                              const std::vector<Position>& moments);

// A kNotFound error that names the position at which the history begins.
Error dropped_error(std::string_view workspace, Position wanted, Position floor);

}  // namespace syncline::log
