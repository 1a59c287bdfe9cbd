// Re-derives a workspace's log from its records alone: the chain of hashes, the Merkle roots that were
// signed, what every intent did, what the events of rules leave, and what every snapshot shows. No I/O: whoever keeps a log (a data
// directory, an exported bundle, a simulated disk) hands over its records in order and hears of the
// first difference.
//
//   WorkspaceVerifier verifier("team", options);
//   verifier.expect(checkpoint, "the checkpoint that is kept");
//   do {
//     for (each record) { verifier.event(position, record); verifier.snapshot(…) if one is kept; }
//     verifier.finish();
//   } while (verifier.begin_pass());
//
// After a difference the object is of no more use. Thread-safety: none.
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

namespace syncline::state {

struct VerifierOptions {
  const merge::TypeRegistry& types;  // outlives the verifier
  bool replay = true;                // intents too, and with them the snapshots' content
  std::size_t memory_bytes = std::size_t{512} << 20;  // for objects; more of them take more passes
};

class WorkspaceVerifier {
 public:
  WorkspaceVerifier(std::string workspace, const VerifierOptions& options);

  // The log must begin with what `checkpoint` says. `who` said so: "the kept checkpoint". Before the
  // first event. Whose signature it carries is not looked at here.
  void expect(const log::Checkpoint& checkpoint, std::string who);

  // The next event, from where the one at `position` is kept. The result is valid until the next.
  log::Checked<const log::Event*> event(log::Position position, ByteView record);

  // A snapshot of that event's object, at that position.
  log::Checked<void> snapshot(const StateParts& state);

  // After the last event.
  log::Checked<void> finish();

  // True: some objects did not fit into memory; give everything once more.
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
  EffectReplay replay_;
};

}  // namespace syncline::state
