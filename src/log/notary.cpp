#include "log/notary.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/base64.h"
#include "base/mutation.h"
#include "base/percent.h"
#include "base/qualified_name.h"

namespace syncline::log {
namespace {

std::vector<merkle::Node> joined(std::vector<merkle::Node> one, std::vector<merkle::Node> other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

Hash256 root_of(std::uint64_t size, std::span<const Hash256> hashes) {
  return merkle::Frontier(size, {hashes.begin(), hashes.end()}).root();
}

std::string not_what_was_signed(std::string_view workspace, std::uint64_t size) {
  return fmt::format("workspace {}: the first {} events are not those that were signed", workspace,
                     size);
}

}  // namespace

std::string checkpoint_origin(std::string_view log_name, std::string_view workspace) {
  const auto [tenant, name] = split_name(workspace);
  if (tenant.empty()) return fmt::format("{}/w/{}", log_name, percent_encode(name));
  return fmt::format("{}/t/{}/w/{}", log_name, tenant, percent_encode(name));
}

// The state of one call of checkpoint().
struct Notary::Signing {
  std::string workspace;
  Done<SignedCheckpoint> done;
  std::optional<SignedCheckpoint> last;
  std::uint64_t size = 0;

  std::uint64_t last_size() const { return last ? last->checkpoint.size : 0; }

