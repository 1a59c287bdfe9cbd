// Re-derives a workspace's log from its records alone: the chain of hashes, the Merkle roots that were
// signed, what every intent did, what the events of rules leave, and what every snapshot shows. No I/O: whoever keeps a log (a data
// directory, an exported bundle, a simulated disk) hands over its records in order and hears of the
// first difference.
//
//   WorkspaceVerifier verifier("team", options);
//   verifier.expect(checkpoint, "the checkpoint that is kept");
//   do {
//     for (each record) { verifier.event(position, record); verifier.snapshot(…) if there is one; }
//     verifier.finish();
//   } while (verifier.begin_pass());
//
// After a difference the object must not be used. Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/checkpoint.h"
#include "log/difference.h"
#include "log/event.h"
#include "log/group_check.h"
#include "log/merkle_tree.h"
#include "state/effect_replay.h"
#include "state/rules_replay.h"
#include "state/session_replay.h"

namespace syncline::state {

struct VerifierOptions {
  const merge::TypeRegistry& types;  // must outlive the verifier
  bool replay = true;                // replay intents; also compares the content of snapshots
  // For objects; with less memory there are more passes.
  std::size_t memory_bytes = std::size_t{512} << 20;
};

class WorkspaceVerifier {
 public:
  WorkspaceVerifier(std::string workspace, const VerifierOptions& options);

  // Requires that the log begins with what `checkpoint` says. `who` names its source: "the kept
  // checkpoint". Call it before the first event. It does not check the signature.
  void expect(const log::Checkpoint& checkpoint, std::string who);

  // Verifies the next event, which is stored at `position`. The result is valid until the next
  // call.
  log::Checked<const log::Event*> event(log::Position position, ByteView record);

  // Verifies a snapshot of that event's object at that position.
  log::Checked<void> snapshot(const StateParts& state);

  // Call it after the last event.
  log::Checked<void> finish();

  // True: some objects did not fit into memory; pass everything again.
  bool begin_pass();

  log::Position last_position() const { return last_; }
  const Hash256& last_hash() const { return last_hash_; }
  Hash256 root() const { return tree_.root(); }
  const merge::Object* find(const std::string& object) const { return replay_.find(object); }
  const ReplayCounts& counts() const { return replay_.counts(); }
  // What the events make of pins and retention, after the last event of the first pass.
  const RulesReplay& rules() const { return rules_; }
  // Of the record of the first event.
  std::uint8_t first_version() const { return first_version_; }

 private:
  struct Expected {
    log::Checkpoint checkpoint;
    std::string who;
  };

  log::Checked<void> check_root();

  const std::string workspace_;
  const bool replays_;
  std::vector<Expected> expected_;  // by size, ascending
  std::size_t next_expected_ = 0;
  log::merkle::Frontier tree_;
  log::GroupCheck groups_;
  log::Event event_;
  log::Position last_ = 0;
  Hash256 last_hash_{};
  bool first_pass_ = true;
  std::uint8_t first_version_ = log::kRecordVersion;
  RulesReplay rules_;
  SessionReplay sessions_;
  EffectReplay replay_;
};

}  // namespace syncline::state
