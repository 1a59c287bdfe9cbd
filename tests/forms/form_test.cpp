// What documents look like in each form.
#include "forms/form.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "documents.h"
#include "forms/mapping.h"
#include "forms/put.h"
#include "forms/xml_tree.h"

namespace syncline::forms {
namespace {

std::string shown(crdt::Doc& doc, Form form, std::string mapping = {}, std::string root = {}) {
  auto text = write_form(doc, {form, std::move(root), std::move(mapping)}, 1 << 20);
  return text ? *text : std::string(to_string(text.error().code)) + ": " + text.error().message;
}

// The state of a server: nobody has named the kinds of the roots.
crdt::Doc arrived(crdt::Doc& author) {
  crdt::Doc doc({.client_id = 99});
  doc.apply_update(author.encode_state_as_update()).value();
  return doc;
}

TEST(Form, TiptapAsHtml) {
  crdt::Doc author({.client_id = 1});
  fill_tiptap(author);
  crdt::Doc doc = arrived(author);
  EXPECT_EQ(
      shown(doc, Form::kHtml),
      "<h2>Plan</h2>"
      "<p>Some <strong>bold</strong> and <a href=\"https://a.b/?x=1&amp;y=2\" "
      "rel=\"noopener noreferrer nofollow\">linked</a><br>1 &lt; 2 * 3</p>"
      "<ul><li><p>one</p></li><li><p>two</p><ol start=\"3\"><li><p>three</p></li></ol></li></ul>"
      "<blockquote><p>quoted</p></blockquote>"
      "<pre><code class=\"language-cpp\">if (a &lt; b)\n  return;</code></pre><hr><p></p>");
}

TEST(Form, TiptapAsMarkdown) {
  crdt::Doc author({.client_id = 1});
  fill_tiptap(author);
  crdt::Doc doc = arrived(author);
  EXPECT_EQ(shown(doc, Form::kMarkdown),
            "## Plan\n\n"
            "Some **bold** and [linked](https://a.b/?x=1&y=2)\\\n1 \\< 2 \\* 3\n\n"
            "- one\n\n- two\n\n  3. three\n\n"
            "> quoted\n\n"
            "```cpp\nif (a < b)\n  return;\n```\n\n---\n");
}

TEST(Form, TiptapAsTextAndXml) {
  crdt::Doc author({.client_id = 1});
  fill_tiptap(author);
  crdt::Doc doc = arrived(author);
  EXPECT_EQ(
      shown(doc, Form::kText),
      "Plan\nSome bold and linked\n1 < 2 * 3\none\ntwo\nthree\nquoted\nif (a < b)\n  return;\n"
      "\n\n");
  EXPECT_EQ(shown(doc, Form::kXml).substr(0, 150),
            "<document><heading level=\"2\">Plan</heading><paragraph>Some <bold>bold</bold> and "
            "<link href=\"https://a.b/?x=1&amp;y=2\">linked</link><hardBreak/>1 &lt;");
  EXPECT_EQ(shown(doc, Form::kDelta), "no_such_form: XML has no delta: only a text has one");
}

TEST(Form, ProseMirrorIsRecognised) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlFragment root = doc.xml_fragment("prosemirror");
  crdt::XmlElement list = add(root, "bullet_list");
  crdt::XmlElement item = add(add(list, "list_item"), "paragraph");
  item.push_text().value().insert(0, "x", {{"strong", kMark}, {"em", kMark}}).value();
  EXPECT_EQ(shown(doc, Form::kMarkdown), "- ***x***\n");
  EXPECT_EQ(shown(doc, Form::kHtml), "<ul><li><p><strong><em>x</em></strong></p></li></ul>");
  EXPECT_EQ(shown(doc, Form::kMarkdown, "tiptap"), "no_such_form: Markdown has no 'bullet_list'");
  EXPECT_EQ(shown(doc, Form::kMarkdown, "quill"),
            "invalid: the mapping quill is for a text, and this is XML");
}

TEST(Form, BlockNoteIsRecognised) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlElement group = add(doc.xml_fragment("document-store"), "blockGroup");
  const auto block = [](crdt::XmlElement into, std::string_view name, std::string_view text) {
    crdt::XmlElement container = add(into, "blockContainer");
    container.set_attribute("id", "some id").value();
    add(container, name, text);
    return container;
  };
  block(group, "heading", "Plan");
  block(group, "numberedListItem", "one");
  crdt::XmlElement two = block(group, "numberedListItem", "two");
  block(add(two, "blockGroup"), "checkListItem", "done");
  block(group, "paragraph", "end");
  EXPECT_EQ(shown(doc, Form::kMarkdown), "# Plan\n\n1. one\n2. two\n   - [ ] done\n\nend\n");
  EXPECT_EQ(shown(doc, Form::kHtml),
            "<h1>Plan</h1><ol><li><p>one</p></li><li><p>two</p><ul data-type=\"taskList\">"
            "<li data-type=\"taskItem\" data-checked=\"false\"><p>done</p></li></ul></li></ol>"
            "<p>end</p>");
}

