// Parts of documents as JSON.
#include "merge/doc_part.h"

#include <gtest/gtest.h>

namespace syncline::merge {
namespace {

struct Fixture {
  Fixture() {
    doc.text("text").insert(0, "a🎉b").value();  // four units: the emoji is a pair
    doc.array("list").push({crdt::Any(1.0), crdt::Any(2.0), crdt::Any(3.0)}).value();
    doc.map("map").set("key", crdt::Any(true)).value();
  }
  std::string part(std::string_view root, std::string_view range) {
    auto asked = parse_part(root, range);
    if (!asked) return std::string(to_string(asked.error().code));
    auto json = part_to_json(doc, *asked);
    return json ? *json : std::string(to_string(json.error().code));
  }

  crdt::Doc doc{{.client_id = 1}};
};

TEST(DocPart, ARootAlone) {
  Fixture doc;
  EXPECT_EQ(doc.part("text", ""), R"("a🎉b")");
  EXPECT_EQ(doc.part("map", ":"), R"({"key":true})");
  EXPECT_EQ(doc.part("none", ""), "not_found");
}

TEST(DocPart, ARangeCountsUtf16AndIsCutToWhatIsThere) {
  Fixture doc;
  EXPECT_EQ(doc.part("text", "0:1"), R"("a")");
  EXPECT_EQ(doc.part("text", "1:3"), R"("🎉")");
  EXPECT_EQ(doc.part("text", "3:"), R"("b")");
  EXPECT_EQ(doc.part("text", "9:10"), R"("")");
  EXPECT_EQ(doc.part("list", "1:2"), "[2]");
  EXPECT_EQ(doc.part("list", ":99"), "[1,2,3]");
  EXPECT_EQ(doc.part("list", "7:"), "[]");
}

TEST(DocPart, HalfAPairIsTheReplacementCharacter) {
  Fixture doc;
  EXPECT_EQ(doc.part("text", "0:2"), "\"a\uFFFD\"");
  EXPECT_EQ(doc.part("text", "2:4"), "\"\uFFFDb\"");
}

TEST(DocPart, WhatHasNoRangeSaysSo) {
  Fixture doc;
  EXPECT_EQ(doc.part("map", "0:1"), "invalid");
  for (const char* range : {"1", "2:1", "a:b", "-1:2", "1:2:3", " 1:2", "99999999999999999999:"})
    EXPECT_EQ(doc.part("text", range), "invalid") << range;
}

}  // namespace
}  // namespace syncline::merge
