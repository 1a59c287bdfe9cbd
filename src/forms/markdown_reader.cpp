#include "forms/markdown_reader.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "forms/cmark_memory.h"
#include "forms/inline_html.h"
#include "forms/xml_tree.h"

namespace syncline::forms {
namespace {

// Nested quotes and lists at the beginning of one line cost cmark the square of their number.
constexpr std::size_t kMostMarkersInRow = 2 * kMaxNodeDepth;

// A row of a table costs cmark the square of its cells.
constexpr std::size_t kMostColumns = 1000;

// What stands for an empty paragraph.
const std::vector<Inline> kEmptyInMarkdown{{std::string(kNoBreakSpace)}};

cmark_node* parse_markdown(CmarkMemory& memory, std::string_view text) {
  // Registering is not safe on several threads at once; looking up is.
  static const bool registered = (cmark_gfm_core_extensions_ensure_registered(), true);
  std::array<cmark_syntax_extension*, 2> extensions{};
  if (registered)
    extensions = {cmark_find_syntax_extension("strikethrough"),
                  cmark_find_syntax_extension("table")};
  return memory.parse(text, CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE, extensions);
}

std::string_view text_of(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool is_type(cmark_node* node, const char* name) {
  return std::strcmp(cmark_node_get_type_string(node), name) == 0;
}

Marks with(Marks marks, Mark mark) {
  const bool there =
      std::ranges::any_of(marks, [&](const Mark& other) { return other.kind == mark.kind; });
  if (there) return marks;
  marks.insert(std::ranges::upper_bound(marks, mark), std::move(mark));
  return marks;
}

// The inline content of one block.
class InlineReader {
 public:
  Result<std::vector<Inline>> read(cmark_node* block, int depth) {
    if (auto ok = children(block, {}, depth); !ok) return std::unexpected(std::move(ok.error()));
    if (!open_.empty())
      return fail(ErrorCode::kUnprocessable, "a <" + open_.back().tag + "> that nothing ends");
    return std::move(inlines_);
  }

 private:
  struct OpenTag {
    std::string tag;
    std::optional<Mark> mark;  // none: a link that would run a program
  };

  Result<void> children(cmark_node* node, const Marks& marks, int depth) {
    if (depth > kMaxNodeDepth) return fail(ErrorCode::kTooLarge, "marks are nested too deep");
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child))
      if (auto ok = part(child, marks, depth); !ok) return ok;
    return {};
  }

