// Parts of documents as JSON.
#include "merge/doc_part.h"

#include <gtest/gtest.h>

#include <memory>

#include "merge/facets.h"
#include "merge/object.h"

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
    auto json = part_pieces(doc, *asked, 1 << 20);
    return json ? all_of(**json) : std::string(to_string(json.error().code));
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

// The state of a server: nobody has named the kinds of the roots.
std::unique_ptr<Object> arrived(crdt::Doc& author) {
  auto object = doc_type().create();
  EXPECT_TRUE(object->apply(author.encode_state_as_update()));
  return object;
}

std::string part_of(const Object& object, std::string_view root, std::string_view range) {
  return all_of(*part_pieces(object, parse_part(root, range).value(), 1 << 20).value());
}

void put_text(crdt::XmlFragment parent, std::string_view text) {
  ASSERT_TRUE(parent.push_text()->insert(0, text));
}

TEST(DocPart, AProseMirrorDocumentPrintsAsXml) {
  crdt::Doc author({.client_id = 1});
  auto fragment = author.xml_fragment("prosemirror");
  auto heading = *fragment.push_element("heading");
  ASSERT_TRUE(heading.set_attribute("level", 1));
  put_text(heading, "Title");
  auto paragraph = *fragment.push_element("paragraph");
  auto text = *paragraph.push_text();
  ASSERT_TRUE(text.insert(0, "plain bold"));
  ASSERT_TRUE(text.format(6, 4, {{"strong", crdt::Any(crdt::Any::Object{})}}));
  const auto object = arrived(author);
  const std::string printed =
      R"("<heading level=\"1\">Title</heading><paragraph>plain <strong>bold</strong></paragraph>")";
  EXPECT_EQ(object->to_json(), R"({"prosemirror":)" + printed + "}");
  EXPECT_EQ(part_of(*object, "prosemirror", ""), printed);
  EXPECT_EQ(part_of(*object, "prosemirror", "19:24"), R"("Title")");
}

// TipTap writes attributes that are null or no strings, and nodes without content.
TEST(DocPart, ATipTapDocumentPrintsAsXml) {
  crdt::Doc author({.client_id = 1});
  auto fragment = author.xml_fragment("default");
  auto list = *fragment.push_element("taskList");
  auto item = *list.push_element("taskItem");
  ASSERT_TRUE(item.set_attribute("checked", true));
  put_text(*item.push_element("paragraph"), "buy milk");
  auto image = *fragment.push_element("image");
  ASSERT_TRUE(image.set_attribute("alt", crdt::Any::Null{}));
  ASSERT_TRUE(image.set_attribute("src", "a.png"));
  const auto object = arrived(author);
  const std::string printed =
      R"("<tasklist><taskitem checked=\"true\"><paragraph>buy milk</paragraph></taskitem></tasklist>)"
      R"(<image alt=\"null\" src=\"a.png\"></image>")";
  EXPECT_EQ(part_of(*object, "default", ""), printed);
  EXPECT_EQ(object->to_json(), R"({"default":)" + printed + "}");
}

TEST(DocPart, ABlockNoteDocumentPrintsAsXml) {
  crdt::Doc author({.client_id = 1});
  auto group = *author.xml_fragment("document-store").push_element("blockGroup");
  auto outer = *group.push_element("blockContainer");
  ASSERT_TRUE(outer.set_attribute("id", "b1"));
  put_text(*outer.push_element("paragraph"), "outer");
  auto inner = *(*outer.push_element("blockGroup")).push_element("blockContainer");
  ASSERT_TRUE(inner.set_attribute("id", "b2"));
  put_text(*inner.push_element("bulletListItem"), "inner");
  const auto object = arrived(author);
  const std::string printed =
      R"("<blockgroup><blockcontainer id=\"b1\"><paragraph>outer</paragraph>)"
      R"(<blockgroup><blockcontainer id=\"b2\"><bulletlistitem>inner</bulletlistitem>)"
      R"(</blockcontainer></blockgroup></blockcontainer></blockgroup>")";
  EXPECT_EQ(part_of(*object, "document-store", ""), printed);
  EXPECT_EQ(object->to_json(), R"({"document-store":)" + printed + "}");
}

TEST(DocPart, WhatHasNoRangeSaysSo) {
  Fixture doc;
  EXPECT_EQ(doc.part("map", "0:1"), "invalid");
  for (const char* range : {"1", "2:1", "a:b", "-1:2", "1:2:3", " 1:2", "99999999999999999999:"})
    EXPECT_EQ(doc.part("text", range), "invalid") << range;
}

}  // namespace
}  // namespace syncline::merge