  void refuse(ErrorCode code, std::string message) {
    done(fail(code, fmt::format("workspace {}: {}", workspace, message)));
  }
};

void Notary::checkpoint(std::string workspace, Done<SignedCheckpoint> done) {
  auto signing = std::make_shared<Signing>();
  signing->workspace = std::move(workspace);
  signing->done = std::move(done);
  attestations_.load_checkpoint(signing->workspace,
                                [this, signing](Result<std::optional<std::string>> note) {
                                  if (!note)
                                    return signing->done(std::unexpected(std::move(note.error())));
                                  auto last = open(signing->workspace, std::move(*note));
                                  if (!last)
                                    return signing->refuse(last.error().code, last.error().message);
                                  signing->last = std::move(*last);
                                  sign(signing);
                                });
}

Result<std::optional<SignedCheckpoint>> Notary::open(const std::string& workspace,
                                                     std::optional<std::string> note) const {
  if (!note) return std::nullopt;
  std::vector<NoteVerifier> known = identity_.retired;
  for (const NoteSigner& signer : identity_.signers) known.push_back(signer.verifier());
  auto checkpoint = open_checkpoint(*note, known);
  if (!checkpoint)
    return fail(ErrorCode::kCorrupt, "the checkpoint kept beside the log cannot be trusted: " +
                                         checkpoint.error().message);
  if (checkpoint->origin != checkpoint_origin(identity_.log_name, workspace))
    return fail(ErrorCode::kCorrupt,
                "the checkpoint kept beside the log is of " + checkpoint->origin);
  return SignedCheckpoint{std::move(*checkpoint), std::move(*note)};
}

void Notary::load_last(std::string workspace, Done<std::optional<SignedCheckpoint>> done) {
  attestations_.load_checkpoint(workspace, [this, workspace, done = std::move(done)](
                                               Result<std::optional<std::string>> note) mutable {
    if (!note) return done(std::unexpected(std::move(note.error())));
    auto last = open(workspace, std::move(*note));
    if (!last)
      return done(fail(last.error().code,
                       fmt::format("workspace {}: {}", workspace, last.error().message)));
    done(std::move(*last));
  });
}

void Notary::last(std::string workspace, Done<SignedCheckpoint> done) {
  load_last(workspace, [this, workspace, done = std::move(done)](
                           Result<std::optional<SignedCheckpoint>> last) mutable {
    if (!last) return done(std::unexpected(std::move(last.error())));
    if (!*last)
      return done(
          fail(ErrorCode::kNotFound, fmt::format("workspace {} has no checkpoint yet", workspace)));
    const std::uint64_t size = (*last)->checkpoint.size;
    attestations_.tree_nodes(
        workspace, merkle::frontier_nodes(size),
        [workspace, made = std::move(**last),
         done = std::move(done)](Result<std::vector<Hash256>> hashes) mutable {
          if (!hashes && hashes.error().code != ErrorCode::kNotFound)
            return done(std::unexpected(std::move(hashes.error())));
          const std::uint64_t size = made.checkpoint.size;
          if (!hashes || root_of(size, *hashes) != made.checkpoint.root)
            return done(fail(ErrorCode::kCorrupt, not_what_was_signed(workspace, size)));
          done(std::move(made));
        });
  });
}

void Notary::unsigned_events(std::string workspace, Done<std::uint64_t> done) {
  load_last(workspace, [this, workspace, done = std::move(done)](
                           Result<std::optional<SignedCheckpoint>> last) mutable {
    if (!last) return done(std::unexpected(std::move(last.error())));
    const std::uint64_t covered = *last ? (*last)->checkpoint.size : 0;
    events_.head(workspace, [covered, done = std::move(done)](Result<Head> head) mutable {
      if (!head) return done(std::unexpected(std::move(head.error())));
      done(head->last_position - std::min(covered, head->last_position));
    });
  });
}

void Notary::confirm(std::string workspace, Done<void> done) {
  attestations_.load_checkpoint(workspace, [this, workspace, done = std::move(done)](
                                               Result<std::optional<std::string>> note) mutable {
    if (!note) return done(std::unexpected(std::move(note.error())));
    const auto last = open(workspace, std::move(*note));
    if (!last || !*last) return done({});
    const Checkpoint said = (*last)->checkpoint;
    attestations_.tree_nodes(workspace, merkle::frontier_nodes(said.size),
                             [this, workspace, said, done = std::move(done)](auto hashes) mutable {
                               if (!hashes || root_of(said.size, *hashes) == said.root ||
                                   is_mutated(Mutation::sign_anything))
                                 return done({});
                               excuse(std::move(workspace), said.size, std::move(done));
                             });
  });
}

// A log that a repair cut may have grown again beyond the signed size. This is already known and is
// not an error.
void Notary::excuse(std::string workspace, std::uint64_t size, Done<void> done) {
  attestations_.load_cut(workspace,
                         [workspace, size, done = std::move(done)](Result<Position> cut) mutable {
                           if (cut && *cut > 0 && *cut < size) return done({});
                           done(fail(ErrorCode::kCorrupt, not_what_was_signed(workspace, size)));
                         });
}

void Notary::sign(std::shared_ptr<Signing> signing) {
  events_.head(signing->workspace, [this, signing](Result<Head> head) {
    if (!head) return signing->done(std::unexpected(std::move(head.error())));
    signing->size = head->last_position;
    if (signing->size < signing->last_size())
      return signing->refuse(ErrorCode::kCorrupt,
                             fmt::format("the log ends at {}, but {} events were signed",
                                         signing->size, signing->last_size()));
    if (signing->size == 0) return signing->refuse(ErrorCode::kNotFound, "there are no events");
    attestations_.tree_nodes(
        signing->workspace,
        joined(merkle::frontier_nodes(signing->last_size()), merkle::frontier_nodes(signing->size)),
        [this, signing](Result<std::vector<Hash256>> hashes) {
          if (!hashes) return signing->done(std::unexpected(std::move(hashes.error())));
          finish(signing, *hashes);
        });
  });
}

void Notary::finish(std::shared_ptr<Signing> signing, const std::vector<Hash256>& hashes) {
  const std::size_t before = merkle::frontier_nodes(signing->last_size()).size();
  const std::span<const Hash256> all(hashes);
  if (signing->last && !is_mutated(Mutation::sign_anything) &&
      root_of(signing->last_size(), all.first(before)) != signing->last->checkpoint.root)
    return signing->done(
        fail(ErrorCode::kCorrupt, not_what_was_signed(signing->workspace, signing->last_size())));
  SignedCheckpoint made;
  made.checkpoint = {checkpoint_origin(identity_.log_name, signing->workspace), signing->size,
                     root_of(signing->size, all.subspan(before))};
  auto note = sign_checkpoint(made.checkpoint, identity_.signers);
  if (!note) return signing->done(std::unexpected(std::move(note.error())));
  made.note = std::move(*note);
  // Signatures are deterministic, so an equal note is the same statement by the same keys.
  if (signing->last && signing->last->note == made.note) return signing->done(std::move(made));
  attestations_.put_checkpoint(signing->workspace, signing->size, made.note,
                               [this, signing, made](Result<void> kept) mutable {
                                 if (kept) return signing->done(std::move(made));
                                 if (kept.error().code != ErrorCode::kConflict)
                                   return signing->done(std::unexpected(std::move(kept.error())));
                                 // Somebody stored a later checkpoint in the meantime. Return that
                                 // one.
                                 checkpoint(signing->workspace, std::move(signing->done));
                               });
}

void Notary::prove_inclusion(std::string workspace, Position position, std::uint64_t size,
                             Done<InclusionProof> done) {
  if (position == 0 || position > size)
    return done(fail(ErrorCode::kNotFound,
                     fmt::format("event {} is not among the first {}", position, size)));
  prove(std::move(workspace), size, merkle::plan_inclusion(position - 1, size),
        [position, size, done = std::move(done)](Result<merkle::Proof> proof) mutable {
          if (!proof) return done(std::unexpected(std::move(proof.error())));
          done(InclusionProof{position, size, std::move(*proof)});
        });
}

void Notary::prove_consistency(std::string workspace, std::uint64_t old_size, std::uint64_t size,
                               Done<merkle::Proof> done) {
  if (old_size > size)
    return done(fail(ErrorCode::kInvalid,
                     fmt::format("the first {} events do not begin the first {}", old_size, size)));
  prove(std::move(workspace), size, merkle::plan_consistency(old_size, size), std::move(done));
}

void Notary::prove(std::string workspace, std::uint64_t size, merkle::ProofPlan plan,
                   Done<merkle::Proof> done) {
  events_.head(workspace, [this, workspace, size, plan = std::move(plan),
                           done = std::move(done)](Result<Head> head) mutable {
    if (!head) return done(std::unexpected(std::move(head.error())));
    if (size > head->last_position)
      return done(fail(ErrorCode::kNotFound, fmt::format("workspace {} has {} events, not {}",
                                                         workspace, head->last_position, size)));
    auto nodes = plan.nodes;
    attestations_.tree_nodes(workspace, std::move(nodes),
                             [plan = std::move(plan),
                              done = std::move(done)](Result<std::vector<Hash256>> hashes) mutable {
                               if (!hashes) return done(std::unexpected(std::move(hashes.error())));
                               done(merkle::make_proof(plan, *hashes));
                             });
  });
}

std::string proof_text(const InclusionProof& proof, std::string_view note) {
  std::string text = fmt::format("c2sp.org/tlog-proof@v1\nindex {}\n", proof.position - 1);
  for (const Hash256& hash : proof.hashes) text += to_base64(hash) + "\n";
  return text + "\n" + std::string(note);
}

}  // namespace syncline::log