TEST(Form, QuillHasLines) {
  crdt::Doc author({.client_id = 1});
  author.text("quill")
      .apply_delta(
          {{.kind = crdt::DeltaOp::Kind::kInsert, .text = "Plan"},
           {.kind = crdt::DeltaOp::Kind::kInsert, .text = "\n", .attributes = {{"header", 1}}},
           {.kind = crdt::DeltaOp::Kind::kInsert, .text = "some ", .attributes = {}},
           {.kind = crdt::DeltaOp::Kind::kInsert, .text = "bold", .attributes = {{"bold", true}}},
           {.kind = crdt::DeltaOp::Kind::kInsert, .text = "\nitem"},
           {.kind = crdt::DeltaOp::Kind::kInsert, .text = "\n", .attributes = {{"list", "bullet"}}},
           {.kind = crdt::DeltaOp::Kind::kInsert, .text = "inner"},
           {.kind = crdt::DeltaOp::Kind::kInsert,
            .text = "\n",
            .attributes = {{"list", "checked"}, {"indent", 1}}},
           {.kind = crdt::DeltaOp::Kind::kInsert, .text = "last"}})
      .value();
  crdt::Doc doc = arrived(author);
  EXPECT_EQ(shown(doc, Form::kMarkdown),
            "# Plan\n\nsome **bold**\n\n- item\n  - [x] inner\n\nlast\n");
  EXPECT_EQ(
      shown(doc, Form::kDelta),
      R"({"ops":[{"insert":"Plan"},{"insert":"\n","attributes":{"header":1}},{"insert":"some "},)"
      R"({"insert":"bold","attributes":{"bold":true}},{"insert":"\nitem"},)"
      R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"inner"},)"
      R"({"insert":"\n","attributes":{"indent":1,"list":"checked"}},{"insert":"last"}]})"
      "\n");
  EXPECT_EQ(shown(doc, Form::kText), "Plan\nsome bold\nitem\ninner\nlast");
}

TEST(Form, LexicalIsRecognisedAndOnlyRead) {
  crdt::Doc author({.client_id = 1});
  crdt::Text root = author.xml_text("root");
  crdt::Text heading = add_lexical(root, "heading");
  heading.set_attribute("__tag", crdt::Any("h3")).value();
  add_lexical_text(heading, "Plan");
  crdt::Text paragraph = add_lexical(root, "paragraph");
  add_lexical_text(paragraph, "some ");
  add_lexical_text(paragraph, "both", 3);
  add_lexical_text(paragraph, "");
  crdt::Text link = add_lexical(paragraph, "link");
  link.set_attribute("__url", crdt::Any("javascript:x")).value();
  add_lexical_text(link, "unsafe");
  crdt::Text list = add_lexical(root, "list");
  list.set_attribute("__listType", crdt::Any("number")).value();
  add_lexical_text(add_lexical(list, "listitem"), "one");
  crdt::Text inner = add_lexical(add_lexical(list, "listitem"), "list");
  add_lexical_text(add_lexical(inner, "listitem"), "below");
  add_lexical(add_lexical(root, "layout"), "paragraph");
  crdt::Doc doc = arrived(author);
  EXPECT_EQ(shown(doc, Form::kHtml),
            "<h3>Plan</h3><p>some <strong><em>both</em></strong><br>unsafe</p><ol><li><p>one</p>"
            "<ul><li><p>below</p></li></ul></li></ol><div data-node=\"layout\"><p></p></div>");
  EXPECT_EQ(shown(doc, Form::kText), "Plan\nsome both\nunsafe\none\nbelow\n\n");
  EXPECT_EQ(shown(doc, Form::kMarkdown), "no_such_form: Markdown has no 'layout'");
  EXPECT_EQ(shown(doc, Form::kHtml, "tiptap"),
            "invalid: a document of Lexical has only the mapping lexical");
  EXPECT_TRUE(shown(doc, Form::kXml)
                  .starts_with("<document><heading __tag=\"h3\" __type=\"heading\">Plan</heading>"
                               "<paragraph __type=\"paragraph\">some <bold><italic>both</italic>"))
      << shown(doc, Form::kXml);
  const auto put = put_form(doc, {.form = Form::kMarkdown}, "# Other\n");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::kUnprocessable);
}

