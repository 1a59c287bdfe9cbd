// Markdown and HTML put into documents: the result is what was put, and what is equal stays.
#include "forms/put.h"

#include <gtest/gtest.h>

#include "documents.h"
#include "forms/html_writer.h"
#include "forms/mapping.h"
#include "forms/markdown_writer.h"
#include "random_tree.h"
#include "syncline/crdt/updates.h"

namespace syncline::forms {
namespace {

std::string failure(const Error& error) {
  return std::string(to_string(error.code)) + ": " + error.message;
}

std::string put(crdt::Doc& doc, std::string_view text, PutWish wish = {}) {
  const auto done = put_form(doc, wish, text);
  return done ? "" : failure(done.error());
}

std::string now_shown(crdt::Doc& doc, Form form = Form::kMarkdown) {
  const auto text = write_form(doc, {.form = form}, kMost);
  return text ? *text : failure(text.error());
}

// The bytes of the update that an edit makes; 0: it makes none.
template <typename Edit>
std::size_t update_bytes(crdt::Doc& doc, const Edit& edit) {
  std::size_t bytes = 0;
  const auto token =
      doc.on_update([&](const crdt::UpdateEvent& event) { bytes += event.update().size(); });
  edit();
  doc.off(token);
  return bytes;
}

TEST(Put, IntoAnEmptyDocument) {
  crdt::Doc doc({.client_id = 1});
  EXPECT_EQ(put(doc, "# A"), "invalid: the document is empty: name the root with root=");
  EXPECT_EQ(put(doc, "# A\n\n- **b**\n", {.root = "default"}), "");
  EXPECT_EQ(now_shown(doc), "# A\n\n- **b**\n");
  EXPECT_EQ(now_shown(doc, Form::kXml),
            "<document><heading level=\"1\">A</heading><bulletList><listItem><paragraph><bold>b"
            "</bold></paragraph></listItem></bulletList></document>\n");
}

TEST(Put, BlocksAndTextsThatAreEqualStay) {
  crdt::Doc doc({.client_id = 1});
  fill_tiptap(doc);
  const auto before = doc.xml_fragment("default").children();
  std::string text = now_shown(doc);
  EXPECT_EQ(update_bytes(doc, [&] { EXPECT_EQ(put(doc, text), ""); }), 0u);
  text.replace(text.find("two"), 3, "2 things");
  const std::size_t bytes = update_bytes(doc, [&] { EXPECT_EQ(put(doc, text), ""); });
  EXPECT_GT(bytes, 0u);
  EXPECT_LT(bytes, 60u);
  EXPECT_EQ(now_shown(doc), text);
  EXPECT_EQ(doc.xml_fragment("default").children(), before);
}

TEST(Put, WhatTheMappingDoesNotKnowStays) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlElement paragraph = add(doc.xml_fragment("default"), "paragraph");
  paragraph.set_attribute("textAlign", crdt::Any("center")).value();
  crdt::XmlText text = paragraph.push_text().value();
  text.insert(0, "some commented words", {}).value();
  text.format(5, 15, {{"comment", crdt::Any("c1")}}).value();
  EXPECT_EQ(put(doc, "some **commented** longer words\n"), "");
  EXPECT_EQ(
      now_shown(doc, Form::kXml),
      "<document><paragraph textAlign=\"center\">some <bold><comment value=\"c1\">commented"
      "</comment></bold><comment value=\"c1\"> longer words</comment></paragraph></document>\n");
}

TEST(Put, ALinkThatIsTheSameKeepsItsOtherAttributes) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlText text = add(doc.xml_fragment("default"), "paragraph").push_text().value();
  text.insert(0, "link",
              {{"link", crdt::Any(crdt::Any::Object{{"href", "https://a"}, {"target", "_blank"}})}})
      .value();
  EXPECT_EQ(update_bytes(doc, [&] { EXPECT_EQ(put(doc, "[link](https://a)"), ""); }), 0u);
  EXPECT_EQ(put(doc, "[link](https://b)"), "");
  EXPECT_EQ(now_shown(doc), "[link](https://b)\n");
}

TEST(Put, NodesThatTheMappingDoesNotKnow) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlFragment root = doc.xml_fragment("default");
  add(root, "paragraph", "one");
  add(root, "callout", "note").set_attribute("color", crdt::Any("red")).value();
  EXPECT_EQ(put(doc, "two"),
            "unprocessable: the document has a 'callout', which Markdown cannot say");
  const PutWish html{.form = Form::kHtml};
  EXPECT_EQ(put(doc, "<p>two</p><div data-node=\"callout\">the note</div>", html), "");
  EXPECT_EQ(now_shown(doc, Form::kXml),
            "<document><paragraph>two</paragraph><callout color=\"red\">the note</callout>"
            "</document>\n");
  EXPECT_EQ(
      put(doc, "<div data-node=\"chart\">x</div>", html),
      "unprocessable: the document has no such 'chart', and the mapping tiptap does not know it");
  EXPECT_EQ(now_shown(doc, Form::kText), "two\nthe note\n");
}

