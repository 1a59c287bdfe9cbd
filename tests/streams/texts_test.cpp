// Offsets, cursors, content types and messages of JSON.
#include <gtest/gtest.h>

#include <string>

#include "streams/content_type.h"
#include "streams/json_messages.h"
#include "streams/offset.h"

namespace syncline::streams {
namespace {

TEST(StreamOffset, SortsAsPositionsDo) {
  EXPECT_EQ(offset_text(0), "0000000000000000_0000000000000000");
  EXPECT_LT(offset_text(9), offset_text(10));
  EXPECT_LT(offset_text(99'999), offset_text(100'000));
  for (const Offset offset : {Offset{0}, Offset{7}, Offset{1} << 53})
    EXPECT_EQ(parse_offset(offset_text(offset)), offset);
}

TEST(StreamOffset, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "1", "-1", "now", "0000000000000001,0000000000000000", "0000000000000001_",
        "000000000000001_00000000000000000", "+000000000000001_0000000000000000",
        "0000000000000001_000000000000000x", "0000000000000001_0000000000000000 "})
    EXPECT_FALSE(parse_offset(text)) << text;
}

TEST(StreamOffset, AStartIsAlsoTheBeginningOrTheEnd) {
  EXPECT_EQ(parse_start("-1"), StartPlace{});
  EXPECT_EQ(parse_start("now"), StartPlace{.at_end = true});
  EXPECT_EQ(parse_start(offset_text(5)), StartPlace{.offset = 5});
  EXPECT_FALSE(parse_start("Now"));
}

TEST(StreamCursor, CountsIntervalsAndNeverGoesBack) {
  constexpr std::uint64_t kEpoch = 1'728'432'000'000;
  EXPECT_EQ(cursor_text(kEpoch + 19'999, "", 0), "0");
  EXPECT_EQ(cursor_text(kEpoch + 200'000, "", 0), "10");
  EXPECT_EQ(cursor_text(kEpoch + 200'000, "9", 5), "10");
  EXPECT_EQ(cursor_text(kEpoch + 200'000, "10", 0), "11");
  EXPECT_EQ(cursor_text(kEpoch + 200'000, "12", 5), "18");
  EXPECT_EQ(cursor_text(kEpoch + 200'000, "what?", 5), "10");
  EXPECT_EQ(cursor_text(0, "", 0), "0");
}

TEST(StreamContentType, IsComparedByItsEssence) {
  EXPECT_EQ(essence_of("Text/Plain ; charset=utf-8"), "text/plain");
  EXPECT_TRUE(is_json_type("application/json;charset=utf-8"));
  EXPECT_FALSE(is_json_type("application/jsonl"));
  EXPECT_TRUE(is_text_type("text/markdown"));
  EXPECT_TRUE(is_text_type("application/json"));
  EXPECT_FALSE(is_text_type("image/png"));
}

TEST(JsonMessages, AnArrayIsTakenApartOnce) {
  EXPECT_EQ(json_messages(R"( {"a":1} )"), R"({"a":1})");
  EXPECT_EQ(json_messages(R"([{"a":1}, 2])"), R"({"a":1}, 2)");
  EXPECT_EQ(json_messages("[[1,2],[3]]"), "[1,2],[3]");
  EXPECT_EQ(json_messages(" [ ] "), "");
  EXPECT_EQ(json_messages("[[]]"), "[]");
  for (const char* text : {"", "[", "[1,]", "{]", "1 2", "[1]2"})
    EXPECT_EQ(json_messages(text).error().code, ErrorCode::kMalformed) << text;
  EXPECT_FALSE(json_messages(std::string(300, '[') + std::string(300, ']')));
}

TEST(JsonMessages, AreCountedAndCut) {
  const std::string messages = R"({"a":"x,]\",[" ,"b":[1,2]}, [3,4],5)";
  EXPECT_EQ(count_messages(messages), 3U);
  EXPECT_EQ(count_messages(""), 0U);
  EXPECT_EQ(first_messages(messages, 0), "");
  EXPECT_EQ(first_messages(messages, 1), R"({"a":"x,]\",[" ,"b":[1,2]})");
  EXPECT_EQ(first_messages(messages, 2), R"({"a":"x,]\",[" ,"b":[1,2]}, [3,4])");
  EXPECT_EQ(first_messages(messages, 3), messages);
  EXPECT_EQ(first_messages(messages, 9), messages);
}

}  // namespace
}  // namespace syncline::streams