TEST(Form, NothingOfADocumentComesAlive) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlFragment root = doc.xml_fragment("default");
  const auto link = [](const char* address) {
    return crdt::Attributes{{"link", crdt::Any(crdt::Any::Object{{"href", address}})}};
  };
  crdt::XmlText text = add(root, "paragraph").push_text().value();
  text.insert(0, "<script>", {}).value();
  text.insert(8, "a", link("javascript:alert(1)")).value();
  text.insert(9, "b", link(" JaVa\tScript:alert(1)")).value();
  text.insert(10, "c", link("data:text/html,x")).value();
  text.insert(11, "d", link("https://x/\"><img onerror=1>")).value();
  add(root, "x onload=\"alert(1)\"", "y");
  add(root, "codeBlock", "</code></pre><b>").set_attribute("language", "\"><b>").value();
  EXPECT_EQ(shown(doc, Form::kHtml),
            "<p>&lt;script&gt;abc<a href=\"https://x/&quot;&gt;&lt;img onerror=1&gt;\" "
            "rel=\"noopener noreferrer nofollow\">d</a></p>"
            "<div data-node=\"x onload=&quot;alert(1)&quot;\">y</div>"
            "<pre><code class=\"language-&quot;&gt;&lt;b&gt;\">&lt;/code&gt;&lt;/pre&gt;&lt;b&gt;"
            "</code></pre>");
  EXPECT_EQ(shown(doc, Form::kXml), "no_such_form: XML has no name 'x onload=\"alert(1)\"'");
}

TEST(Form, WhatAFormCannotSayIsAnError) {
  crdt::Doc doc({.client_id = 1});
  EXPECT_EQ(shown(doc, Form::kText), "no_such_form: the document is empty");
  doc.map("map").set("key", crdt::Any(1)).value();
  EXPECT_EQ(shown(doc, Form::kMarkdown), "no_such_form: this is neither text nor XML");
  add(doc.xml_fragment("xml"), "mention");
  EXPECT_EQ(shown(doc, Form::kText), "invalid: name one root with root=: map, xml");
  EXPECT_EQ(shown(doc, Form::kMarkdown, "", "xml"), "no_such_form: Markdown has no 'mention'");
  EXPECT_EQ(shown(doc, Form::kMarkdown, "word", "xml").substr(0, 8), "invalid:");
  EXPECT_EQ(shown(doc, Form::kText, "", "none").substr(0, 10), "not_found:");
}

// The page for people names what the tables name.
TEST(Form, ThePageHasTheTables) {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/docs/document-forms.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  for (const Mapping* mapping : {&kTiptapMapping, &kProseMirrorMapping, &kBlockNoteMapping,
                                 &kQuillMapping, &kLexicalMapping}) {
    for (const NodeName& row : mapping->nodes)
      for (const std::string_view name : {row.name, row.number, row.text, row.value, row.columns,
                                          row.rows, row.address, row.alt, row.title})
        EXPECT_TRUE(name.empty() || page.contains("`" + std::string(name) + "`"))
            << mapping->name << " " << name;
    for (const MarkName& row : mapping->marks)
      EXPECT_TRUE(page.contains("`" + std::string(row.name) + "`")) << mapping->name;
  }
}

TEST(Form, SizeAndDepthAreBounded) {
  crdt::Doc doc({.client_id = 1});
  crdt::XmlFragment at = doc.xml_fragment("default");
  for (int i = 0; i < kMaxNodeDepth + 1; ++i) at = add(at, "blockquote");
  for (const Form form : {Form::kText, Form::kXml, Form::kHtml, Form::kMarkdown})
    EXPECT_EQ(shown(doc, form), "too_large: nested deeper than 200 levels");

  crdt::Doc flat({.client_id = 1});
  flat.text("text").insert(0, std::string(2000, '<')).value();
  for (const Form form : {Form::kText, Form::kXml, Form::kHtml, Form::kMarkdown, Form::kDelta}) {
    const auto text = write_form(flat, {form}, 1999);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, ErrorCode::kTooLarge);
  }

  // Each run repeats its formats, so their number counts twice.
  crdt::Doc formats({.client_id = 1});
  crdt::Text text = formats.text("text");
  text.insert(0, std::string(9000, 'x')).value();
  formats.transact([&] {
    for (std::uint32_t i = 0; i < 9000; ++i)
      text.format(i, 9000 - i, {{"f" + std::to_string(i), true}}).value();
  });
  EXPECT_EQ(shown(formats, Form::kDelta), "too_large: the text has too many formats");
}

}  // namespace
}  // namespace syncline::forms
