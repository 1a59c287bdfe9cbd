#include "merge/effect_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "crdt/engine.h"
#include "merge/doc_effect.h"
#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {
namespace {

Bytes hello() {
  crdt::Doc doc({.client_id = 1});
  EXPECT_TRUE(doc.text("content").insert(0, "hello"));
  return doc.encode_state_as_update();
}

// Somebody puts a map in place of what was under `budget`.
Bytes budget(const crdt::Doc& present) {
  crdt::Doc doc({.client_id = 2});
  EXPECT_TRUE(doc.apply_update(present.encode_state_as_update()));
  auto map = crdt::as<crdt::Map>(*doc.map("plan").set_type("budget", crdt::TypeKind::kMap));
  EXPECT_TRUE(map.set("travel", crdt::Any(100)));
  return doc.encode_state_as_update(present.state_vector());
}

// The worked examples of docs/formats/effect.md.
TEST(EffectCodec, TheDocumentedExamples) {
  auto prepared = doc_type().create()->prepare(hello());
  ASSERT_TRUE(prepared);
  EXPECT_EQ(encode_effect(prepared->effect),
            (Bytes{2, 0, 1, 0, 0, 7, 'c', 'o', 'n', 't', 'e', 'n', 't', 0, 0, 5}));

  const crdt::Doc empty({.client_id = 1});
  prepared = doc_type().create()->prepare(budget(empty));
  ASSERT_TRUE(prepared);
  EXPECT_EQ(encode_effect(prepared->effect), (Bytes{2, 0, 1, 3, 1, 4, 'p', 'l', 'a', 'n', 0,  //
                                                    6, 'b', 'u', 'd', 'g', 'e', 't'}));
}

TEST(EffectCodec, TheDocumentedExampleOfVersion1) {
  const auto object = doc_type().create();
  const Bytes stored{1, 1, 0, 1, 0, 7, 'c', 'o', 'n', 't', 'e', 'n', 't', 0, 0, 0, 5};
  EXPECT_EQ(object->past_effects()->past_effect(hello(), 1).value(), stored);
  const auto decoded = decode_effect(stored);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->effect, object->prepare(hello())->effect);
}

Effect every_kind_of_touch() {
  const Path board{"board", {std::string("columns"), 3U}};
  const Path text{"t", {}};
  return {
      {{.operation = Operation::kSetKey, .container = board, .key = "title"},
       {.operation = Operation::kDeleteKey,
        .extent = Extent::kBelow,
        .container = board,
        .key = ""},
       {.operation = Operation::kDelete, .container = text, .index = 9, .length = 300},
       {.operation = Operation::kFormat, .container = text, .key = "bold", .index = 1, .length = 2},
       {.operation = Operation::kInsert, .extent = Extent::kContainer, .container = board},
       {.operation = Operation::kSetKey, .extent = Extent::kObject}}};
}

TEST(EffectCodec, RoundTrips) {
  const auto stored = decode_effect(encode_effect(every_kind_of_touch()));
  ASSERT_TRUE(stored);
  EXPECT_FALSE(stored->truncated);
  EXPECT_EQ(stored->effect, every_kind_of_touch());
}

TEST(EffectCodec, KeepsTheFirstTouchesAndSaysSo) {
  Effect effect;
  effect.touches.resize(kMaxTouches);
  EXPECT_FALSE(decode_effect(encode_effect(effect))->truncated);
  effect.touches.resize(kMaxTouches + 1);
  const auto stored = decode_effect(encode_effect(effect));
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->truncated);
  EXPECT_EQ(stored->effect.touches.size(), kMaxTouches);
}

TEST(EffectCodec, KeepsNoMoreBytesThanIsStated) {
  Effect effect;
  effect.touches.resize(5, {.operation = Operation::kSetKey,
                            .container = {"root", {}},
                            .key = std::string(kMaxStoredEffectBytes / 3, 'k')});
  Bytes bytes = encode_effect(effect);
  EXPECT_LE(bytes.size(), kMaxStoredEffectBytes + 8);
  EXPECT_EQ(decode_effect(bytes)->effect.touches.size(), 2u);
  EXPECT_TRUE(decode_effect(bytes)->truncated);
  effect.touches[0].key.resize(kMaxStoredEffectBytes);
  EXPECT_TRUE(decode_effect(encode_effect(effect))->effect.touches.empty());
}

TEST(EffectCodec, EveryPrefixIsRefused) {
  for (const Bytes& whole :
       {encode_effect(every_kind_of_touch()),
        encode_effect_version1({.touches = {{.kind = crdt::Touch::Kind::kInsert,
                                           .type = {.root = "t", .steps = {1U}},
                                           .key = {}}}})}) {
    ASSERT_TRUE(decode_effect(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode_effect(ByteView(whole).first(size))) << size;
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(decode_effect(longer));
  }
}

TEST(EffectCodec, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(decode_effect(Bytes{3, 0, 0}).error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(decode_effect(Bytes{0, 0, 0}));
  EXPECT_FALSE(decode_effect(Bytes{2, 0, 1, 5, 3}));              // operation 5
  EXPECT_FALSE(decode_effect(Bytes{2, 0, 1, 0, 4}));              // extent 4
  EXPECT_FALSE(decode_effect(Bytes{2, 0, 1, 3, 2, 0, 1, 2, 0}));  // kind 2 of a step
  Bytes many{2, 0, 0x81, 0x02};                                   // 257 touches
  for (int i = 0; i < 257; ++i) many.insert(many.end(), {3, 3});
  EXPECT_FALSE(decode_effect(many));
}

// What an event says must be found again by who verifies the log, whichever version wrote it.
TEST(EffectCodec, AnEffectIsFoundAgainInTheVersionInWhichItWasStored) {
  crdt::Doc author({.client_id = 1});
  auto old = crdt::as<crdt::Map>(*author.map("plan").set_type("budget", crdt::TypeKind::kMap));
  ASSERT_TRUE(old.set("travel", crdt::Any(1)));
  const auto object = doc_type().create();
  ASSERT_TRUE(object->apply(author.encode_state_as_update()));
  const Bytes change = budget(author);
  const Bytes now = encode_effect(object->prepare(change)->effect);
  const Bytes then = object->past_effects()->past_effect(change, 1).value();
  // Version 1 told the new map's own key and each deletion.
  EXPECT_EQ(decode_effect(now)->effect.touches.size(), 1u);
  EXPECT_EQ(decode_effect(then)->effect.touches.size(), 4u);
  EXPECT_TRUE(has_effect(*object, change, now).value());
  EXPECT_TRUE(has_effect(*object, change, then).value());
  for (Bytes other : {now, then}) {
    other.back() ^= 1;
    EXPECT_FALSE(has_effect(*object, change, other).value());
  }
  EXPECT_EQ(has_effect(*object, change, Bytes{3}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(has_effect(*object, change, {}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace syncline::merge