  Result<void> part(cmark_node* node, const Marks& marks, int depth) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_TEXT: text(text_of(cmark_node_get_literal(node)), marks); return {};
      case CMARK_NODE_SOFTBREAK: text(" ", marks); return {};
      case CMARK_NODE_LINEBREAK: add_break(inlines_); return {};
      case CMARK_NODE_CODE:
        text(text_of(cmark_node_get_literal(node)), with(marks, {MarkKind::kCode}));
        return {};
      case CMARK_NODE_EMPH: return children(node, with(marks, {MarkKind::kItalic}), depth + 1);
      case CMARK_NODE_STRONG: return children(node, with(marks, {MarkKind::kBold}), depth + 1);
      case CMARK_NODE_LINK: {
        Mark link{MarkKind::kLink, std::string(text_of(cmark_node_get_url(node)))};
        return children(node, is_safe_address(link.address) ? with(marks, std::move(link)) : marks,
                        depth + 1);
      }
      case CMARK_NODE_IMAGE: return image(node, marks, depth);
      case CMARK_NODE_HTML_INLINE: return html(text_of(cmark_node_get_literal(node)));
      default: break;
    }
    if (is_type(node, "strikethrough"))
      return children(node, with(marks, {MarkKind::kStrike}), depth + 1);
    return fail(ErrorCode::kUnprocessable,
                "no mapping has '" + std::string(cmark_node_get_type_string(node)) + "'");
  }

  Result<void> image(cmark_node* node, const Marks& marks, int depth) {
    const auto links = [](const Mark& mark) { return mark.kind == MarkKind::kLink; };
    if (std::ranges::any_of(marks, links) ||
        std::ranges::any_of(open_, [](const OpenTag& open) { return open.tag == "a"; }))
      return fail(ErrorCode::kUnprocessable, "no mapping has an image in a link");
    Image image{std::string(text_of(cmark_node_get_url(node))),
                {},
                std::string(text_of(cmark_node_get_title(node)))};
    if (auto ok = words(node, image.alt, depth + 1); !ok) return ok;
    add_image(inlines_, std::move(image));
    return {};
  }

  // The text of a description, without its marks.
  static Result<void> words(cmark_node* node, std::string& into, int depth) {
    if (depth > kMaxNodeDepth) return fail(ErrorCode::kTooLarge, "marks are nested too deep");
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child)) {
      const cmark_node_type type = cmark_node_get_type(child);
      if (type == CMARK_NODE_HTML_INLINE)
        return fail(ErrorCode::kUnprocessable, "no mapping has HTML in an image");
      if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) into += ' ';
      if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
        into += text_of(cmark_node_get_literal(child));
      if (auto ok = words(child, into, depth + 1); !ok) return ok;
    }
    return {};
  }

  void text(std::string_view text, Marks marks) {
    for (const OpenTag& open : open_)
      if (open.mark) marks = with(std::move(marks), *open.mark);
    add_text(inlines_, text, marks);
  }

  Result<void> html(std::string_view source) {
    auto tag = read_inline_tag(source);
    if (!tag) return std::unexpected(std::move(tag.error()));
    if (tag->is_break) {
      add_break(inlines_);
    } else if (!tag->ends) {
      if (open_.size() >= kMaxNodeDepth)
        return fail(ErrorCode::kTooLarge, "marks are nested too deep");
      const bool runs = tag->mark.kind == MarkKind::kLink && !is_safe_address(tag->mark.address);
      open_.push_back({std::move(tag->name), runs ? std::nullopt : std::optional(tag->mark)});
    } else if (open_.empty() || open_.back().tag != tag->name) {
      return fail(ErrorCode::kUnprocessable, "a </" + tag->name + "> that ends nothing");
    } else {
      open_.pop_back();
    }
    return {};
  }

  std::vector<Inline> inlines_;
  std::vector<OpenTag> open_;
};

// The lines of the source, to look up what stands at the beginning of a block.
class SourceLines {
 public:
  explicit SourceLines(std::string_view text) : text_(text), begins_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool pair = text[i] == '\r' && text.substr(i + 1).starts_with('\n');
      if (text[i] == '\n' || (text[i] == '\r' && !pair)) begins_.push_back(i + 1);
    }
  }

  std::string_view from(cmark_node* block) const {
    const auto line = static_cast<std::size_t>(cmark_node_get_start_line(block)) - 1;
    const auto column = static_cast<std::size_t>(cmark_node_get_start_column(block)) - 1;
    if (line >= begins_.size()) return {};
    return text_.substr(std::min(begins_[line] + column, text_.size()));
  }

 private:
  const std::string_view text_;
  std::vector<std::size_t> begins_;
};

class BlockReader {
 public:
  explicit BlockReader(std::string_view text) : source_(text) {}

