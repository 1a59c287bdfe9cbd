// RichNode: a document as its readers see it, whatever editor made it: headings, lists, quotes, bold text. HTML and
// Markdown are written from it and read into it; mappings (forms/mapping.h) make it of what an editor stores.
//
// A node holds blocks, or inline content, or a text; which one, its kind says. The first child of an item of a list is
// a paragraph, which may be empty.
//
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::forms {

enum class NodeKind : std::uint8_t {
  kDocument,
  kParagraph,    // inline content
  kHeading,      // inline content; `number` is the level, 1 to 6
  kBulletList,   // items
  kOrderedList,  // items; `number` is that of the first one
  kTaskList,     // task items
  kListItem,     // blocks
  kTaskItem,     // blocks; `number` is 1 if it is done
  kQuote,        // blocks
  kCodeBlock,    // `text`; `name` is the language
  kRule,
  kOther,  // blocks or inline content; `name` is that of an element that the mapping does not know
};

enum class MarkKind : std::uint8_t { kLink, kBold, kItalic, kUnderline, kStrike, kCode };

struct Mark {
  MarkKind kind;
  std::string address = {};  // of a link

  bool operator==(const Mark&) const = default;
  auto operator<=>(const Mark&) const = default;
};
using Marks = std::vector<Mark>;  // ascending, each kind once

// A text, a line break within a paragraph, or a node within a text that the mapping does not know.
struct Inline {
  std::string text;
  Marks marks = {};       // of a text
  std::string name = {};  // of a node

  bool is_text() const { return !text.empty(); }
  bool is_break() const { return text.empty() && name.empty(); }
  bool operator==(const Inline&) const = default;
};

struct RichNode {
  NodeKind kind = NodeKind::kParagraph;
  std::int64_t number = 0;
  std::string name = {};
  std::string text = {};
  std::vector<Inline> inlines = {};
  std::vector<RichNode> children = {};

  bool operator==(const RichNode&) const = default;
};

// Appends a text; joins it with the last one if both have the same marks. Line breaks have no marks.
void add_text(std::vector<Inline>& inlines, std::string_view text, const Marks& marks);
void add_break(std::vector<Inline>& inlines);

// False for addresses that a browser would run as a program, such as "javascript:".
bool is_safe_address(std::string_view address);

bool is_list(NodeKind kind);

// A paragraph of nothing else stands for an empty one in Markdown.
inline constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

// True for a paragraph without content.
bool is_empty_paragraph(const RichNode& node);

// Puts an empty paragraph before other blocks of an item.
void begin_with_paragraph(RichNode& item);

// For errors: "list item".
std::string_view to_string(NodeKind kind);
std::string_view to_string(MarkKind kind);

}  // namespace syncline::forms
