// RichNode: a document as its readers see it, whatever editor made it: headings, lists, quotes, bold text. HTML and
// Markdown are written from it and read into it; mappings (forms/mapping.h) make it of what an editor stores.
//
// A node holds blocks, or inline content, or a text; which one, its kind says. The first child of an item of a list is
// a paragraph, which may be empty. A paragraph with nothing but an image is an image, except as the first of an item.
//
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <memory>
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
  kImage,        // an image, which is its only inline content
  kTable,        // rows
  kTableRow,     // cells
  kTableHeader,  // a cell: blocks, at least one
  kTableCell,    // a cell: blocks, at least one
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

inline constexpr std::int64_t kMostSpan = 1000;  // columns or rows of a cell, as in browsers

struct Image {
  std::string address;
  std::string alt = {};  // what it shows, in words
  std::string title = {};

  bool operator==(const Image&) const = default;
};

// A text, a line break within a paragraph, an image, or a node within a text that the mapping does not know.
struct Inline {
  std::string text;
  Marks marks = {};       // of a text
  std::string name = {};  // of a node
  std::shared_ptr<const Image> image = {};

  bool is_text() const { return !text.empty(); }
  bool is_image() const { return image != nullptr; }
  bool is_break() const { return text.empty() && name.empty() && !is_image(); }
  bool operator==(const Inline& other) const;
};

struct RichNode {
  NodeKind kind = NodeKind::kParagraph;
  std::int64_t number = 0;
  std::uint16_t columns = 1;  // over which a cell stretches
  std::uint16_t rows = 1;
  std::string name = {};
  std::string text = {};
  std::vector<Inline> inlines = {};
  std::vector<RichNode> children = {};

  bool operator==(const RichNode&) const = default;
};

// Appends a text; joins it with the last one if both have the same marks. Line breaks have no marks.
void add_text(std::vector<Inline>& inlines, std::string_view text, const Marks& marks);
void add_break(std::vector<Inline>& inlines);
void add_image(std::vector<Inline>& inlines, Image image);

// False for addresses that a browser would run as a program, such as "javascript:".
bool is_safe_address(std::string_view address);

// The same of addresses of images, which may hold the image itself ("data:image/png;…").
bool is_safe_image(std::string_view address);

bool is_list(NodeKind kind);
bool is_item(NodeKind kind);
bool is_cell(NodeKind kind);

// A paragraph of nothing else stands for an empty one in Markdown.
inline constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

// True for a paragraph without content.
bool is_empty_paragraph(const RichNode& node);

// True for a paragraph with nothing but an image.
bool is_only_image(const RichNode& node);

// Adds a paragraph to the blocks of a node; as an image if it is nothing else.
void add_paragraph(RichNode& into, RichNode paragraph);

// Puts an empty paragraph before other blocks of an item.
void begin_with_paragraph(RichNode& item);

// For errors: "list item".
std::string_view to_string(NodeKind kind);
std::string_view to_string(MarkKind kind);

}  // namespace syncline::forms
