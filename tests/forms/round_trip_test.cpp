// What is written in Markdown and HTML is read back.
#include <gtest/gtest.h>

#include "documents.h"
#include "forms/html_reader.h"
#include "forms/html_writer.h"
#include "forms/markdown_reader.h"
#include "forms/markdown_writer.h"
#include "random_tree.h"

namespace syncline::forms {
namespace {

// Images are blocks in the one, and within texts in the other.
const Mapping& mapping_of(std::uint32_t seed) {
  return seed % 2 == 0 ? kTiptapMapping : kProseMirrorMapping;
}

TEST(RoundTrip, RandomDocumentsInMarkdown) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const RichNode document = RandomTree(mapping_of(seed), seed).document();
    const auto text = write_markdown(document, kMost);
    ASSERT_TRUE(text) << "seed " << seed << ": " << text.error().message;
    const auto read = read_markdown(*text);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message << "\n" << *text;
    ASSERT_EQ(*read == document, true) << "seed " << seed << "\n"
                                       << *text << "\n-- read back:\n"
                                       << write_markdown(*read, kMost).value_or("?") << "\n"
                                       << write_html(document, kMost).value_or("?") << "\n"
                                       << write_html(*read, kMost).value_or("?");
  }
}

TEST(RoundTrip, RandomDocumentsInHtml) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const RichNode document = RandomTree(mapping_of(seed), seed).document();
    const auto text = write_html(document, kMost);
    ASSERT_TRUE(text) << "seed " << seed;
    const auto read = read_html(*text);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message << "\n" << *text;
    ASSERT_EQ(*read == document, true) << "seed " << seed << "\n"
                                       << *text << "\n"
                                       << write_html(*read, kMost).value_or("?");
  }
}

std::string markdown(std::string_view html) {
  const auto read = read_html(html);
  const auto written = read ? write_markdown(*read, kMost) : std::unexpected(read.error());
  return written ? *written
                 : std::string(to_string(written.error().code)) + ": " + written.error().message;
}

TEST(HtmlReader, ReadsWhatPeopleWrite) {
  EXPECT_EQ(markdown("<!doctype html><html><head><title>t</title></head><body>\n<h1>A\n  b</h1>\n"
                     "<div>text <b>bold</b>\n more<p>p</p>tail</div>\n<ul>\n <li>one</li>\n"
                     " <li><p>two</p><p>three</p></li>\n</ul><!-- note --></body></html>"),
            "# A b\n\ntext **bold** more\n\np\n\ntail\n\n- one\n\n- two\n\n  three\n");
  EXPECT_EQ(markdown("<pre><code class='language-js'>a\n  b</code></pre>"), "```js\na\n  b\n```\n");
  EXPECT_EQ(markdown("<p>a<a href='java&#115;cript:x'>b</a></p>"), "ab\n");
}

TEST(HtmlReader, RefusesWhatNoMappingHas) {
  EXPECT_EQ(markdown("<p>a</p><script>alert(1)</script>"),
            "unprocessable: no mapping has <script>");
  EXPECT_EQ(markdown("<script>alert(1)</script>"), "unprocessable: no mapping has <script>");
  EXPECT_EQ(markdown("<a href=x><img src=y></a>"),
            "unprocessable: no mapping has an image in a link");
  EXPECT_EQ(markdown("<table><caption>x</caption></table>"),
            "unprocessable: a table has other content than rows");
  EXPECT_EQ(markdown("<p>a</p><tr>x"), "unprocessable: a <tr> has no table around it");
  EXPECT_EQ(markdown("<svg><style>x</style></svg>"), "unprocessable: no mapping has <svg>");
  EXPECT_EQ(markdown("<p><my-tag>x</my-tag></p>"), "unprocessable: no mapping has <my-tag>");
  EXPECT_EQ(markdown("<b><FrameSet>"), "unprocessable: no mapping has <frameset>");
  EXPECT_EQ(markdown("<a title='<select>' href=\"x>\">y</a><!-- <table> --></b></nothing>"),
            "[y](<x\\>>)\n");
  EXPECT_EQ(markdown("<p>\xff</p>"), "malformed: the text is not UTF-8");
}

TEST(HtmlReader, ReadsTablesAndImages) {
  EXPECT_EQ(markdown("<table><colgroup><col></colgroup><thead><tr><th>a|b<th><b>c</b></thead>\n"
                     "<tr><td><p>1</p></td><td>2<br>3</td></tr></table>"),
            "| a\\|b | **c** |\n| --- | --- |\n| 1 | 2<br>3 |\n");
  EXPECT_EQ(markdown("<table><tr><td>1</td></tr></table>"), "|   |\n| --- |\n| 1 |\n");
  EXPECT_EQ(markdown("<table><tr><td colspan=2>1</td></tr></table>"),
            "no_such_form: Markdown has no cell over several columns or rows");
  EXPECT_EQ(markdown("<table><tr><td>1<ul><li>2</ul></td></tr></table>"),
            "no_such_form: Markdown has no cell of other content than a paragraph");
  EXPECT_EQ(markdown("<table><tr><td>1</td><th>2</th></tr></table>"),
            "no_such_form: Markdown has headers only in the first row of a table");
  EXPECT_EQ(markdown("<table><tr><th>1</th></tr><tr><td>1<td>2</table>"),
            "no_such_form: Markdown has no table with rows of other lengths");
  EXPECT_EQ(markdown("<p>a</p><img src='x y' alt='[z]'><img src=b title='&quot;t'><p>c</p>"),
            "a\n\n![\\[z\\]](<x y>)\n\n![](b \"\\\"t\")\n\nc\n");
  EXPECT_EQ(markdown("<img src='javascript:x' onerror='x' alt=y>"), "![y](<>)\n");
}

