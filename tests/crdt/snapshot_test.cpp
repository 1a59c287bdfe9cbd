// Snapshots: taken, encoded, and read again.
#include "syncline/crdt/snapshot.h"

#include <gtest/gtest.h>

namespace syncline::crdt {
namespace {

Doc keeping(ClientId client) {
  return Doc({.client_id = client, .gc = false, .guid = "doc"});
}

TEST(Snapshot, APastStateIsReadAgain) {
  Doc doc = keeping(1);
  Text text = doc.text("t");
  Map map = doc.map("m");
  ASSERT_TRUE(text.insert(0, "first draft"));
  ASSERT_TRUE(map.set("title", "old"));
  const Snapshot past = take_snapshot(doc);
  ASSERT_TRUE(text.erase(0, 5));
  ASSERT_TRUE(text.insert(0, "second"));
  ASSERT_TRUE(map.set("title", "new"));

  Result<Doc> then = doc_at(doc, past, {.client_id = 9, .gc = true, .guid = "then"});
  ASSERT_TRUE(then);
  EXPECT_EQ(then->text("t").to_string(), "first draft");
  EXPECT_EQ(std::get<Any>(*then->map("m").get("title")), Any("old"));
  EXPECT_EQ(text.to_string(), "second draft");
}

TEST(Snapshot, ItCutsThroughTheRunsThatGrewLater) {
  Doc doc = keeping(1);
  Text text = doc.text("t");
  Array array = doc.array("a");
  ASSERT_TRUE(text.insert(0, "ab"));
  ASSERT_TRUE(array.insert(0, {1, 2}));
  const Snapshot past = take_snapshot(doc);
  ASSERT_TRUE(array.insert(2, {3, 4}));
  ASSERT_TRUE(text.insert(2, "cd"));
  Result<Doc> then = doc_at(doc, past, {.client_id = 9, .gc = true, .guid = "then"});
  ASSERT_TRUE(then);
  EXPECT_EQ(then->text("t").to_string(), "ab");
  EXPECT_EQ(then->array("a").length(), 2u);
}

TEST(Snapshot, BothFormatsRoundTrip) {
  Doc doc = keeping(Id{.client = kMaxClientId}.client);
  Text text = doc.text("t");
  ASSERT_TRUE(text.insert(0, "abcdef"));
  ASSERT_TRUE(text.erase(1, 1));
  ASSERT_TRUE(text.erase(3, 1));
  const Snapshot snapshot = take_snapshot(doc);
  for (const UpdateVersion version : {UpdateVersion::kV1, UpdateVersion::kV2}) {
    const Bytes bytes = encode_snapshot(snapshot, version);
    const Result<Snapshot> back = decode_snapshot(bytes, version);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, snapshot);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_FALSE(decode_snapshot(ByteView(bytes).first(cut), version)) << cut;
    }
  }
}

TEST(Snapshot, ADocumentThatForgetsCannotBeReadInThePast) {
  Doc doc({.client_id = 1, .gc = true, .guid = "doc"});
  ASSERT_TRUE(doc.text("t").insert(0, "a"));
  const Result<Doc> then =
      doc_at(doc, take_snapshot(doc), {.client_id = 2, .gc = true, .guid = "then"});
  ASSERT_FALSE(then);
  EXPECT_EQ(then.error().code, ErrorCode::kInvalid);
}

TEST(Snapshot, TellsWhetherAnUpdateIsInIt) {
  Doc doc = keeping(1);
  Text text = doc.text("t");
  std::vector<Bytes> updates;
  doc.on_update([&](const UpdateEvent& event) {
    updates.emplace_back(event.update().begin(), event.update().end());
  });
  ASSERT_TRUE(text.insert(0, "abc"));
  const Snapshot before = take_snapshot(doc);
  ASSERT_TRUE(text.erase(1, 1));
  const Snapshot after = take_snapshot(doc);
  EXPECT_NE(before, after);
  EXPECT_TRUE(*contains_update(before, updates[0]));
  EXPECT_FALSE(*contains_update(before, updates[1])) << "the deletion is new";
  EXPECT_TRUE(*contains_update(after, updates[1]));
  EXPECT_FALSE(contains_update(after, ByteView(updates[0]).first(3)));
}

}  // namespace
}  // namespace syncline::crdt
