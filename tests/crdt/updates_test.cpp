// Single cases; the comparison with Yjs at large is tests/differential/updates_differential.cpp.
// The bytes were written by Yjs 13.6.33.
#include "syncline/crdt/updates.h"

#include <gtest/gtest.h>

#include "crdt/update_writer.h"
#include "support/hex.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

using test::from_hex;
using test::to_hex;

constexpr auto kV1 = UpdateVersion::kV1;
constexpr auto kV2 = UpdateVersion::kV2;

// Client 9 inserts "ab", "😀" and "z" one after another.
const Bytes kFirst = from_hex("010109000401017402616200");
const Bytes kSecond = from_hex("0101090284090104f09f988000");
const Bytes kThird = from_hex("01010904840903017a00");
constexpr const char* kAll = "010309000401017402616284090104f09f9880840903017a00";
constexpr const char* kHole = "01030900040101740261620a02840903017a00";

std::string merged(std::vector<ByteView> updates) {
  const auto result = merge_updates(updates, kV1);
  return result ? to_hex(*result) : result.error().message;
}

TEST(Updates, Merge) {
  EXPECT_EQ(merged({kFirst, kSecond, kThird}), kAll);
  EXPECT_EQ(merged({kThird, kFirst, kSecond, kFirst}), kAll);
  EXPECT_EQ(merged({kFirst, kThird}), kHole);
  const Bytes hole = from_hex(kHole);
  EXPECT_EQ(merged({hole, kSecond}), kAll);
  EXPECT_EQ(merged({}), "0000");
  EXPECT_EQ(merged({hole}), kHole);
}

// More readers than V8's sort is imitated for.
TEST(Updates, MergeMany) {
  std::vector<ByteView> updates(300, kSecond);
  updates.push_back(kThird);
  updates.insert(updates.end(), 100, kFirst);
  EXPECT_EQ(merged(updates), kAll);
}

// What is written about a document must not be in it any more; tests/differential has the rest.
TEST(Updates, ObfuscateLeavesStructureAlone) {
  const Result<Bytes> hidden = obfuscate_update(from_hex(kAll), kV1);
  ASSERT_TRUE(hidden);
  EXPECT_EQ(to_hex(*hidden),
            "01030900040101740230308409010231318409030132"
            "00");
  EXPECT_EQ(obfuscate_update(from_hex("0101"), kV1).error().code, ErrorCode::kMalformed);
}

// As to JavaScript: simple values are equal, byte strings and objects are not.
TEST(Updates, ObfuscateKeepsOnlySimpleFormatsEqual) {
  for (const auto& [value, stays_equal] :
       {std::pair{Any(1), true}, {Any(Bytes{1}), false}, {Any(Any::Object{{"a", 1}}), false}}) {
    Doc doc({.client_id = 1});
    for (const char* name : {"t", "u"}) ASSERT_TRUE(doc.text(name).insert(0, "x", {{"k", value}}));
    const auto hidden = obfuscate_update(doc.encode_state_as_update({}, kV2), kV2);
    ASSERT_TRUE(hidden);
    Doc shown({.client_id = 2});
    ASSERT_TRUE(shown.apply_update(*hidden, kV2));
    const bool equal =
        shown.text("t").to_delta()[0].attributes == shown.text("u").to_delta()[0].attributes;
    EXPECT_EQ(equal, stays_equal) << to_json(value);
  }
}

TEST(Updates, MergePutsUnsortedClientsInOrder) {
  // Clients 1 and 2, the lower first, as no Yjs writes them.
  const Bytes unsorted = from_hex(
      "02"
      "01010004010174"
      "0161"
      "01020004010174"
      "0162"
      "00");
  const auto result = merge_updates(std::vector<ByteView>{unsorted, unsorted}, kV1);
  ASSERT_TRUE(result);
  EXPECT_EQ(to_hex(*result),
            "02"
            "01020004010174"
            "0162"
            "01010004010174"
            "0161"
            "00");
}

TEST(Updates, MergeRefusesBadInput) {
  const Bytes bad = from_hex("01");
  EXPECT_FALSE(merge_updates(std::vector<ByteView>{kFirst, bad}, kV1));
  EXPECT_FALSE(merge_updates(std::vector<ByteView>{bad}, kV1));
}

TEST(Updates, DiffCutsBlocks) {
  const Bytes all = from_hex(kAll);
  StateVector state;
  EXPECT_EQ(to_hex(*diff_update(all, state, kV1)), kAll);
  state.set(9, 3);  // within the pair
  EXPECT_EQ(to_hex(*diff_update(all, state, kV1)),
            "01020903840902"
            "03efbfbd"
            "840903017a00");
  state.set(9, 5);
  EXPECT_EQ(to_hex(*diff_update(all, state, kV1)), "0000");
}

TEST(Updates, StateStopsAtTheFirstHole) {
  StateVector expected;
  expected.set(9, 2);
  EXPECT_EQ(state_vector_of(from_hex(kHole), kV1), expected);
  EXPECT_EQ(state_vector_of(kSecond, kV1), StateVector());
  // A list that begins with a hole at clock 0 says nothing of the clocks in it.
  EXPECT_EQ(state_vector_of(from_hex("010209000a04840903017a00"), kV1), StateVector());
}

TEST(Updates, MetaLeavesHolesOut) {
  const auto meta = update_meta(from_hex(kHole), kV1);
  ASSERT_TRUE(meta);
  EXPECT_EQ(*meta->inserts.find(9), (IdSet::Ranges{{0, 2}, {4, 1}}));
  EXPECT_TRUE(meta->deletes.empty());
}

TEST(Updates, ConvertThereAndBack) {
  const auto v2 = convert_update(from_hex(kHole), kV1, kV2);
  ASSERT_TRUE(v2);
  EXPECT_EQ(to_hex(*convert_update(*v2, kV2, kV1)), kHole);
}

}  // namespace
}  // namespace syncline::crdt
