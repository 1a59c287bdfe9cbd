// Places that stay with their neighbours.
#include "syncline/crdt/relative_position.h"

#include <gtest/gtest.h>

namespace syncline::crdt {
namespace {

class Positions : public testing::Test {
 protected:
  Positions() { EXPECT_TRUE(text_.insert(0, "hello world")); }

  std::uint32_t index(const RelativePosition& position) {
    return absolute_position(position, doc_)->index;
  }

  Doc doc_{{.client_id = 7, .gc = true, .guid = "doc"}};
  Text text_ = doc_.text("t");
};

TEST_F(Positions, StayWhileOthersEditBefore) {
  const RelativePosition world = relative_position(text_, 6);
  EXPECT_EQ(world.item, (Id{7, 6}));
  ASSERT_TRUE(text_.insert(0, "oh, "));
  EXPECT_EQ(index(world), 10u);
  ASSERT_TRUE(text_.erase(0, 6));
  EXPECT_EQ(index(world), 4u);
}

TEST_F(Positions, AssociationDecidesAboutTextInsertedThere) {
  const RelativePosition right = relative_position(text_, 5, 0);
  const RelativePosition left = relative_position(text_, 5, -1);
  ASSERT_TRUE(text_.insert(5, "!!!"));
  EXPECT_EQ(index(right), 8u);
  EXPECT_EQ(index(left), 5u);
}

TEST_F(Positions, WithADeletedNeighbourFallToWhereItWas) {
  const RelativePosition position = relative_position(text_, 8);
  ASSERT_TRUE(text_.erase(6, 5));
  EXPECT_EQ(index(position), 6u);
}

TEST_F(Positions, AtTheEndMoveWithTheEnd) {
  const RelativePosition end = relative_position(text_, 11);
  EXPECT_FALSE(end.item);
  EXPECT_EQ(end.root, "t");
  ASSERT_TRUE(text_.insert(11, " again"));
  EXPECT_EQ(index(end), 17u);
  EXPECT_EQ(index(relative_position(text_, 0, -1)), 0u);
}

TEST_F(Positions, OfUnknownElementsAreNotFound) {
  Doc elsewhere({.client_id = 8, .gc = true, .guid = "doc"});
  EXPECT_FALSE(absolute_position(relative_position(text_, 3), elsewhere));
}

TEST_F(Positions, RoundTripThroughBytesAndJson) {
  Map map = doc_.map("m");
  const Type nested = *map.set_type("list", TypeKind::kArray);
  const RelativePosition cases[] = {relative_position(text_, 3), relative_position(text_, 11, -1),
                                    relative_position(text_, 11), relative_position(nested, 0)};
  for (const RelativePosition& position : cases) {
    const Result<RelativePosition> from_bytes =
        decode_relative_position(encode_relative_position(position));
    ASSERT_TRUE(from_bytes);
    EXPECT_EQ(absolute_position(*from_bytes, doc_)->index, index(position));
    const Result<RelativePosition> from_text = relative_position_from_json(to_json(position));
    ASSERT_TRUE(from_text);
    EXPECT_EQ(*from_text, position);
  }
  EXPECT_EQ(to_json(cases[2]), R"({"tname":"t","assoc":0})");
}

TEST_F(Positions, BadInputIsRefused) {
  EXPECT_FALSE(decode_relative_position({}));
  EXPECT_FALSE(decode_relative_position(Bytes{3, 1, 1}));
  EXPECT_FALSE(decode_relative_position(Bytes{0, 1}));
  for (const char* json : {"", "[]", "{}", R"({"item":{"client":-1,"clock":0}})", R"({"tname":5})",
                           R"({"item":{"client":1.5,"clock":0}})"}) {
    EXPECT_FALSE(relative_position_from_json(json)) << json;
  }
}

TEST_F(Positions, OldBytesWithoutAssociationAreRead) {
  const Result<RelativePosition> position = decode_relative_position(Bytes{0, 7, 6});
  ASSERT_TRUE(position);
  EXPECT_EQ(position->item, (Id{7, 6}));
  EXPECT_EQ(position->assoc, 0);
}

}  // namespace
}  // namespace syncline::crdt
