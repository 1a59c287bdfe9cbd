#include "migrate/update_pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "migrate/document.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::migrate {
namespace {

using crdt::Any;
using crdt::Doc;
using ::testing::HasSubstr;

Doc replica(crdt::ClientId client) {
  return Doc({.client_id = client, .gc = true, .guid = {}, .clean_formats = false});
}

// Two replicas that write into each other's text, a list and a map, and delete some of it.
Bytes busy_state(std::uint32_t seed, int turns) {
  std::mt19937 dice(seed);
  Doc docs[] = {replica(7), replica(9)};
  for (int turn = 0; turn < turns; ++turn) {
    Doc& doc = docs[dice() % 2];
    auto text = doc.text("text");
    const std::uint32_t at = text.length() == 0 ? 0 : dice() % text.length();
    EXPECT_TRUE(text.insert(at, turn % 3 == 0 ? "äöü €uro 😀😀 " : "plain words ", {}));
    if (text.length() > 40 && turn % 4 == 0) EXPECT_TRUE(text.erase(at / 2, 9));
    EXPECT_TRUE(doc.array("list").push({Any(turn), Any(std::string(dice() % 60, 'x'))}));
    EXPECT_TRUE(doc.map("map").set("k" + std::to_string(dice() % 5), Any(turn)));
    if (turn % 5 == 0) {
      EXPECT_TRUE(docs[0].apply_update(docs[1].encode_state_as_update()));
      EXPECT_TRUE(docs[1].apply_update(docs[0].encode_state_as_update()));
    }
  }
  EXPECT_TRUE(docs[0].apply_update(docs[1].encode_state_as_update()));
  return docs[0].encode_state_as_update();
}

Document as_document(const Bytes& state) {
  const StoredUpdates updates{{state}};
  auto document = document_of(updates);
  EXPECT_TRUE(document);
  return *document;
}

void expect_equal(const Document& source, const Doc& target) {
  const Document now = as_document(target.encode_state_as_update());
  EXPECT_EQ(difference(source, now, *crdt::from_json(crdt::to_json(now.json))), "");
}

TEST(UpdatePieces, EachCanBeAppliedAfterThoseBeforeIt) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const Document source = as_document(busy_state(seed, 60));
    for (const std::size_t most : {std::size_t{120}, std::size_t{900}, std::size_t{1} << 20}) {
      const auto pieces = cut_update(
          source.state, {.from = {}, .deleted = {}, .to = source.known, .max_bytes = most});
      ASSERT_TRUE(pieces) << pieces.error().message;
      if (most == std::size_t{1} << 20) EXPECT_EQ(pieces->size(), 1u);
      if (most == 120) EXPECT_GT(pieces->size(), 10u);
      Doc target = replica(1);
      for (const Bytes& piece : *pieces) {
        EXPECT_LE(piece.size(), most + 200);
        const auto applied = target.apply_update(piece);
        ASSERT_TRUE(applied) << applied.error().message;
        EXPECT_TRUE(applied->changed);
        EXPECT_FALSE(applied->waiting);
      }
      expect_equal(source, target);
    }
  }
}

TEST(UpdatePieces, AReceiverThatHasAPartGetsTheRest) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    const Document source = as_document(busy_state(seed, 40));
    const auto all =
        cut_update(source.state, {.from = {}, .deleted = {}, .to = source.known, .max_bytes = 200});
    ASSERT_TRUE(all);
    Doc target = replica(1);
    for (std::size_t i = 0; i < all->size() / 2; ++i) ASSERT_TRUE(target.apply_update((*all)[i]));
    const auto rest = cut_update(source.state, {.from = target.state_vector(),
                                                .deleted = target.delete_set(),
                                                .to = source.known,
                                                .max_bytes = 300});
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_LT(rest->size(), all->size());
    for (const Bytes& piece : *rest) {
      const auto applied = target.apply_update(piece);
      ASSERT_TRUE(applied && applied->changed && !applied->waiting);
    }
    expect_equal(source, target);
    const auto nothing = cut_update(source.state, {.from = target.state_vector(),
                                                   .deleted = target.delete_set(),
                                                   .to = source.known,
                                                   .max_bytes = 300});
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->empty());
  }
}

TEST(UpdatePieces, ALongTextIsCutBetweenCharacters) {
  Doc doc = replica(7);
  std::string words;
  for (int i = 0; i < 500; ++i) words += "😀é-";
  ASSERT_TRUE(doc.text("text").insert(0, words, {}));
  const Document source = as_document(doc.encode_state_as_update());
  const auto pieces =
      cut_update(source.state, {.from = {}, .deleted = {}, .to = source.known, .max_bytes = 101});
  ASSERT_TRUE(pieces);
  EXPECT_GT(pieces->size(), 50u);
  Doc target = replica(1);
  for (const Bytes& piece : *pieces) ASSERT_TRUE(target.apply_update(piece));
  EXPECT_EQ(target.text("text").to_string(), words);
}

TEST(UpdatePieces, AValueThatIsTooLargeIsAnError) {
  Doc doc = replica(7);
  ASSERT_TRUE(doc.map("map").set("picture", Any(Bytes(5000, 1))));
  const Document source = as_document(doc.encode_state_as_update());
  const auto pieces =
      cut_update(source.state, {.from = {}, .deleted = {}, .to = source.known, .max_bytes = 1000});
  ASSERT_FALSE(pieces);
  EXPECT_EQ(pieces.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(pieces.error().message, HasSubstr("5000 bytes"));
}

TEST(UpdatePieces, WhatWaitsForOthersIsLeftOut) {
  Doc doc = replica(7);
  std::vector<Bytes> updates;
  doc.on_update(
      [&](const crdt::UpdateEvent& event) { updates.push_back(to_bytes(event.update())); });
  for (const char* word : {"one ", "two ", "three "})
    ASSERT_TRUE(doc.text("text").insert(doc.text("text").length(), word, {}));
  const StoredUpdates stored{{updates[0]}, {updates[2]}};
  const auto source = document_of(stored);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->waits, "changes wait for client 7 from clock 7");
  const auto pieces = cut_update(
      source->state, {.from = {}, .deleted = {}, .to = source->known, .max_bytes = 1000});
  ASSERT_TRUE(pieces);
  Doc target = replica(1);
  for (const Bytes& piece : *pieces) {
    const auto applied = target.apply_update(piece);
    ASSERT_TRUE(applied && !applied->waiting);
  }
  EXPECT_EQ(target.text("text").to_string(), "one ");
}

}  // namespace
}  // namespace syncline::migrate
