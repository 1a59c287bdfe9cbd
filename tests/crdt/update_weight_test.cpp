// What an update costs, said before it is prepared (crdt/update_weight.h), and what costs nothing a second
// time (crdt/dead_clocks.h). Judged by steps, never by time.
#include <gtest/gtest.h>

#include <bitset>
#include <random>
#include <string>
#include <vector>

#include "crdt/engine.h"
#include "support/hostile_updates.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

using hostile::UpdateBuilder;

constexpr std::uint32_t kMany = 20'000;
constexpr std::uint64_t kFewSteps = 1'000;

Doc doc_of(std::vector<Bytes> updates) {
  Doc doc({.client_id = 1'000'000'007, .clean_formats = false});
  for (const Bytes& update : updates) EXPECT_TRUE(doc.apply_update(update));
  return doc;
}

Bytes deletion(ClientId client, Clock clock, Clock len) {
  UpdateBuilder builder;
  builder.deletes().add(client, clock, len);
  return builder.take();
}

// True if the update is too long for `steps`. The question itself must not cost much more than that.
bool is_long(const Doc& doc, ByteView update, std::uint64_t steps = kFewSteps) {
  const std::uint64_t before = doc.engine().store.work;
  const auto prepared = doc.prepare_within(update, steps);
  EXPECT_TRUE(prepared);
  if (prepared && !*prepared) {
    EXPECT_LE(doc.engine().store.work - before, 2 * steps);
  }
  return prepared && !*prepared;
}

// An array under the key "k" of a map, with one element for each struct.
std::vector<Bytes> large_value() {
  UpdateBuilder builder;
  Block& holder = hostile::under_key(hostile::in_root(builder.add(1, 0)), "k");
  holder.kind = BlockKind::kType;
  holder.type = TypeKind::kArray;
  for (Clock i = 0; i < kMany; ++i) {
    Block& block = hostile::with_value(builder.add(2, i));
    if (i > 0) {
      hostile::before(block, {2, i - 1});
    } else {
      block.parent_kind = ParentKind::kItem;
      block.parent_id = {1, 0};
    }
  }
  return {builder.take()};
}

TEST(UpdateWeight, EditsOfOneCharacterAreShortInALargeDocument) {
  Doc doc = doc_of({hostile::apart(kMany)});
  UpdateBuilder builder;
  hostile::with_text(hostile::behind(builder.add(9, 0), {1, 0}), "y");
  EXPECT_FALSE(is_long(doc, builder.take(), 64)) << "at the end";
  hostile::with_text(
      hostile::before(hostile::behind(builder.add(9, 0), {1, kMany / 2}), {1, kMany / 2 - 1}), "y");
  EXPECT_FALSE(is_long(doc, builder.take(), 64)) << "in the middle";
  hostile::with_text(hostile::before(builder.add(9, 0), {1, kMany - 1}), "y");
  EXPECT_FALSE(is_long(doc, builder.take(), 64)) << "at the start";
  EXPECT_FALSE(is_long(doc, deletion(1, kMany / 2, 1), 64));
  hostile::with_value(hostile::under_key(hostile::in_root(builder.add(9, 0), "m"), "k"));
  EXPECT_FALSE(is_long(doc, builder.take(), 64)) << "a key";
}

TEST(UpdateWeight, ADeletionOfManyStructsIsLong) {
  Doc doc = doc_of({hostile::apart(kMany)});
  EXPECT_TRUE(is_long(doc, deletion(1, 0, kMany)));
  EXPECT_FALSE(is_long(doc, deletion(1, 0, kMany), 10 * kMany));
  EXPECT_FALSE(is_long(doc, deletion(1, 0, 100)));
  EXPECT_FALSE(
      is_long(doc_of({hostile::run(std::string(kMany, 'a'), kMany)}), deletion(1, 0, kMany)))
      << "one struct";
}

TEST(UpdateWeight, ADeletionOfALargeContainerIsLong) {
  Doc doc = doc_of(large_value());
  EXPECT_TRUE(is_long(doc, deletion(1, 0, 1)));
  UpdateBuilder builder;
  hostile::with_value(hostile::under_key(hostile::in_root(builder.add(9, 0)), "k"));
  EXPECT_TRUE(is_long(doc, builder.take())) << "it is replaced";
}

TEST(UpdateWeight, ACutOfALongWideTextIsLong) {
  std::string wide;
  for (std::uint32_t i = 0; i < 40 * kMany; ++i) wide += "\xC3\xA4";
  Doc doc = doc_of({hostile::run(wide, 40 * kMany)});
  EXPECT_TRUE(is_long(doc, deletion(1, kMany, 1)));
  UpdateBuilder builder;
  hostile::with_text(hostile::behind(builder.add(9, 0), {1, kMany}), "x");
  EXPECT_TRUE(is_long(doc, builder.take()));
  hostile::with_text(hostile::behind(builder.add(1, kMany), {1, kMany - 1}), "\xC3\xA4");
  EXPECT_TRUE(is_long(doc, builder.take())) << "it is compared";
  hostile::with_text(hostile::behind(builder.add(9, 0), {1, 40 * kMany - 1}), "x");
  EXPECT_FALSE(is_long(doc, builder.take())) << "no cut";
  const std::string narrow(40 * kMany, 'a');
  EXPECT_FALSE(is_long(doc_of({hostile::run(narrow, 40 * kMany)}), deletion(1, kMany, 1)));
}

TEST(UpdateWeight, AnInsertionBesideManySiblingsIsLong) {
  UpdateBuilder builder;
  for (std::uint32_t i = 0; i < kMany; ++i)
    hostile::with_text(hostile::in_root(builder.add(100 + i, 0)), "x");
  Doc doc = doc_of({builder.take()});
  hostile::with_text(hostile::in_root(builder.add(200 + kMany, 0)), "y");
  EXPECT_TRUE(is_long(doc, builder.take()));
  Doc keyed = doc_of({});
  for (std::uint32_t i = 0; i < 2'000; ++i) {
    hostile::with_value(hostile::under_key(hostile::in_root(builder.add(100 + i % 2, i / 2)), "k"));
    ASSERT_TRUE(keyed.apply_update(builder.take()));
  }
  hostile::with_value(hostile::under_key(hostile::in_root(builder.add(99, 0)), "k"));
  const Bytes update = builder.take();
  EXPECT_TRUE(is_long(doc_of({keyed.encode_state_as_update()}), update, 200));
}

// Whatever is called short costs little. The engine counts the steps of its longest loops only, so this
// finds what the weight forgets, and not what it counts too high.
TEST(UpdateWeight, IsABoundOfTheStepsThatTheEngineCounts) {
  constexpr std::uint64_t kSteps = 200;
  for (const hostile::NamedAttack& attack : hostile::kAttacks) {
    const hostile::Attack made = attack.make(3'000);
    if (made.merges || made.clean_formats) continue;
    Doc doc = doc_of(made.before);
    for (const Bytes& update : made.updates) {
      const auto prepared = doc.prepare_within(update, kSteps);
      ASSERT_TRUE(prepared);
      const bool is_short = prepared->has_value();
      doc.engine().store.work = 0;
      ASSERT_TRUE(doc.prepare(update));
      ASSERT_TRUE(doc.apply_update(update));
      if (is_short) {
        ASSERT_LE(doc.engine().store.work, 16 * kSteps) << attack.name;
      }
    }
  }
}

TEST(UpdateWeight, TheEffectIsThatOfPrepare) {
  Doc doc = doc_of({hostile::apart(100)});
  const Bytes update = deletion(1, 20, 50);
  const auto within = doc.prepare_within(update, 10'000);
  const auto effect = doc.prepare(update);
  ASSERT_TRUE(within && *within && effect);
  ASSERT_EQ((*within)->touches.size(), effect->touches.size());
  EXPECT_EQ((*within)->touches[0].length, effect->touches[0].length);
  EXPECT_FALSE(doc.prepare_within(Bytes{0xff}, 10'000));
}

// ---- the same deletion again

TEST(DeadClocks, ARepeatedDeletionCostsAFewSteps) {
  const Bytes all = deletion(1, 0, kMany);
  Doc doc = doc_of({hostile::apart(kMany), all});
  std::uint64_t& work = doc.engine().store.work;
  work = 0;
  EXPECT_FALSE(doc.prepare(all)->changes);
  EXPECT_GE(work, kMany) << "the first time, each struct is looked at";
  for (const ClockRange range : {ClockRange{0, kMany}, ClockRange{10, kMany / 2}}) {
    const Bytes again = deletion(1, range.clock, range.len);
    work = 0;
    EXPECT_FALSE(is_long(doc, again, 16));
    EXPECT_FALSE(doc.prepare(again)->changes);
    EXPECT_FALSE(doc.apply_update(again)->changed);
    EXPECT_LE(work, 16U);
  }
  EXPECT_TRUE(doc.engine().check());
}

TEST(DeadClocks, WhatIsNotDeletedIsFoundBetweenWhatIs) {
  Doc doc = doc_of({hostile::apart(kMany)});
  const Clock live = kMany / 2;
  ASSERT_TRUE(doc.apply_update(deletion(1, 0, live)));
  ASSERT_TRUE(doc.apply_update(deletion(1, live + 1, kMany - live - 1)));
  const Bytes all = deletion(1, 0, kMany);
  for (int i = 0; i < 2; ++i) {
    const auto effect = doc.prepare(all);
    ASSERT_TRUE(effect && effect->changes);
    ASSERT_EQ(effect->touches.size(), 1U);
    EXPECT_EQ(effect->touches[0].length, 1U);
  }
  EXPECT_TRUE(doc.apply_update(all)->changed);
  EXPECT_FALSE(doc.prepare(all)->changes);
}

TEST(DeadClocks, HoldsTheRangesThatWereAdded) {
  constexpr Clock kClocks = 300;
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    DeadClocks dead;
    std::bitset<kClocks + 1> expected;
    for (int i = 0; i < 12; ++i) {
      const Clock from = random() % kClocks;
      const Clock end = std::min<Clock>(kClocks, from + 1 + random() % 40);
      dead.add(from, end);
      for (Clock clock = from; clock < end; ++clock) expected.set(clock);
      for (Clock clock = 0; clock <= kClocks; ++clock) {
        Clock next = clock;
        while (expected.test(next)) ++next;
        ASSERT_EQ(dead.skip(clock), next) << "round " << round;
        ASSERT_EQ(dead.any(clock, clock + 1), next > clock);
        ASSERT_EQ(dead.any(clock, kClocks + 1), (expected >> clock).any());
      }
    }
    EXPECT_LE(dead.size(), 12U);
  }
}

}  // namespace
}  // namespace syncline::crdt
