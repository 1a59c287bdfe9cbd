// BundleImport: appends the events of a bundle to a log without changing them: same positions,
// hashes and bytes.
//
// Event by event, the log of the workspace becomes the log of the bundle. So at any time, also
// after an interruption, the log is a correct beginning of that history, and the same import can be
// continued. Before this, the whole file must have been verified (state/bundle_verify.h): an import
// with a difference changes nothing.
//
// Pins, rules and holds are events, and come with them. Besides, an import keeps what the bundle's statements
// say of its origin (log::Attestations::put_origin), the pins that a bundle of an earlier version names apart
// from its events (log/rules_store.h), and milestones made by replaying, so that the past is as near as where
// it came from. Snapshots of the file are kept only where nothing can be replayed.
//
// It returns steps instead of waiting. The caller carries out each on the log (carry_out), in
// order, and waits for the answer. Thread-safety: none.
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
  std::uint64_t changes_bytes = 0;  // of their changes
  std::uint64_t new_objects = 0;    // that begin with one of them
};
struct SnapshotStep {
  std::string object;
  log::Snapshot snapshot;
  bool if_missing = false;  // only if the object cannot be rebuilt without it
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
  // `there` is the present end of the workspace's log, whose events must be those of the bundle
  // (checked by the hash of the last event, if the bundle is long enough).
  BundleImport(const log::Head& there, const VerifierOptions& options);

  // The steps for the next section of the file. kConflict if the log there has other events.
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
  AppendStep next_;                     // of this section, and of a group that it continues
  log::GroupCheck group_;               // for events that were not there
  std::optional<Error> torn_;           // a group that is put together wrongly
  std::vector<ImportStep> milestones_;  // of this section
  std::vector<ImportStep> origins_;     // carried out at the end
  log::Position last_ = 0;
};

}  // namespace syncline::state
