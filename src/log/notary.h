// Signs checkpoints of logs and proves what is in them.
//
// A checkpoint is a promise for ever: the log that had n events with this root will always begin
// with them. So the newest checkpoint of each workspace is kept beside its log, durably and before
// anybody sees it, and the next one is signed only if the log still begins with what that one says.
// A log that was cut, rolled back or rewritten is found out here, and nothing is signed.
//
// Thread-safety: one loop, that of the EventLog; what it is given outlives the notary and all its
// callbacks.
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

// Whose name checkpoints carry.
struct NotaryIdentity {
  std::string log_name;             // origin of all logs of this server, such as "example.com/team"
  std::vector<NoteSigner> signers;  // at least one; two while a key is being replaced
  std::vector<NoteVerifier> retired;  // signed once, and are still believed
};

// "<log name>/w/<workspace, percent-encoded>".
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

  // The workspace's log as it is now, signed. The same note again while nothing was appended.
  //   kNotFound  the workspace has no events
  //   kCorrupt   the log contradicts what was signed before, or its parts each other
  //   others     as EventLog has them
  void checkpoint(std::string workspace, Done<SignedCheckpoint> done);

  // The newest checkpoint that was made, which may be of fewer events than the log has now. Signs nothing.
  //   kNotFound  none was made yet
  //   kCorrupt   the log does not begin with what it says
  void last(std::string workspace, Done<SignedCheckpoint> done);

  // How many events the newest checkpoint does not cover.
  void unsigned_events(std::string workspace, Done<std::uint64_t> done);

  // kCorrupt: the log does not begin with what was signed of it last. Signs nothing. Not judged are a
  // log that a repair cut before that, however long it is again, one of which so much cannot be read,
  // and one that others signed (its keys were lost): whoever can read it is not kept from it for that.
  void confirm(std::string workspace, Done<void> done);

  // That the event at `position` is among the first `size`. kNotFound: it is not, or the log is
  // shorter.
  void prove_inclusion(std::string workspace, Position position, std::uint64_t size,
                       Done<InclusionProof> done);

  // That the first `old_size` events begin the first `size`. kNotFound: the log is shorter;
  // kInvalid: `old_size` is larger than `size`.
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

// A proof as a file that stands for itself, in C2SP's tlog-proof format: what to look for, the way to the
// root, and the checkpoint that signs it.
std::string proof_text(const InclusionProof& proof, std::string_view note);

}  // namespace syncline::log
