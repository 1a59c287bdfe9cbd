#include "forms/rich_tree.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace syncline::forms {

void add_text(std::vector<Inline>& inlines, std::string_view text, const Marks& marks) {
  if (text.empty()) return;
  if (!inlines.empty() && inlines.back().is_text() && inlines.back().marks == marks)
    inlines.back().text += text;
  else
    inlines.push_back({std::string(text), marks});
}

void add_break(std::vector<Inline>& inlines) {
  inlines.push_back({});
}

void add_image(std::vector<Inline>& inlines, Image image) {
  if (!is_safe_image(image.address)) image.address.clear();
  Inline part;
  part.image = std::make_shared<const Image>(std::move(image));
  inlines.push_back(std::move(part));
}

bool Inline::operator==(const Inline& other) const {
  const bool same_image = is_image() == other.is_image() && (!is_image() || *image == *other.image);
  return same_image && text == other.text && marks == other.marks && name == other.name;
}

// A browser ignores control characters and spaces before and within the scheme.
bool is_safe_address(std::string_view address) {
  std::string scheme;
  for (const char c : address) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f) continue;
    if (c == ':') {
      for (const std::string_view safe : {"http", "https", "mailto", "tel", "ftp", "sms", "xmpp"})
        if (scheme == safe) return true;
      return false;
    }
    if (c == '/' || c == '?' || c == '#') return true;  // relative: no scheme
    if (byte >= 0x80) return true;                      // no scheme has such characters
    scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return true;
}

bool is_safe_image(std::string_view address) {
  return address.starts_with("data:image/") || is_safe_address(address);
}

bool is_empty_paragraph(const RichNode& node) {
  return node.kind == NodeKind::kParagraph && node.inlines.empty();
}

bool is_list(NodeKind kind) {
  return kind == NodeKind::kBulletList || kind == NodeKind::kOrderedList ||
         kind == NodeKind::kTaskList;
}

bool is_item(NodeKind kind) {
  return kind == NodeKind::kListItem || kind == NodeKind::kTaskItem;
}

bool is_cell(NodeKind kind) {
  return kind == NodeKind::kTableHeader || kind == NodeKind::kTableCell;
}

bool is_only_image(const RichNode& node) {
  return node.kind == NodeKind::kParagraph && node.inlines.size() == 1 &&
         node.inlines.front().is_image();
}

void add_paragraph(RichNode& into, RichNode paragraph) {
  const bool begins_item = is_item(into.kind) && into.children.empty();
  if (is_only_image(paragraph) && !begins_item) paragraph.kind = NodeKind::kImage;
  into.children.push_back(std::move(paragraph));
}

void begin_with_paragraph(RichNode& item) {
  if (item.children.empty() || item.children.front().kind != NodeKind::kParagraph)
    item.children.insert(item.children.begin(), {NodeKind::kParagraph});
}

std::string_view to_string(NodeKind kind) {
  switch (kind) {
    case NodeKind::kDocument: return "document";
    case NodeKind::kParagraph: return "paragraph";
    case NodeKind::kHeading: return "heading";
    case NodeKind::kBulletList: return "bullet list";
    case NodeKind::kOrderedList: return "ordered list";
    case NodeKind::kTaskList: return "task list";
    case NodeKind::kListItem: return "list item";
    case NodeKind::kTaskItem: return "task item";
    case NodeKind::kQuote: return "quote";
    case NodeKind::kCodeBlock: return "code block";
    case NodeKind::kRule: return "rule";
    case NodeKind::kImage: return "image";
    case NodeKind::kTable: return "table";
    case NodeKind::kTableRow: return "row of a table";
    case NodeKind::kTableHeader:
    case NodeKind::kTableCell: return "cell of a table";
    case NodeKind::kOther: break;
  }
  return "node";
}

std::string_view to_string(MarkKind kind) {
  switch (kind) {
    case MarkKind::kLink: return "link";
    case MarkKind::kBold: return "bold text";
    case MarkKind::kItalic: return "italic text";
    case MarkKind::kUnderline: return "underlined text";
    case MarkKind::kStrike: return "struck text";
    case MarkKind::kCode: return "code within a text";
  }
  return "mark";
}

}  // namespace syncline::forms
