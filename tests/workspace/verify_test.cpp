// Re-deriving a log from its records alone: what is sound passes, and each kind of change is named.
#include "state/verify.h"

#include <gtest/gtest.h>

#include <map>

#include "merge/facets.h"
#include "support/history_writer.h"
#include "support/test_types.h"

namespace syncline::testing {
namespace {

using log::Check;

// A history as somebody keeps it: records, and snapshots at some of the positions.
struct Kept {
  std::vector<Bytes> records;  // of position index + 1
  std::map<log::Position, Bytes> snapshots;

  explicit Kept(std::size_t events, std::size_t objects = 3) {
    HistoryWriter writer(objects);
    for (std::size_t i = 1; i <= events; ++i) {
      records.push_back(writer.next().record);
      if (i % 20 == 0) snapshots[i] = writer.snapshot();
    }
  }

  log::Event at(log::Position position) const {
    return log::decode_event(records[position - 1]).value();
  }

  // Changes an event and hashes everything anew from there, as an insider would.
  template <typename Change>
  void rewrite(log::Position position, Change change) {
    Hash256 previous = at(position).previous_hash;
    for (log::Position next = position; next <= records.size(); ++next) {
      log::Event event = at(next);
      event.previous_hash = previous;
      if (next == position) change(event);
      auto encoded = log::encode_event(event).value();
      previous = encoded.hash;
      records[next - 1] = std::move(encoded.record);
    }
  }

  log::Checked<void> give(state::WorkspaceVerifier& verifier) const {
    for (log::Position position = 1; position <= records.size(); ++position) {
      if (records[position - 1].empty()) continue;
      const auto event = verifier.event(position, records[position - 1]);
      if (!event) return std::unexpected(event.error());
      if (const auto found = snapshots.find(position); found != snapshots.end())
        if (auto ok = verifier.snapshot({.whole = found->second}); !ok) return ok;
    }
    return verifier.finish();
  }

  log::Checked<state::ReplayCounts> verify(state::VerifierOptions options = {
                                               .types = test::test_types()}) const {
    state::WorkspaceVerifier verifier("w", options);
    do {
      if (auto ok = give(verifier); !ok) return std::unexpected(ok.error());
    } while (verifier.begin_pass());
    return verifier.counts();
  }

