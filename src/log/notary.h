// Notary: signs checkpoints of logs, and proves what they contain.
//
// A checkpoint is a permanent promise: the log that had n events with this root will always begin
// with these events. So the newest checkpoint of each workspace is stored durably next to its log
// before anybody sees it. The next one is signed only if the log still begins with what that
// checkpoint says. In this way the notary detects a log that was cut, rolled back or rewritten, and
// signs nothing.
//
// Thread-safety: one loop, that of the EventLog. What the notary is given must outlive it and all
// its callbacks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log/attestations.h"
#include "log/checkpoint.h"
#include "log/event_log.h"
#include "log/merkle_tree.h"

namespace syncline::log {

// The identity under which checkpoints are signed.
struct NotaryIdentity {
  // Part of the origin of all logs of this server, such as "example.com/team".
  std::string log_name;
  std::vector<NoteSigner> signers;    // at least one; two during a key rotation
  std::vector<NoteVerifier> retired;  // no longer sign, but their signatures stay valid
};

// "<log name>/w/<workspace, percent-encoded>"; of a workspace of a tenant (base/qualified_name.h)
// "<log name>/t/<tenant>/w/<workspace, percent-encoded>".
std::string checkpoint_origin(std::string_view log_name, std::string_view workspace);

struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string note;
};

struct InclusionProof {
  Position position = 0;
  std::uint64_t size = 0;
  merkle::Proof hashes;
};

class Notary {
 public:
  Notary(EventLog& events, Attestations& attestations, const NotaryIdentity& identity)
      : events_(events), attestations_(attestations), identity_(identity) {}

  // Signs the present end of the workspace's log. Returns the same note again as long as nothing
  // was appended.
  //   kNotFound  the workspace has no events
  //   kCorrupt   the log contradicts an earlier checkpoint, or its parts contradict each other
  //   others     those of EventLog
  void checkpoint(std::string workspace, Done<SignedCheckpoint> done);

  // Returns the newest stored checkpoint, which may cover fewer events than the log has now. Signs
  // nothing.
  //   kNotFound  there is none yet
  //   kCorrupt   the log does not begin with what the checkpoint says
  void last(std::string workspace, Done<SignedCheckpoint> done);

  // The number of events that the newest checkpoint does not cover.
  void unsigned_events(std::string workspace, Done<std::uint64_t> done);

  // Checks that the log begins with what its last checkpoint says; kCorrupt otherwise. Signs
  // nothing. Skips the check in three cases: (1) a repair cut the log below the signed size,
  // however long the log is now; (2) that part of the log is unreadable; (3) another server signed
  // the checkpoint, or its keys are lost. In these cases readers are not kept from the log.
  void confirm(std::string workspace, Done<void> done);

  // Proves that the event at `position` is among the first `size` events. kNotFound if it is not,
  // or if the log is shorter.
  void prove_inclusion(std::string workspace, Position position, std::uint64_t size,
                       Done<InclusionProof> done);

  // Proves that the first `old_size` events are the beginning of the first `size` events. kNotFound
  // if the log is shorter; kInvalid if `old_size` is larger than `size`.
  void prove_consistency(std::string workspace, std::uint64_t old_size, std::uint64_t size,
                         Done<merkle::Proof> done);

 private:
  struct Signing;

  void excuse(std::string workspace, std::uint64_t size, Done<void> done);
  void sign(std::shared_ptr<Signing> signing);
  void finish(std::shared_ptr<Signing> signing, const std::vector<Hash256>& hashes);
  Result<std::optional<SignedCheckpoint>> open(const std::string& workspace,
                                               std::optional<std::string> note) const;

  void load_last(std::string workspace, Done<std::optional<SignedCheckpoint>> done);
  void prove(std::string workspace, std::uint64_t size, merkle::ProofPlan plan,
             Done<merkle::Proof> done);

  EventLog& events_;
  Attestations& attestations_;
  const NotaryIdentity& identity_;
};

// The proof as a self-contained file in C2SP's tlog-proof format: the leaf to look for, the hashes
// up to the root, and the checkpoint that signs the root.
std::string proof_text(const InclusionProof& proof, std::string_view note);

}  // namespace syncline::log