  Result<void> children(cmark_node* node, RichNode& into, int depth) const {
    if (depth > kMaxNodeDepth / 2) return fail(ErrorCode::kTooLarge, "blocks are nested too deep");
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child))
      if (auto ok = block(child, into, depth); !ok) return ok;
    return {};
  }

 private:
  Result<void> block(cmark_node* node, RichNode& into, int depth) const {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_PARAGRAPH: return text(node, {NodeKind::kParagraph}, into, depth);
      case CMARK_NODE_HEADING: {
        RichNode heading{NodeKind::kHeading};
        heading.number = cmark_node_get_heading_level(node);
        return text(node, std::move(heading), into, depth);
      }
      case CMARK_NODE_LIST: return list(node, into, depth);
      case CMARK_NODE_BLOCK_QUOTE: {
        into.children.push_back({NodeKind::kQuote});
        return children(node, into.children.back(), depth + 1);
      }
      case CMARK_NODE_CODE_BLOCK: into.children.push_back(code(node)); return {};
      case CMARK_NODE_THEMATIC_BREAK: into.children.push_back({NodeKind::kRule}); return {};
      default: break;
    }
    if (is_type(node, "table")) return table(node, into, depth);
    const bool html = cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK;
    return fail(
        ErrorCode::kUnprocessable,
        "no mapping has " + (html ? std::string("blocks of HTML")
                                  : "'" + std::string(cmark_node_get_type_string(node)) + "'"));
  }

  static Result<void> text(cmark_node* node, RichNode made, RichNode& into, int depth) {
    auto inlines = InlineReader().read(node, depth);
    if (!inlines) return std::unexpected(std::move(inlines.error()));
    made.inlines = std::move(*inlines);
    if (made.kind == NodeKind::kParagraph && made.inlines == kEmptyInMarkdown) made.inlines.clear();
    add_paragraph(into, std::move(made));
    return {};
  }

  // A header of nothing but empty cells is there because Markdown has no table without one.
  static Result<void> table(cmark_node* node, RichNode& into, int depth) {
    RichNode table{NodeKind::kTable};
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child)) {
      auto row = table_row(child, depth + 1);
      if (!row) return std::unexpected(std::move(row.error()));
      table.children.push_back(std::move(*row));
    }
    const auto blank = [](const RichNode& cell) {
      return is_empty_paragraph(cell.children.front());
    };
    if (table.children.size() > 1 && std::ranges::all_of(table.children.front().children, blank))
      table.children.erase(table.children.begin());
    for (RichNode& row : table.children)
      for (RichNode& cell : row.children)
        if (cell.children.front().inlines == kEmptyInMarkdown)
          cell.children.front().inlines.clear();
    into.children.push_back(std::move(table));
    return {};
  }

  static Result<RichNode> table_row(cmark_node* node, int depth) {
    const bool header = is_type(node, "table_header");
    RichNode row{NodeKind::kTableRow};
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child)) {
      auto inlines = InlineReader().read(child, depth);
      if (!inlines) return std::unexpected(std::move(inlines.error()));
      RichNode cell{header ? NodeKind::kTableHeader : NodeKind::kTableCell};
      add_paragraph(cell, {.kind = NodeKind::kParagraph, .inlines = std::move(*inlines)});
      row.children.push_back(std::move(cell));
    }
    return row;
  }

  static RichNode code(cmark_node* node) {
    RichNode code{NodeKind::kCodeBlock};
    code.name = text_of(cmark_node_get_fence_info(node));
    code.text = text_of(cmark_node_get_literal(node));
    if (code.text.ends_with('\n')) code.text.pop_back();
    return code;
  }

  // What an item begins with: "[ ] " or "[x] " makes it a task. cmark has an extension for it, which finds no tasks in
  // quotes. An escaped bracket is one only in the source.
  std::optional<std::string_view> task_mark(cmark_node* item) const {
    cmark_node* first = cmark_node_first_child(item);
    if (first == nullptr || cmark_node_get_type(first) != CMARK_NODE_PARAGRAPH) return std::nullopt;
    const std::string_view source = source_.from(first);
    for (const std::string_view mark : {"[ ] ", "[x] ", "[X] "})
      if (source.starts_with(mark)) return mark;
    return std::nullopt;
  }

  // Makes a task of an item. False if its text does not begin as the source does, because that is a link.
  static bool make_task(std::string_view mark, RichNode& item) {
    auto& inlines = item.children.front().inlines;
    if (inlines.empty() || !inlines.front().marks.empty() ||
        !inlines.front().text.starts_with(mark))
      return false;
    inlines.front().text.erase(0, mark.size());
    if (inlines.front().text.empty() || inlines == kEmptyInMarkdown) inlines.erase(inlines.begin());
    item.kind = NodeKind::kTaskItem;
    item.number = mark == "[ ] " ? 0 : 1;
    return true;
  }

  // Tasks and other items in one list become lists of their own.
  Result<void> list(cmark_node* node, RichNode& into, int depth) const {
    const bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    RichNode* list = nullptr;
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child)) {
      RichNode item{NodeKind::kListItem};
      if (auto ok = children(child, item, depth + 1); !ok) return ok;
      begin_with_paragraph(item);
      const auto mark = task_mark(child);
      const bool task = mark && make_task(*mark, item);
      if (task && ordered)
        return fail(ErrorCode::kUnprocessable, "no mapping has a task in an ordered list");
      const NodeKind kind = task      ? NodeKind::kTaskList
                            : ordered ? NodeKind::kOrderedList
                                      : NodeKind::kBulletList;
      if (list == nullptr || list->kind != kind) {
        into.children.push_back({kind});
        list = &into.children.back();
        if (ordered) list->number = cmark_node_get_list_start(node);
      }
      list->children.push_back(std::move(item));
    }
    return {};
  }

  SourceLines source_;
};