TEST(Put, TablesAndImagesKeepWhatTheMappingDoesNotKnow) {
  crdt::Doc doc({.client_id = 1});
  const std::string table = "| a | b |\n| --- | --- |\n| 1 | 2 |\n";
  EXPECT_EQ(put(doc, table + "\n![x](y)\n", {.root = "default"}), "");
  crdt::XmlFragment root = doc.xml_fragment("default");
  root.find_elements("tableCell")[1].set_attribute("colwidth", crdt::Any(80)).value();
  root.find_element("image")->set_attribute("width", crdt::Any(40)).value();
  EXPECT_EQ(put(doc, "| a | b |\n| --- | --- |\n| 1 | 3 |\n| 4 | 5 |\n\n![z](y)\n"), "");
  EXPECT_EQ(
      now_shown(doc, Form::kXml),
      "<document><table><tableRow><tableHeader><paragraph>a</paragraph></tableHeader>"
      "<tableHeader><paragraph>b</paragraph></tableHeader></tableRow><tableRow><tableCell>"
      "<paragraph>1</paragraph></tableCell><tableCell colwidth=\"80\"><paragraph>3</paragraph>"
      "</tableCell></tableRow><tableRow><tableCell><paragraph>4</paragraph></tableCell>"
      "<tableCell><paragraph>5</paragraph></tableCell></tableRow></table>"
      "<image alt=\"z\" src=\"y\" width=\"40\"/></document>\n");
  EXPECT_EQ(put(doc, "text ![x](y)\n"), "unprocessable: tiptap has no image within a text");
}

TEST(Put, ImagesWithinTextsStayThereIfTheDocumentHasThemThere) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlElement paragraph = add(doc.xml_fragment("default"), "paragraph", "see ");
  crdt::XmlElement image = paragraph.push_element("image").value();
  image.set_attribute("src", crdt::Any("x")).value();
  EXPECT_EQ(now_shown(doc), "see ![](x)\n");
  EXPECT_EQ(put(doc, "see ![](x) and\n\n![](y)\n"), "");
  EXPECT_EQ(now_shown(doc, Form::kXml),
            "<document><paragraph>see <image src=\"x\"/> and</paragraph><paragraph>"
            "<image src=\"y\"/></paragraph></document>\n");
}

TEST(Put, ImagesOfQuillAreEmbeds) {
  crdt::Doc doc({.client_id = 1});
  crdt::Text text = doc.text("quill");
  text.insert(0, "one\n", {}).value();
  text.insert_embed(1, crdt::Any(crdt::Any::Object{{"image", "x.png"}}),
                    {{"alt", crdt::Any("x")}, {"width", crdt::Any("40")}})
      .value();
  EXPECT_EQ(now_shown(doc), "o![x](x.png)ne\n");
  EXPECT_EQ(put(doc, "**o**![x](x.png)new![](y.png)\n"), "");
  EXPECT_EQ(
      now_shown(doc, Form::kDelta),
      R"({"ops":[{"insert":"o","attributes":{"bold":true}},{"insert":{"image":"x.png"},)"
      R"("attributes":{"alt":"x","width":"40"}},{"insert":"new"},{"insert":{"image":"y.png"}},)"
      R"({"insert":"\n"}]})"
      "\n");
  EXPECT_EQ(put(doc, "**o**![x](z.png)new\n"), "");
  EXPECT_EQ(now_shown(doc), "**o**![x](z.png)new\n");
}

TEST(Put, EmptyParagraphsAtTheEndStay) {
  crdt::Doc doc({.client_id = 1});
  fill_tiptap(doc);
  EXPECT_EQ(put(doc, "only"), "");
  EXPECT_EQ(now_shown(doc, Form::kXml),
            "<document><paragraph>only</paragraph><paragraph/></document>\n");
  EXPECT_EQ(put(doc, "only\n\n&nbsp;\n\n&nbsp;\n"), "");
  EXPECT_EQ(update_bytes(doc, [&] { put(doc, "only\n\n&nbsp;\n\n&nbsp;\n"); }), 0u);
  EXPECT_EQ(now_shown(doc, Form::kXml),
            "<document><paragraph>only</paragraph><paragraph/><paragraph/></document>\n");
}

