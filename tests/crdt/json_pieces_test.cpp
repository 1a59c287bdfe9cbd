#include "crdt/json_pieces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace syncline::crdt {
namespace {

Any sample() {
  return Any(Any::Object{
      {"text", std::string(100'000, 'x') + "\"\\\n\x01ü🎉" + std::string(50'000, '\n')},
      {"binary", Bytes(20'000, std::uint8_t{200})},
      {"list", Any::Array{1.5, Any::Null{}, "x", true, Any(), Any::bigint(-3), -7, 1e300}},
      {"gone", Any()},
      {"nothing", Any::Array{}},
      {"deep", Any(Any::Object{{"a", Any::Array{Any(Any::Object{{"b", Bytes{}}})}}})}});
}

TEST(JsonPieces, TogetherTheyAreTheText) {
  for (const Any& value : {sample(), Any("short"), Any(), Any(2.5), Any(Any::Array{})}) {
    const std::string whole = to_json(value);
    for (const std::size_t about : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
      const auto pieces = JsonPieces::within(value, whole.size());
      ASSERT_NE(pieces, nullptr);
      EXPECT_EQ(pieces->size(), whole.size());
      std::string text;
      std::size_t largest = 0;
      while (!pieces->at_end()) {
        const SharedPiece piece = pieces->next(about);
        largest = std::max(largest, piece.size());
        text += as_text(piece.view);
        EXPECT_EQ(pieces->size(), whole.size() - text.size());
      }
      EXPECT_EQ(text, whole);
      EXPECT_LE(largest, about + 6 * kJsonSlice) << "a slice of a string, escaped, may come on top";
    }
    EXPECT_EQ(JsonPieces::within(value, whole.size() - 1), nullptr);
  }
}

// The text of a byte string is up to 14 times as large as the bytes.
TEST(JsonPieces, NeedTheMemoryOfTheValueAndNotOfTheText) {
  const auto pieces = JsonPieces::within(Any(Bytes(1 << 20, std::uint8_t{200})), kNoEnd);
  EXPECT_GT(*pieces->size(), std::size_t{12} << 20);
  EXPECT_LT(pieces->memory_bytes(), std::size_t{1200} << 10);
}

}  // namespace
}  // namespace syncline::crdt
