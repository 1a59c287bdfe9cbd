// A document on the server is what its log says: nothing more, whatever the log holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::merge {
namespace {

using crdt::Doc;
using crdt::UpdateVersion;

constexpr UpdateVersion kV1 = UpdateVersion::kV1;

Bytes update_after(Doc& doc, const crdt::StateVector& before) {
  return doc.encode_state_as_update(before);
}

crdt::DeleteSet deletes_of(ByteView update) {
  return crdt::update_meta(update, kV1)->deletes;
}

crdt::Text body_of(Doc& doc) {
  const crdt::Type type = std::get<crdt::Type>(*doc.map("notes").get("body"));
  return {type.engine(), type.index()};
}

// Two people make the first letter of a nested text bold, which leaves formats that change nothing.
// A replica that edits deletes them; were the server to do so, it would hold what no event says.
TEST(DocObject, DeletesNothingOfItsOwn) {
  const crdt::Attributes bold{{"bold", true}};
  Doc one({.client_id = 1});
  ASSERT_TRUE(one.map("notes").set_type("body", crdt::TypeKind::kText));
  crdt::Text text = body_of(one);
  ASSERT_TRUE(text.insert(0, "a word"));
  const Bytes base = one.encode_state_as_update();
  const crdt::StateVector common = one.state_vector();

  Doc two({.client_id = 2});
  ASSERT_TRUE(two.apply_update(base, kV1));
  ASSERT_TRUE(text.format(0, 1, bold));
  ASSERT_TRUE(body_of(two).format(0, 1, bold));
  const std::array updates{base, update_after(one, common), update_after(two, common)};

  ASSERT_TRUE(one.apply_update(updates[2], kV1));
  ASSERT_FALSE(deletes_of(one.encode_state_as_update()).empty()) << "there is something to clean";

  const auto object = doc_type().create();
  for (const Bytes& update : updates) ASSERT_TRUE(object->apply(update));
  EXPECT_TRUE(deletes_of(*diff_since(*object, {})).empty());

  const auto restored = doc_type().restore(object->snapshot());
  ASSERT_TRUE(restored);
  EXPECT_TRUE(deletes_of(*diff_since(*(*restored), {})).empty());
}

Bytes hello_update() {
  Doc doc({.client_id = 1});
  EXPECT_TRUE(doc.text("content").insert(0, "hello"));
  return doc.encode_state_as_update();
}

TEST(DocObject, ASnapshotRestoresTheState) {
  auto object = doc_type().create();
  ASSERT_TRUE(object->apply(hello_update()));
  auto restored = doc_type().restore(object->snapshot());
  ASSERT_TRUE(restored);
  EXPECT_EQ(version_of(**restored).value(), version_of(*object).value());
  EXPECT_EQ(diff_since(*(*restored), {}).value(), diff_since(*object, {}).value());
  EXPECT_FALSE((*restored)->prepare(hello_update()).value().changes);
}

TEST(DocObject, RefusesAnUpdateUnderAClientIdThatIsInUse) {
  auto object = doc_type().create();
  ASSERT_TRUE(object->apply(hello_update()));
  crdt::Doc twin({.client_id = 1});
  ASSERT_TRUE(twin.text("content").insert(0, "help!"));
  auto prepared = object->prepare(twin.encode_state_as_update());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, ErrorCode::kConflict);
  EXPECT_NE(prepared.error().message.find("client id 1 "), std::string::npos);
}

TEST(DocObject, ARepeatedOrLongerUpdateIsNoContradiction) {
  auto object = doc_type().create();
  crdt::Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.text("content").insert(0, "a\xf0\x9f\x98\x80z"));
  ASSERT_TRUE(doc.array("list").push({crdt::Any(1), crdt::Any("two")}));
  ASSERT_TRUE(object->apply(doc.encode_state_as_update()));
  ASSERT_TRUE(doc.text("content").insert(4, "more"));
  ASSERT_TRUE(doc.text("content").erase(0, 1));
  ASSERT_TRUE(doc.array("list").push({crdt::Any(3)}));
  EXPECT_TRUE(object->prepare(doc.encode_state_as_update()));
}

TEST(DocObject, RefusesWhatIsNoUpdate) {
  auto object = doc_type().create();
  EXPECT_FALSE(object->prepare(Bytes{1, 1}));
  EXPECT_FALSE(object->apply(Bytes{1, 1}));
  EXPECT_FALSE(diff_since(*object, Bytes{5}));
  EXPECT_FALSE(doc_type().restore(Bytes{0, 0, 9}));
}

// ---- two replicas under one client id

using crdt::Any;

// What a document of client 1 says that holds one value; every value gets the same id.
Bytes holding(const Any& value) {
  Doc doc({.client_id = 1});
  EXPECT_TRUE(doc.map("m").set("k", value));
  return doc.encode_state_as_update();
}

// Whether a state that holds `ours` takes an update for one that says `theirs` of the same id.
bool takes(const Any& ours, const Any& theirs) {
  const auto object = doc_type().create();
  EXPECT_TRUE(object->apply(holding(ours)));
  const auto prepared = object->prepare(holding(theirs));
  EXPECT_FALSE(prepared && prepared->changes);
  return prepared.has_value();
}

