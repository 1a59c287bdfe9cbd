// Appends the events of a bundle to a log, as they are: their positions, hashes and bytes.
//
// The log of the workspace becomes what the bundle says, event by event, so while it is under way, and if
// it ends early, it is a true beginning of that history; the same import goes on from there. What is
// appended was verified first (state/bundle_verify.h), by a reading of the file before this one: an
// import that meets a difference changes nothing.
//
// Pins, rules and holds are events, and come with them. Besides, an import keeps what the bundle's statements
// say of its origin (log::Attestations::put_origin), the pins that a bundle of an earlier version names apart
// from its events (log/rules_store.h), and milestones made by replaying, so that the past is as near as where
// it came from. Snapshots of the file are kept only where nothing can be replayed.
//
// It hands out steps instead of waiting: whoever drives it carries out each on the log (carry_out), in
// order, and waits for its answer. Thread-safety: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "log/bundle.h"
#include "log/group_check.h"
#include "state/bundle_verify.h"
#include "state/object_replay.h"

namespace syncline::state {

struct AppendStep {
  std::vector<log::EncodedEvent> events;
};
struct SnapshotStep {
  std::string object;
  log::Snapshot snapshot;
  bool if_missing = false;  // only where the object cannot be had without it
};
struct PinStep {
  log::Pin pin;
};
struct OriginStep {
  log::Statement origin;
};
using ImportStep = std::variant<AppendStep, SnapshotStep, PinStep, OriginStep>;

// Does what the step says to that workspace of the log.
void carry_out(const ReplaySources& sources, const std::string& workspace, ImportStep step,
               log::Done<void> done);

class BundleImport {
 public:
  // `there`: where the workspace's log ends already; its events must be the bundle's (checked by the
  // hash of its last, if the bundle goes as far).
  BundleImport(const log::Head& there, const VerifierOptions& options);

  // What the next section of the file asks for. kConflict: the log there is another.
  log::Checked<std::vector<ImportStep>> section(const log::BundleSection& section);

  std::uint64_t appended() const { return appended_; }

 private:
  struct Weight {
    std::uint64_t since_milestone = 0;  // bytes of records
    std::uint64_t snapshot = 0;         // bytes of the last
    bool gap = false;                   // payloads were dropped since
  };

  void take(const log::Event& event, ByteView record);
  void keep_snapshot(const log::BundleSnapshot& snapshot, std::vector<ImportStep>& steps);
  void keep_milestone(const log::Event& event, std::size_t record_bytes);

  const log::Head there_;
  BundleVerifier verifier_;
  bool conflict_ = false;
  std::uint64_t appended_ = 0;
  std::unordered_map<std::string, Weight> weights_;
  std::vector<log::EncodedEvent> events_;  // of this section, and of a group that it goes on with
  log::GroupCheck group_;                  // of those that were not there
  std::optional<Error> torn_;              // groups that are put together wrongly
  std::vector<ImportStep> milestones_;     // of this section
  std::vector<ImportStep> origins_;        // for the end
  log::Position last_ = 0;
};

}  // namespace syncline::state