// The most markers of quotes and lists that a line begins with.
std::size_t markers_in_row(std::string_view text) {
  std::size_t most = 0;
  std::size_t row = 0;
  bool beginning = true;
  const auto is_marker = [](char c) {
    return std::string_view("-*+.)").find(c) != std::string_view::npos;
  };
  const auto space_follows = [](std::string_view all, std::size_t at) {
    return at + 1 < all.size() && (all[at + 1] == ' ' || all[at + 1] == '\t');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r') {
      beginning = true;
      row = 0;
    } else if (beginning && (c == '>' || (is_marker(c) && space_follows(text, i)))) {
      most = std::max(most, ++row);
    } else if (beginning && c != ' ' && c != '\t' && !(c >= '0' && c <= '9')) {
      beginning = false;
    }
  }
  return most;
}

// The most bars in a line that may stand between the header of a table and its rows: only there do they make cells.
std::size_t most_columns(std::string_view text) {
  std::size_t most = 0;
  std::size_t bars = 0;
  bool delimits = true;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      most = std::max(most, delimits ? bars : 0);
      bars = 0;
      delimits = true;
    } else {
      bars += c == '|' ? 1 : 0;
      delimits = delimits &&
                 (c == '|' || std::string_view("-: \t>*+.)").contains(c) || (c >= '0' && c <= '9'));
    }
  }
  return std::max(most, delimits ? bars : 0);
}

}  // namespace

Result<RichNode> read_markdown(std::string_view text) {
  if (text.size() > kMaxMarkdownBytes)
    return fail(ErrorCode::kTooLarge,
                "Markdown of more than " + std::to_string(kMaxMarkdownBytes) + " bytes");
  if (!is_valid_utf8(text)) return fail(ErrorCode::kMalformed, "the text is not UTF-8");
  if (markers_in_row(text) > kMostMarkersInRow)
    return fail(ErrorCode::kTooLarge, "a line begins with too many quotes and lists");
  if (most_columns(text) > kMostColumns)
    return fail(ErrorCode::kTooLarge, "a table has too many columns");
  CmarkMemory memory(kMaxMarkdownMemory);
  cmark_node* const parsed = parse_markdown(memory, text);
  if (parsed == nullptr) return fail(ErrorCode::kTooLarge, "the Markdown has too many elements");
  RichNode document{NodeKind::kDocument};
  if (auto ok = BlockReader(text).children(parsed, document, 0); !ok)
    return std::unexpected(std::move(ok.error()));
  return document;
}

}  // namespace syncline::forms
