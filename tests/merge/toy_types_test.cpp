// The interface of types, held by two types that are not documents: one that transforms what it
// records, tells and answers, and one that is strict.
#include <gtest/gtest.h>

#include <random>

#include "merge/effect_codec.h"
#include "merge/facets.h"
#include "support/toy_list.h"
#include "support/toy_register.h"

namespace syncline::merge {
namespace {

using test::toy_erase;
using test::toy_insert;
using test::toy_list;
using test::toy_register;
using test::toy_version;
using test::toy_write;

// Prepares, and applies what is recorded. Gives what is recorded.
Bytes submit(Object& object, const Bytes& intent) {
  const auto prepared = object.prepare(intent);
  EXPECT_TRUE(prepared);
  Bytes recorded = to_bytes(prepared->recorded.of(intent));
  EXPECT_TRUE(object.apply(recorded));
  return recorded;
}

TEST(ToyList, WhatIsRecordedIsWhatWasSentIfNothingCameBetween) {
  const auto list = toy_list().create();
  const Bytes intent = toy_insert(0, 0, "a");
  const auto prepared = list->prepare(intent);
  ASSERT_TRUE(prepared);
  EXPECT_TRUE(prepared->changes);
  EXPECT_TRUE(prepared->recorded.is_as_sent());
  EXPECT_EQ(prepared->recorded.of(intent).data(), intent.data());  // no copy
  EXPECT_EQ(toy_version(prepared->answered.of(intent)), 1u);
  EXPECT_EQ(list->to_json(), "[]");  // nothing has changed
}

TEST(ToyList, AChangeIsMovedOverWhatItsAuthorHadNotSeen) {
  const auto list = toy_list().create();
  submit(*list, toy_insert(0, 0, "b"));
  submit(*list, toy_insert(1, 0, "a"));
  const Bytes late = toy_insert(1, 1, "c");  // behind "b", as its author saw it
  const auto prepared = list->prepare(late);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(to_bytes(prepared->recorded.of(late)), toy_insert(2, 2, "c"));
  EXPECT_EQ(to_bytes(prepared->told.of(late)), toy_insert(2, 2, "c"));
  EXPECT_EQ(toy_version(prepared->answered.of(late)), 3u);
  EXPECT_EQ(prepared->effect, (Effect{{{.operation = Operation::kInsert,
                                        .container = {"list", {}},
                                        .index = 2,
                                        .length = 1}}}));
  submit(*list, late);
  EXPECT_EQ(list->to_json(), R"(["a","b","c"])");
}

TEST(ToyList, WhatIsGoneAlreadyChangesNothing) {
  const auto list = toy_list().create();
  submit(*list, toy_insert(0, 0, "a"));
  submit(*list, toy_erase(1, 0));
  const auto prepared = list->prepare(toy_erase(1, 0));
  ASSERT_TRUE(prepared);
  EXPECT_FALSE(prepared->changes);
  EXPECT_TRUE(prepared->effect.touches.empty());
  EXPECT_EQ(list->prepare(toy_erase(9, 0)).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(list->prepare(Bytes{1}).error().code, ErrorCode::kMalformed);
}

// What merge/object.h promises of every type: a log can be replayed, verified, and submitted again.
TEST(ToyList, WhatIsRecordedReplays) {
  std::mt19937 random(7);
  const auto list = toy_list().create();
  const auto replayed = toy_list().create();
  std::uint64_t version = 0;
  for (int step = 0; step < 500; ++step) {
    const std::uint64_t seen = version - random() % (std::min<std::uint64_t>(version, 5) + 1);
    const Bytes intent = random() % 3 == 0 ? toy_erase(seen, random() % 8)
                                           : toy_insert(seen, random() % 8, std::to_string(step));
    const auto prepared = list->prepare(intent);
    ASSERT_TRUE(prepared);
    if (!prepared->changes) continue;
    version = toy_version(prepared->answered.of(intent));
    const Bytes recorded = submit(*list, intent);
    const auto again = replayed->prepare(recorded);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->recorded.is_as_sent());
    EXPECT_EQ(again->effect, prepared->effect);
    EXPECT_TRUE(has_effect(*replayed, recorded, encode_effect(prepared->effect)).value());
    ASSERT_TRUE(replayed->apply(recorded));
    ASSERT_EQ(replayed->to_json(), list->to_json());
    if (step % 50 == 0) {
      EXPECT_EQ((*toy_list().restore(list->snapshot()))->snapshot(), list->snapshot());
    }
  }
  EXPECT_GT(version, 300u);
}

TEST(ToyRegister, IsStrict) {
  const auto one = toy_register().create();
  submit(*one, toy_write(0, "first"));
  const auto late = one->prepare(toy_write(0, "second"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_EQ(late.error().message, "the register is at version 1");
  EXPECT_FALSE(one->apply(toy_write(0, "second")));
  EXPECT_EQ(one->to_json(), R"({"version":1,"value":"first"})");
  submit(*one, toy_write(1, "second"));
  const auto restored = toy_register().restore(one->snapshot());
  ASSERT_TRUE(restored);
  EXPECT_EQ((*restored)->to_json(), R"({"version":2,"value":"second"})");
  EXPECT_EQ(one->prepare(Bytes{}).error().code, ErrorCode::kMalformed);
}

TEST(Facets, WithoutThemTheAnswerIsClear) {
  const auto list = toy_list().create();
  const auto other = toy_list().create();
  EXPECT_EQ(version_of(*list).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(diff_since(*list, {}).error().code, ErrorCode::kUnsupported);
  std::size_t cursor = 0;
  EXPECT_EQ(next_need(*list, {}, cursor).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(part_pieces(*list, {.root = "list"}, 100).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(change_to(*list, *other, 1).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(extend(*list, {}).error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(attributed_texts(*list).empty());
  EXPECT_TRUE(toy_list().ids_of(toy_insert(0, 0, "a"))->empty());
  mark(*list);
  EXPECT_FALSE(delta_since_mark(*list));
  EXPECT_EQ(apply_and_tell(*list, toy_insert(0, 0, "a")).value(), kNotTold);
  EXPECT_EQ(list->to_json(), R"(["a"])");
  EXPECT_EQ(has_effect(*list, toy_insert(1, 0, "b"), Bytes{1, 0}).error().code,
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace syncline::merge
