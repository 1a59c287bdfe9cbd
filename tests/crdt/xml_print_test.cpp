// XML in Yjs's words.
#include <gtest/gtest.h>

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
  for (int i = 0; i < kMaxAnyDepth; ++i) printed = "<p>" + printed + "</p>";
  EXPECT_EQ(root.to_string(), printed);
}

}  // namespace
}  // namespace syncline::crdt
