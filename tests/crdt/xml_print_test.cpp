// XML in Yjs's words.
#include <gtest/gtest.h>

#include "crdt/xml_print.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

TEST(XmlPrint, ElementsInLowerCaseAttributesByName) {
  Doc doc({.client_id = 1, .gc = true, .guid = "doc"});
  XmlFragment root = doc.xml_fragment("x");
  XmlElement heading = as<XmlElement>(*root.insert(0, TypeKind::kXmlElement, "Heading"));
  ASSERT_TRUE(heading.set_attribute("level", 2));
  ASSERT_TRUE(heading.set_attribute("class", "big"));
  ASSERT_TRUE(as<XmlText>(*heading.insert(0, TypeKind::kXmlText)).insert(0, "title"));
  EXPECT_EQ(root.to_string(), R"(<heading class="big" level="2">title</heading>)");
  EXPECT_EQ(heading.to_string(), root.to_string());
  EXPECT_EQ(heading.node_name(), "Heading");
}

TEST(XmlPrint, FormatsAreTagsAroundText) {
  Doc doc({.client_id = 1, .gc = true, .guid = "doc"});
  XmlText text = doc.xml_text("x");
  const Any link = Any::Object{{"href", "a.html"}};
  ASSERT_TRUE(text.insert(0, "go there"));
  ASSERT_TRUE(text.format(3, 5, {{"link", link}, {"bold", true}}));
  EXPECT_EQ(text.to_string(), R"(go <bold><link href="a.html">there</link></bold>)");
}

TEST(XmlPrint, HooksPrintAsJavaScriptObjectsDo) {
  Doc doc({.client_id = 1, .gc = true, .guid = "doc"});
  XmlFragment root = doc.xml_fragment("x");
  const Type hook = *root.insert(0, TypeKind::kXmlHook, "chart");
  EXPECT_EQ(as<XmlHook>(hook).hook_name(), "chart");
  EXPECT_EQ(root.to_string(), "[object Object]");
}

// What arrives by updates only, as at a server: nobody has named the kinds of the roots.
Doc arrived(const Doc& from) {
  Doc doc({.client_id = 9, .guid = "doc"});
  EXPECT_TRUE(doc.apply_update(from.encode_state_as_update()));
  return doc;
}

// Every printer decided by itself of what kind a root is, and they did not agree: such a fragment
// printed as "[object Object]".
TEST(XmlPrint, AFragmentThatNobodyHasNamedPrintsAsAFragment) {
  Doc author({.client_id = 1, .guid = "doc"});
  XmlElement heading = *author.xml_fragment("x").insert_element(0, "heading");
  ASSERT_TRUE(heading.set_attribute("level", 1));
  ASSERT_TRUE(heading.insert_text(0)->insert(0, "Title"));
  Doc doc = arrived(author);
  const Type root = *doc.find_root("x");
  ASSERT_EQ(root.kind(), TypeKind::kUndefined);
  const std::string printed = R"(<heading level="1">Title</heading>)";
  EXPECT_EQ(root.to_json(), Any(printed));
  EXPECT_EQ(doc.to_json(), Any(Any::Object{{"x", Any(printed)}}));
  EXPECT_EQ(as<XmlFragment>(root).to_string(), printed);
  EXPECT_EQ(root.kind(), TypeKind::kUndefined);  // looking names nothing
}

// Lexical keeps its document in one XmlText root, with attributes and with elements between the
// characters.
TEST(XmlPrint, KeysDoNotHideTheElementsBesideThem) {
  Doc author({.client_id = 1, .guid = "doc"});
  XmlText root = author.xml_text("root");
  ASSERT_TRUE(root.set_attribute("__dir", "ltr"));
  const Result<Type> inner = root.insert_type(0, TypeKind::kXmlText);
  ASSERT_TRUE(inner);
  ASSERT_TRUE(as<XmlText>(*inner).insert(0, "shown"));
  EXPECT_EQ(arrived(author).to_json(), Any(Any::Object{{"root", Any("shown")}}));
  ASSERT_TRUE(root.insert(1, " and more"));
  EXPECT_EQ(arrived(author).to_json(), Any(Any::Object{{"root", Any(" and more")}}));
}

// Anyone may nest elements as deep as an update is long: printing them must not take the stack.
TEST(XmlPrint, WhatIsNestedTooDeepIsLeftOut) {
  Doc doc({.client_id = 1, .gc = true, .guid = "doc"});
  XmlFragment root = doc.xml_fragment("x");
  doc.transact([&] {
    XmlFragment at = root;
    for (int i = 0; i < 100'000; ++i)
      at = as<XmlFragment>(*at.insert(0, TypeKind::kXmlElement, "p"));
  });
  std::string printed;
  for (int i = 0; i < kMaxXmlDepth; ++i) printed = "<p>" + printed + "</p>";
  EXPECT_EQ(root.to_string(), printed);
}

}  // namespace
}  // namespace syncline::crdt