TEST(HtmlReader, IsBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  EXPECT_EQ(markdown(deep), "too_large: elements are nested too deep, or not closed");
  std::string many(kMaxHtmlBytes + 1, 'x');
  EXPECT_EQ(markdown(many).substr(0, 9), "too_large");
  // Each paragraph opens again every tag of a mark that is still open.
  std::string open = "<p>";
  for (int i = 0; i < 100; ++i) open += "<b id=" + std::to_string(i) + ">";
  for (int i = 0; i < 20'000; ++i) open += "<p>x";
  EXPECT_EQ(markdown(open), "too_large: the HTML has too many elements");
  // A closing tag in a cell closes nothing outside, so what is open there stays counted.
  std::string cells;
  for (int i = 0; i < 300; ++i) cells += "<b><table><tr><td></b>";
  EXPECT_EQ(markdown(cells), "too_large: elements are nested too deep, or not closed");
  std::string rows = "<table>";
  for (int i = 0; i < 20'000; ++i) rows += "<tr><td><b>x";
  EXPECT_EQ(markdown(rows).substr(0, 11), "|   |\n| ---");
}

std::string html(std::string_view markdown) {
  const auto read = read_markdown(markdown);
  return read ? write_html(*read, kMost).value_or("?")
              : std::string(to_string(read.error().code)) + ": " + read.error().message;
}

TEST(MarkdownReader, ReadsWhatPeopleWrite) {
  EXPECT_EQ(
      html("Title\n=====\n\nsome *text*\non two lines  \nand __more__ `code` <https://a.b>\n\n"
           "* [x] done\n* [ ] open\n* plain\n\n```\ncode\n```\n"),
      "<h1>Title</h1><p>some <em>text</em> on two lines<br>and <strong>more</strong> "
      "<code>code</code> <a href=\"https://a.b\" rel=\"noopener noreferrer nofollow\">"
      "https://a.b</a></p><ul data-type=\"taskList\"><li data-type=\"taskItem\" "
      "data-checked=\"true\"><p>done</p></li><li data-type=\"taskItem\" "
      "data-checked=\"false\"><p>open</p></li></ul><ul><li><p>plain</p></li></ul>"
      "<pre><code>code</code></pre>");
  EXPECT_EQ(html("[a](javascript:x) <a href=\"javascript:x\">b</a>"), "<p>a b</p>");
}

TEST(MarkdownReader, ReadsTablesAndImages) {
  EXPECT_EQ(html("a | b\n:-- | ---\n`c \\| d` | ![**x** `y`](z \"t\")\nshort"),
            "<table><tbody><tr><th><p>a</p></th><th><p>b</p></th></tr><tr><td><p><code>c | d</code>"
            "</p></td><td><img src=\"z\" alt=\"x y\" title=\"t\"></td></tr>"
            "<tr><td><p>short</p></td><td><p></p></td></tr></tbody></table>");
  EXPECT_EQ(
      html("![x](data:image/png;base64,AA==) and ![y](data:text/html,z)"),
      "<p><img src=\"data:image/png;base64,AA==\" alt=\"x\"> and <img src=\"\" alt=\"y\"></p>");
}

TEST(MarkdownReader, RefusesWhatNoMappingHas) {
  EXPECT_EQ(html("[![x](y)](z)"), "unprocessable: no mapping has an image in a link");
  EXPECT_EQ(html("<a href=z>![x](y)</a>"), "unprocessable: no mapping has an image in a link");
  EXPECT_EQ(html("<div>x</div>"), "unprocessable: no mapping has blocks of HTML");
  EXPECT_EQ(html("a <script>x</script>"), "unprocessable: no mapping has <script>");
  EXPECT_EQ(html("a </b>"), "unprocessable: a </b> that ends nothing");
  EXPECT_EQ(html("a <b>"), "unprocessable: a <b> that nothing ends");
  EXPECT_EQ(html("1. [ ] x"), "unprocessable: no mapping has a task in an ordered list");
  EXPECT_EQ(html("\xff"), "malformed: the text is not UTF-8");
}

TEST(MarkdownReader, IsBounded) {
  EXPECT_EQ(html(std::string(kMaxMarkdownBytes + 1, 'x')).substr(0, 9), "too_large");
  EXPECT_EQ(html(std::string(150, '>')), "too_large: blocks are nested too deep");
  EXPECT_EQ(html(std::string(100'000, '>')),
            "too_large: a line begins with too many quotes and lists");
  std::string wide;
  for (int i = 0; i < 30'000; ++i) wide += "|a";
  wide += "\n";
  for (int i = 0; i < 30'000; ++i) wide += "|-";
  EXPECT_EQ(html(wide), "too_large: a table has too many columns");
  // cmark fills up short rows.
  std::string rows = wide.substr(0, 600) + "\n";
  for (int i = 0; i < 300; ++i) rows += "|-";
  for (int i = 0; i < 30'000; ++i) rows += "\n|b";
  EXPECT_EQ(html(rows).substr(0, 48), "too_large: the Markdown has too many elements");
  std::string marks;
  for (int i = 0; i < 500; ++i) marks += i % 2 == 0 ? "*a " : "**a ";
  for (int i = 500; i-- > 0;) marks += i % 2 == 0 ? "a*" : "a**";
  EXPECT_EQ(html(marks), "too_large: marks are nested too deep");
}

}  // namespace
}  // namespace syncline::forms