Any board(bool turned) {
  const Any card = turned ? Any::Object{{"y", 2}, {"x", 1}} : Any::Object{{"x", 1}, {"y", 2}};
  const Any rows = Any::Array{card, "end"};
  return turned ? Any::Object{{"note", Any()}, {"rows", rows}, {"id", 7}}
                : Any::Object{{"id", 7}, {"rows", rows}, {"note", Any()}};
}

// A client that keeps objects in hash maps (yrs) writes the members in another order each time: when
// it pushed its whole state again it was refused, for good.
TEST(DocObject, TheOrderOfMembersIsNoContradiction) {
  ASSERT_NE(holding(board(false)), holding(board(true)));
  EXPECT_TRUE(takes(board(false), board(true)));
  EXPECT_TRUE(takes(board(true), board(false)));
}

TEST(DocObject, AnotherValueAtAnyDepthIsAContradiction) {
  EXPECT_FALSE(takes(Any::Object{{"a", 1}, {"b", 2}}, Any::Object{{"b", 2}, {"a", 2}}));
  EXPECT_FALSE(takes(Any::Object{{"a", 1}, {"b", 2}}, Any::Object{{"b", 2}}));
  EXPECT_FALSE(takes(Any::Array{1, 2}, Any::Array{2, 1}));
  EXPECT_FALSE(takes(Any::Array{Any::Object{{"a", 1}, {"b", 2}}},
                     Any::Array{Any::Object{{"b", 1}, {"a", 2}}}));
  EXPECT_FALSE(takes(Any::Object{{"a", "1"}}, Any::Object{{"a", 1}}));
  EXPECT_FALSE(takes(Any::Object{{"a", Any()}}, Any::Object{}));  // undefined is a member
  EXPECT_FALSE(takes(Any::bigint(1), 1));                         // as in JavaScript: 1n !== 1
}

// The packed forms of a number and repeated keys are settled when an update is read.
TEST(DocObject, NumbersAreComparedAsValues) {
  EXPECT_TRUE(takes(Any::Object{{"a", 0.0}, {"b", 1}}, Any::Object{{"b", 1.0}, {"a", -0.0}}));
  Bytes as_integer = holding(Any::Array{1, "x"});
  const auto found = std::ranges::search(as_integer, Bytes{125, 1, 119});
  ASSERT_FALSE(found.empty());
  Bytes as_float(as_integer.begin(), found.begin());
  for (const std::uint8_t byte : {124, 0x3f, 0x80, 0, 0}) as_float.push_back(byte);  // 1.0
  as_float.insert(as_float.end(), found.begin() + 2, as_integer.end());
  const auto object = doc_type().create();
  ASSERT_TRUE(object->apply(as_integer));
  EXPECT_TRUE(object->prepare(as_float));
}

// Looking for each member of one side among those of the other was 10^10 comparisons here; sorting at
// each of 200 levels what all levels below it hold, 200 copies of all of it.
TEST(DocObject, ComparingValuesCostsLittleMoreThanReadingThem) {
  Any::Object wide;
  for (int i = 0; i < 100'000; ++i) wide.emplace_back("key" + std::to_string(i), i);
  Any::Object reversed(wide.rbegin(), wide.rend());
  EXPECT_TRUE(takes(wide, reversed));
  reversed.front().second = "other";
  EXPECT_FALSE(takes(wide, reversed));

  Any deep = std::string(100'000, 'x');
  Any turned = deep;
  for (int i = 0; i < crdt::kMaxAnyDepth; ++i) {
    deep = Any::Object{{"a", deep}, {"b", i}};
    turned = Any::Object{{"b", i}, {"a", turned}};
  }
  EXPECT_TRUE(takes(deep, turned));
}

// The store has cut what it holds into many pieces; each was looked for from the beginning of the
// update's run.
TEST(DocObject, ARunThatIsHeldInPiecesIsReadOnce) {
  constexpr int kValues = 100'000;
  Doc author({.client_id = 1});
  ASSERT_TRUE(author.array("list").push(std::vector<Any>(kValues, Any("value"))));
  ASSERT_TRUE(author.text("text").insert(0, std::string(kValues, 'x') + "\u00fc"));
  const Bytes whole = author.encode_state_as_update();
  Doc other({.client_id = 2});
  ASSERT_TRUE(other.apply_update(whole));
  other.transact([&] {
    for (std::uint32_t at = 0; at < kValues / 2; ++at) {
      ASSERT_TRUE(other.array("list").erase(at, 1));
      ASSERT_TRUE(other.text("text").erase(at, 1));
    }
  });
  const auto object = doc_type().create();
  ASSERT_TRUE(object->apply(other.encode_state_as_update()));
  const auto prepared = object->prepare(whole);
  ASSERT_TRUE(prepared);
  EXPECT_FALSE(prepared->changes);
}

}  // namespace
}  // namespace syncline::merge
