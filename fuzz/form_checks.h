// What must hold for every document that Markdown or HTML was read as.
#pragma once

#include "check.h"
#include "forms/html_reader.h"
#include "forms/html_writer.h"
#include "forms/markdown_reader.h"
#include "forms/markdown_writer.h"
#include "forms/put.h"

namespace syncline::forms {

inline constexpr std::size_t kMostOfForm = std::size_t{64} << 20;

// Markdown leaves out empty paragraphs at the end.
inline RichNode as_markdown_says(RichNode document) {
  while (!document.children.empty() && is_empty_paragraph(document.children.back()))
    document.children.pop_back();
  return document;
}

// A line feed within a text is a space in HTML.
inline bool has_line_feed(const RichNode& node) {
  for (const Inline& part : node.inlines)
    if (part.text.find_first_of("\n\r") != std::string::npos) return true;
  for (const RichNode& child : node.children)
    if (has_line_feed(child)) return true;
  return false;
}

// It can be written, and reads back to the same. Markdown does not have everything.
inline void check_writing(const RichNode& document) {
  const auto html = write_html(document, kMostOfForm);
  FUZZ_CHECK(html);
  if (!has_line_feed(document) && html->size() <= kMaxHtmlBytes) {
    const auto read = read_html(*html);
    FUZZ_CHECK(!read || *read == document);
    FUZZ_CHECK(read || read.error().code == ErrorCode::kTooLarge);
  }
  const auto markdown = write_markdown(document, kMostOfForm);
  FUZZ_CHECK(markdown || markdown.error().code == ErrorCode::kNoSuchForm);
  if (!markdown || markdown->size() > kMaxMarkdownBytes) return;
  const auto read = read_markdown(*markdown);
  FUZZ_CHECK(!read || *read == as_markdown_says(document));
  FUZZ_CHECK(read || read.error().code == ErrorCode::kTooLarge);
}

// A document shows what is put into it, and putting it again changes nothing.
inline void check_putting(Form form, std::string_view text) {
  crdt::Doc doc({.client_id = 1});
  const PutWish wish{.form = form, .root = "root"};
  if (!put_form(doc, wish, text)) return;
  FUZZ_CHECK(doc.check());
  bool changed = false;
  doc.on_update([&](const crdt::UpdateEvent&) { changed = true; });
  FUZZ_CHECK(put_form(doc, wish, text));
  FUZZ_CHECK(!changed);
}

}  // namespace syncline::forms
