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

// HTML has no control characters, a line feed within a text is a space, and some code points (U+0080 … U+009F, and those
// that are no characters) become U+FFFD.
inline bool is_for_html(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f || byte == 0xc2 || byte >= 0xef) return false;
  }
  return true;
}

inline bool is_for_html(const RichNode& node) {
  if (!is_for_html(node.name) || !is_for_html(node.text)) return false;
  for (const Inline& part : node.inlines) {
    if (!is_for_html(part.text) || !is_for_html(part.name)) return false;
    for (const Mark& mark : part.marks)
      if (!is_for_html(mark.address)) return false;
    if (part.is_image() && !(is_for_html(part.image->address) && is_for_html(part.image->alt) &&
                             is_for_html(part.image->title)))
      return false;
  }
  for (const RichNode& child : node.children)
    if (!is_for_html(child)) return false;
  return true;
}

// It can be written, and reads back to the same. Markdown does not have everything.
inline void check_writing(const RichNode& document) {
  const auto html = write_html(document, kMostOfForm);
  FUZZ_CHECK(html);
  if (is_for_html(document) && html->size() <= kMaxHtmlBytes) {
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
