#include "merge/effect_codec.h"

#include <gtest/gtest.h>

#include "merge/object.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {
namespace {

Bytes hello() {
  crdt::Doc doc({.client_id = 1});
  EXPECT_TRUE(doc.text("content").insert(0, "hello"));
  return doc.encode_state_as_update();
}

// The worked example of docs/formats/effect.md.
TEST(EffectCodec, TheDocumentedExample) {
  auto prepared = doc_type().create()->prepare(hello());
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->effect,
            (Bytes{1, 1, 0, 1, 0, 7, 'c', 'o', 'n', 't', 'e', 'n', 't', 0, 0, 0, 5}));
}

TEST(EffectCodec, RoundTrips) {
  crdt::Effect effect;
  effect.changes = true;
  effect.deletes_wait = true;
  effect.waits_for.set(77, 12);
  effect.touches.push_back({.kind = crdt::Touch::Kind::kSetKey,
                            .type = {.root = "board", .steps = {std::string("columns"), 3U}},
                            .key = "title"});
  effect.touches.push_back({.kind = crdt::Touch::Kind::kDelete,
                            .type = {.root = "t", .steps = {}},
                            .key = {},
                            .index = 9,
                            .length = 300});
  auto stored = decode_effect(encode_effect(effect));
  ASSERT_TRUE(stored);
  EXPECT_FALSE(stored->truncated);
  EXPECT_EQ(stored->effect.changes, effect.changes);
  EXPECT_EQ(stored->effect.deletes_wait, effect.deletes_wait);
  EXPECT_EQ(stored->effect.waits_for, effect.waits_for);
  ASSERT_EQ(stored->effect.touches.size(), 2u);
  EXPECT_EQ(stored->effect.touches[0].type, effect.touches[0].type);
  EXPECT_EQ(stored->effect.touches[0].key, "title");
  EXPECT_EQ(stored->effect.touches[1].index, 9u);
  EXPECT_EQ(stored->effect.touches[1].length, 300u);
}

TEST(EffectCodec, KeepsTheFirstTouchesAndSaysSo) {
  crdt::Effect effect;
  effect.touches.resize(kMaxTouches + 1,
                        crdt::Touch{.kind = crdt::Touch::Kind::kInsert, .type = {}, .key = {}});
  auto stored = decode_effect(encode_effect(effect));
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->truncated);
  EXPECT_EQ(stored->effect.touches.size(), kMaxTouches);
}

TEST(EffectCodec, EveryPrefixIsRefused) {
  crdt::Effect effect;
  effect.touches.push_back(
      {.kind = crdt::Touch::Kind::kInsert, .type = {.root = "t", .steps = {1U}}, .key = {}});
  const Bytes whole = encode_effect(effect);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_effect(ByteView(whole).first(size))) << size;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(decode_effect(longer));
}

}  // namespace
}  // namespace syncline::merge
