// Nothing is signed that contradicts what was signed before.
#include "log/notary.h"
#include "log/log_backend.h"

#include <gtest/gtest.h>

#include "log/blocking_log.h"
#include "log/test_loop.h"
#include "store/memory_store.h"

namespace syncline::log {
namespace {

using testing::BlockingLog;
using testing::TestLoop;

NoteSigner signer(std::uint8_t byte) {
  ed25519::Seed seed;
  seed.fill(byte);
  return {"log.example", seed};
}

class NotaryTest : public ::testing::Test {
 protected:
  BlockingLog log() { return BlockingLog(*events_, loop_); }

  void append(int count, const std::string& text = "x") {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(log().add("team a", testing::sample_event("o", text)));
  }

  Result<SignedCheckpoint> sign() {
    return testing::await<SignedCheckpoint>(
        loop_, [&](auto done) { notary_.checkpoint("team a", std::move(done)); });
  }

  std::vector<NoteVerifier> keys() const { return {identity_.signers[0].verifier()}; }

  TestLoop loop_;
  store::MemoryStore store_;
  std::unique_ptr<LoopStore> events_ = store_.open_loop(loop_);
  NotaryIdentity identity_{"log.example", {signer(1)}, {}};
  Notary notary_{events_->events(), events_->attestations(), identity_};
};

TEST_F(NotaryTest, SignsWhatTheLogHolds) {
  EXPECT_EQ(sign().error().code, ErrorCode::kNotFound);
  append(3);
  const auto made = sign().value();
  const auto read = open_checkpoint(made.note, keys()).value();
  EXPECT_EQ(read, made.checkpoint);
  EXPECT_EQ(read.origin, "log.example/w/team%20a");
  EXPECT_EQ(read.size, 3u);
  EXPECT_EQ(read.root, log().tree_root("team a", 3).value());
  EXPECT_EQ(sign().value().note, made.note) << "the same while nothing was appended";
  EXPECT_EQ(log().load_checkpoint("team a").value(), made.note);
}

TEST_F(NotaryTest, TheLastIsReadAndNeverMade) {
  const auto last = [&] {
    return testing::await<SignedCheckpoint>(
        loop_, [&](auto done) { notary_.last("team a", std::move(done)); });
  };
  const auto unsigned_events = [&] {
    return testing::await<std::uint64_t>(
        loop_, [&](auto done) { notary_.unsigned_events("team a", std::move(done)); });
  };
  append(3);
  EXPECT_EQ(last().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(unsigned_events().value(), 3u);
  EXPECT_FALSE(log().load_checkpoint("team a").value());
  const auto made = sign().value();
  append(2);
  EXPECT_EQ(last().value().note, made.note);
  EXPECT_EQ(unsigned_events().value(), 2u);
  EXPECT_EQ(log().load_checkpoint("team a").value(), made.note);
}

TEST_F(NotaryTest, TheLastIsNotGivenOutOfALogThatContradictsIt) {
  append(3);
  Checkpoint wrong = sign().value().checkpoint;
  wrong.size = 2;
  store_.plant_checkpoint("team a", sign_checkpoint(wrong, identity_.signers).value());
  const auto last = testing::await<SignedCheckpoint>(
      loop_, [&](auto done) { notary_.last("team a", std::move(done)); });
  EXPECT_EQ(last.error().code, ErrorCode::kCorrupt);
}

TEST_F(NotaryTest, ConfirmsALogThatBeginsWithWhatWasSigned) {
  const auto confirm = [&] {
    return testing::await<void>(loop_,
                                [&](auto done) { notary_.confirm("team a", std::move(done)); });
  };
  EXPECT_TRUE(confirm()) << "nothing was signed";
  append(3);
  EXPECT_TRUE(confirm());
  const auto made = sign().value();
  append(300);
  EXPECT_TRUE(confirm());
  const auto plant = [&](std::uint64_t size, Hash256 root) {
    const Checkpoint said{made.checkpoint.origin, size, root};
    store_.plant_checkpoint("team a", sign_checkpoint(said, identity_.signers).value());
  };
  plant(200, log().tree_root("team a", 200).value());
  EXPECT_TRUE(confirm());
  plant(200, log().tree_root("team a", 201).value());
  EXPECT_EQ(confirm().error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(confirm().error().message,
            "workspace team a: the first 200 events are not those that were signed");
  plant(400, made.checkpoint.root);
  EXPECT_TRUE(confirm()) << "a log that was cut by a repair is read on";
  EXPECT_FALSE(sign()) << "and not signed";
  store_.plant_cut("team a", 303);
  append(200);
  EXPECT_TRUE(confirm()) << "also when it has grown past what was signed";
  EXPECT_FALSE(sign());
  store_.plant_cut("team a", 400);
  EXPECT_FALSE(confirm()) << "what was signed is older than the cut";
}

TEST_F(NotaryTest, ProvesInclusionAndConsistency) {
  append(5);
  const auto old = sign().value().checkpoint;
  append(8);
  const auto now = sign().value().checkpoint;
  const auto events = log().read("team a").value();
  for (Position position = 1; position <= 13; ++position) {
    const auto proof = testing::await<InclusionProof>(loop_, [&](auto done) {
      notary_.prove_inclusion("team a", position, now.size, std::move(done));
    });
    EXPECT_TRUE(merkle::verify_inclusion(events[position - 1].hash, position - 1, now.size,
                                         proof->hashes, now.root));
  }
  const auto proof = testing::await<merkle::Proof>(
      loop_, [&](auto done) { notary_.prove_consistency("team a", 5, 13, std::move(done)); });
  EXPECT_TRUE(merkle::verify_consistency(5, old.root, 13, now.root, *proof));

  const auto code_of = [&](std::uint64_t position, std::uint64_t size) {
    return testing::await<InclusionProof>(loop_,
                                          [&](auto done) {
                                            notary_.prove_inclusion("team a", position, size,
                                                                    std::move(done));
                                          })
        .error()
        .code;
  };
  EXPECT_EQ(code_of(0, 13), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(14, 13), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(14, 14), ErrorCode::kNotFound);
}

// Another log of the same length, a longer one, and one that is shorter than what was signed.
TEST_F(NotaryTest, SignsNothingForALogThatWasCutOrRewritten) {
  append(4);
  const std::string note = sign().value().note;
  for (const int count : {4, 9, 3}) {
    store::MemoryStore other;
    const auto events = other.open_loop(loop_);
    BlockingLog log(*events, loop_);
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(log.add("team a", testing::sample_event("o", "rewritten")));
    other.plant_checkpoint("team a", note);
    Notary notary(events->events(), events->attestations(), identity_);
    const auto refused = testing::await<SignedCheckpoint>(
        loop_, [&](auto done) { notary.checkpoint("team a", std::move(done)); });
    EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt) << count;
    EXPECT_EQ(log.load_checkpoint("team a").value(), note);
  }
}

TEST_F(NotaryTest, AKeyMayBeReplaced) {
  append(2);
  const auto first = sign().value();
  identity_ = {"log.example", {signer(2)}, {signer(1).verifier()}};
  const auto second = sign().value();
  EXPECT_EQ(second.checkpoint, first.checkpoint);
  EXPECT_NE(second.note, first.note);
  EXPECT_TRUE(open_checkpoint(second.note, keys()));
  // A key that was never ours signed what is kept.
  identity_ = {"log.example", {signer(3)}, {}};
  EXPECT_EQ(sign().error().code, ErrorCode::kCorrupt);
}

TEST_F(NotaryTest, AProofIsATextOfItsOwn) {
  append(3);
  const auto made = sign().value();
  const auto proof = testing::await<InclusionProof>(
      loop_, [&](auto done) { notary_.prove_inclusion("team a", 2, 3, std::move(done)); });
  const std::string text = proof_text(*proof, made.note);
  EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nindex 1\n"));
  EXPECT_TRUE(text.ends_with("\n\n" + made.note));
}

}  // namespace
}  // namespace syncline::log