TEST(Put, BlockNoteKeepsTheIdsOfItsBlocks) {
  crdt::Doc doc({.client_id = 1});
  const PutWish wish{.root = "document-store", .mapping = "blocknote"};
  EXPECT_EQ(put(doc, "one\n\ntwo\n", wish), "");
  const std::string before = now_shown(doc, Form::kXml);
  EXPECT_EQ(before.size(),
            std::string("<document><blockGroup><blockContainer id=\"\"><paragraph>one"
                        "</paragraph></blockContainer><blockContainer id=\"\">"
                        "<paragraph>two</paragraph></blockContainer></blockGroup>"
                        "</document>\n")
                    .size() +
                2 * 36);
  EXPECT_EQ(put(doc, "zero\n\none\n\n# two\n"), "");
  const std::string after = now_shown(doc, Form::kXml);
  const std::string first = before.substr(before.find("id="), 41);
  const std::string second = before.substr(before.rfind("id="), 41);
  EXPECT_NE(first, second);
  EXPECT_NE(after.find(first + "><paragraph>one<"), after.npos);
  EXPECT_NE(after.find(second + "><heading level=\"1\">two<"), after.npos);
}

TEST(Put, QuillKeepsWhatALineHasBesides) {
  crdt::Doc doc({.client_id = 1});
  crdt::Text text = doc.text("quill");
  text.insert(0, "one\ntwo", {}).value();
  text.format(3, 1, {{"align", crdt::Any("right")}, {"header", crdt::Any(2)}}).value();
  EXPECT_EQ(put(doc, "# one\n\n**two**\n"), "");
  EXPECT_EQ(now_shown(doc, Form::kDelta),
            R"({"ops":[{"insert":"one"},{"insert":"\n","attributes":{"align":"right","header":1}},)"
            R"({"insert":"two","attributes":{"bold":true}}]})"
            "\n");
  EXPECT_EQ(put(doc, "---\n"), "unprocessable: quill has no rule");
}

TEST(Put, AMapOrAnEmbedIsRefused) {
  crdt::Doc map({.client_id = 1});
  map.map("m").set("k", crdt::Any(1)).value();
  EXPECT_EQ(put(map, "x"), "unprocessable: this is neither text nor XML");
  crdt::Doc embed({.client_id = 1});
  embed.text("t").insert_embed(0, crdt::Any(crdt::Any::Object{{"video", "x"}})).value();
  EXPECT_EQ(put(embed, "x"),
            "unprocessable: the document has an embed in its text, which markdown cannot say");
}

// ---- properties

struct Stored {
  Stored(const Mapping& mapping, const RichNode& document) { put_markdown(mapping, document); }
  void put_markdown(const Mapping& mapping, const RichNode& document) {
    const auto text = write_markdown(document, kMost);
    ASSERT_TRUE(text) << text.error().message;
    markdown = *text;
    EXPECT_EQ(put(doc, *text, {.root = "root", .mapping = std::string(mapping.name)}), "") << *text;
  }
  crdt::Doc doc{{.client_id = 1}};
  std::string markdown;
};

const Mapping* const kAllMappings[] = {&kTiptapMapping, &kProseMirrorMapping, &kBlockNoteMapping,
                                       &kQuillMapping};

TEST(Put, AnyDocumentBecomesAnyOther) {
  for (const Mapping* mapping : kAllMappings) {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
      SCOPED_TRACE(std::string(mapping->name) + ", seed " + std::to_string(seed));
      RandomTree random(*mapping, seed);
      Stored stored(*mapping, random.document());
      for (int i = 0; i < 3; ++i) {
        stored.put_markdown(*mapping, random.document());
        const auto now = write_form(
            stored.doc,
            {.form = Form::kMarkdown, .root = "root", .mapping = std::string(mapping->name)},
            kMost);
        ASSERT_EQ(now.value_or("?"), stored.markdown);
        const auto again = update_bytes(stored.doc, [&] {
          put(stored.doc, stored.markdown, {.root = "root", .mapping = std::string(mapping->name)});
        });
        ASSERT_EQ(again, 0u) << stored.markdown;
      }
      ASSERT_TRUE(stored.doc.check());
    }
  }
}

TEST(Put, OneChangeTouchesOneBlock) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomTree random(kTiptapMapping, seed);
    RichNode document = random.document();
    document.children.push_back({NodeKind::kHeading, 2});
    Stored stored(kTiptapMapping, document);
    const auto before = stored.doc.xml_fragment("root").children();
    RichNode changed = random.changed(document);
    changed.children.pop_back();
    stored.put_markdown(kTiptapMapping, changed);
    EXPECT_EQ(now_shown(stored.doc), stored.markdown);
    const auto after = stored.doc.xml_fragment("root").children();
    const auto kept = std::ranges::count_if(after, [&](const crdt::Type& type) {
      return std::ranges::find(before, type) != before.end();
    });
    EXPECT_GE(static_cast<std::size_t>(kept) + 1, std::min(before.size(), after.size()));
  }
}

}  // namespace
}  // namespace syncline::forms