  log::Difference difference() const {
    const auto verified = verify();
    EXPECT_FALSE(verified);
    return verified ? log::Difference{} : verified.error();
  }
};

TEST(WorkspaceVerifier, WhatIsSoundPasses) {
  const auto counts = Kept(200).verify();
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->effects, 200u);
  EXPECT_EQ(counts->snapshots, 10u);
  EXPECT_EQ(counts->not_replayable, 0u);
}

TEST(WorkspaceVerifier, LittleMemoryTakesMorePassesAndFindsTheSame) {
  Kept kept(900, 7);
  const auto counts = kept.verify({.types = test::test_types(), .memory_bytes = 25'000});
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_GE(counts->effects, 900u);
  EXPECT_GE(counts->snapshots, 45u);
  state::WorkspaceVerifier verifier("w", {.types = test::test_types(), .memory_bytes = 25'000});
  ASSERT_TRUE(kept.give(verifier));
  EXPECT_TRUE(verifier.begin_pass()) << "it did fit: the test shows nothing";

  // A change to an object that only a later pass looks at.
  kept.rewrite(890, [](log::Event& event) { event.effect.back() ^= 1; });
  const auto found = kept.verify({.types = test::test_types(), .memory_bytes = 25'000});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().check, Check::kEffect);
  EXPECT_EQ(found.error().position, 890u);
}

TEST(WorkspaceVerifier, ARewrittenEffectIsNamedThoughAllIsHashedAnew) {
  Kept kept(60);
  kept.rewrite(31, [](log::Event& event) { event.effect.back() ^= 1; });
  const auto found = kept.difference();
  EXPECT_EQ(found.check, Check::kEffect);
  EXPECT_EQ(found.workspace, "w");
  EXPECT_EQ(found.position, 31u);
  EXPECT_EQ(found.object, "o0");
  EXPECT_EQ(found.message,
            "workspace w, event 31, object o0: replaying its intent does something else than it "
            "says");
}

TEST(WorkspaceVerifier, ARewrittenIntentIsFoundByItsEffectOrByWhatFollows) {
  const Kept sound(60);
  for (log::Position position : {1u, 2u, 30u, 60u}) {
    Kept kept = sound;
    kept.rewrite(position, [](log::Event& event) { event.intent = {0, 0}; });
    const auto found = kept.difference();
    EXPECT_EQ(found.check, Check::kEffect);
    EXPECT_EQ(found.position, position);
  }
  Kept kept = sound;
  kept.rewrite(30, [](log::Event& event) { event.intent = {9, 9, 9}; });
  EXPECT_NE(kept.difference().message.find("cannot be applied"), std::string::npos);
}

TEST(WorkspaceVerifier, RemovedReorderedAndDuplicatedEventsAreNamed) {
  const Kept sound(60);
  Kept removed = sound;
  removed.records[29].clear();
  EXPECT_EQ(removed.difference().check, Check::kRecord);
  EXPECT_EQ(removed.difference().message, "workspace w, event 30: missing");
  Kept swapped = sound;
  std::swap(swapped.records[29], swapped.records[30]);
  EXPECT_EQ(swapped.difference().check, Check::kRecord);
  EXPECT_EQ(swapped.difference().position, 30u);
  Kept twice = sound;
  twice.records.insert(twice.records.begin() + 30, twice.records[29]);
  EXPECT_EQ(twice.difference().position, 31u);
  Kept unhashed = sound;
  log::Event event = sound.at(30);
  event.principal = "mallory";
  unhashed.records[29] = log::encode_event(event).value().record;
  EXPECT_EQ(unhashed.difference().check, Check::kChain);
  EXPECT_EQ(unhashed.difference().position, 31u);
}

TEST(WorkspaceVerifier, EveryFlippedByteIsFound) {
  const Kept sound(40);
  for (log::Position position : {1u, 20u, 40u}) {
    for (std::size_t i = 0; i < sound.records[position - 1].size(); ++i) {
      Kept kept = sound;
      kept.records[position - 1][i] ^= 0x20;
      EXPECT_EQ(kept.difference().check, Check::kRecord);
      EXPECT_EQ(kept.difference().position, position) << i;
    }
  }
  for (std::size_t i = 0; i < sound.snapshots.at(40).size(); ++i) {
    Kept kept = sound;
    kept.snapshots.at(40)[i] ^= 0x01;
    EXPECT_EQ(kept.difference().check, Check::kSnapshot) << i;
    EXPECT_EQ(kept.difference().position, 40u);
  }
}

TEST(WorkspaceVerifier, ASnapshotOfAnotherStateIsNamed) {
  Kept kept(60);
  kept.snapshots[40] = kept.snapshots[20];
  const auto found = kept.difference();
  EXPECT_EQ(found.check, Check::kSnapshot);
  EXPECT_EQ(found.position, 40u);
  EXPECT_EQ(found.object, "o0");
  kept.snapshots[40] = {1, 2, 3};
  EXPECT_NE(kept.difference().message.find("is no state"), std::string::npos);
}

TEST(WorkspaceVerifier, ADeltaIsComparedWithWhatItExtends) {
  HistoryWriter writer(1);
  std::vector<Bytes> records;
  auto object = merge::doc_type().create();
  Bytes early;
  Bytes base;
  for (log::Position i = 1; i <= 60; ++i) {
    records.push_back(writer.next().record);
    ASSERT_TRUE(object->apply(writer.event.intent));
    if (i == 20) early = object->snapshot();
    if (i != 40) continue;
    base = object->snapshot();
    merge::mark(*object);
  }
  const Bytes delta = merge::delta_since_mark(*object).value();
  const auto verify = [&](state::StateParts parts) {
    state::WorkspaceVerifier verifier("w", {.types = test::test_types()});
    for (log::Position i = 1; i <= 60; ++i) EXPECT_TRUE(verifier.event(i, records[i - 1]));
    const auto shown = verifier.snapshot(parts);
    EXPECT_EQ(verifier.counts().snapshots, shown ? 1u : 0u);
    return shown ? std::string() : shown.error().message;
  };
  EXPECT_EQ(verify({base, delta}), "");
  EXPECT_NE(verify({early, delta}).find("shows another state"), std::string::npos);
  EXPECT_NE(verify({base}).find("shows another state"), std::string::npos);
  // By what it does: a few bytes may say the same thing otherwise.
  std::size_t found = 0;
  for (std::size_t i = 0; i < delta.size(); ++i) {
    Bytes flipped = delta;
    flipped[i] ^= 0x01;
    found += verify({base, flipped}).empty() ? 0 : 1;
  }
  EXPECT_GE(found + 4, delta.size());
}

TEST(WorkspaceVerifier, WhatWasSignedMustBeginTheLog) {
  const Kept kept(60);
  log::merkle::Frontier tree;
  for (log::Position position = 1; position <= 45; ++position) tree.append(kept.at(position).hash);
  log::Checkpoint said{"a/w/w", 45, tree.root()};
  const auto check = [&](const log::Checkpoint& checkpoint) {
    state::WorkspaceVerifier verifier("w", {.types = test::test_types()});
    verifier.expect(checkpoint, "the checkpoint");
    return kept.give(verifier);
  };
  EXPECT_TRUE(check(said));
  said.root[3] ^= 1;
  EXPECT_EQ(check(said).error().message,
            "workspace w: its first 45 events are not those of the checkpoint");
  EXPECT_EQ(check(said).error().check, Check::kCheckpoint);
  said.size = 61;
  EXPECT_EQ(check(said).error().message,
            "workspace w: the checkpoint has 61 events, the log ends at 60");

  // An insider who hashes all anew.
  Kept rewritten = kept;
  rewritten.rewrite(10, [](log::Event& event) { event.principal = "mallory"; });
  EXPECT_TRUE(rewritten.verify());
  state::WorkspaceVerifier verifier("w", {.types = test::test_types()});
  verifier.expect({"a/w/w", 45, tree.root()}, "the checkpoint");
  EXPECT_EQ(rewritten.give(verifier).error().check, Check::kCheckpoint);
}

TEST(WorkspaceVerifier, DroppedPayloadsLeaveAGapUpToTheNextSnapshot) {
  Kept kept(60, 3);
  const log::Position dropped = 31;  // of o0, as 28 and 34; snapshots of it: 40 (o0)
  ASSERT_EQ(kept.at(40).object, "o0");
  kept.records[dropped - 1] =
      log::encode_event(log::without_payload(kept.at(dropped))).value().record;
  const auto counts = kept.verify();
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->not_replayable, 4u);  // 31, 34, 37, 40
  EXPECT_EQ(counts->effects, 56u);
  EXPECT_EQ(counts->snapshots_taken, 1u);
  ASSERT_EQ(counts->gaps.size(), 1u);
  EXPECT_EQ(counts->gaps[0].object, "o0");
  EXPECT_EQ(counts->gaps[0].from, 31u);
  EXPECT_EQ(counts->gaps[0].to, 40u);

  // From the snapshot on everything counts again.
  kept.rewrite(43, [](log::Event& event) { event.effect.back() ^= 1; });
  EXPECT_EQ(kept.difference().position, 43u);
}

}  // namespace
}  // namespace syncline::testing
