#include "forms/markdown_writer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "forms/bounded_text.h"
#include "forms/markdown_inlines.h"

namespace syncline::forms {
namespace {

constexpr std::string_view kEmptyParagraph = "&nbsp;";

bool looks_empty(const RichNode& node) {
  return is_empty_paragraph(node) ||
         (node.kind == NodeKind::kParagraph && node.inlines.size() == 1 &&
          node.inlines.front() == Inline{std::string(kNoBreakSpace)});
}

class MarkdownWriter {
 public:
  explicit MarkdownWriter(std::size_t most) : out_(most) {}

  Result<std::string> write(const RichNode& document) {
    std::span<const RichNode> shown = document.children;
    while (!shown.empty() && is_empty_paragraph(shown.back()))
      shown = shown.first(shown.size() - 1);
    if (auto ok = blocks(shown); !ok) return std::unexpected(std::move(ok.error()));
    return out_.take();
  }

 private:
  Result<void> blocks(std::span<const RichNode> nodes) {
    bool alternate = false;  // of two lists side by side, one has other markers
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (out_.full()) return {};
      const bool again = i > 0 && is_list(nodes[i].kind) && is_list(nodes[i - 1].kind) &&
                         (nodes[i].kind == NodeKind::kOrderedList) ==
                             (nodes[i - 1].kind == NodeKind::kOrderedList);
      alternate = again && !alternate;
      if (i > 0) line({});
      if (auto ok = block(nodes[i], alternate); !ok) return ok;
    }
    return {};
  }

  Result<void> block(const RichNode& node, bool alternate) {
    switch (node.kind) {
      case NodeKind::kParagraph:
      case NodeKind::kImage: return paragraph(node);
      case NodeKind::kTable: return table(node);
      case NodeKind::kHeading: return heading(node);
      case NodeKind::kBulletList:
      case NodeKind::kOrderedList:
      case NodeKind::kTaskList: return list(node, alternate);
      case NodeKind::kQuote: return quote(node);
      case NodeKind::kCodeBlock: return code(node);
      case NodeKind::kRule: line("---"); return {};
      default: break;
    }
    return fail(ErrorCode::kNoSuchForm,
                "Markdown has no '" +
                    (node.name.empty() ? std::string(to_string(node.kind)) : node.name) + "'");
  }

  // Writes a line after what begins it: the marks of quotes, the marker or the indentation of lists.
  void line(std::string_view text) {
    std::string_view lead = lead_;
    if (text.empty())
      while (!lead.empty() && lead.back() == ' ') lead.remove_suffix(1);
    out_ += lead;
    out_ += text;
    out_ += '\n';
    lead_ = prefix_;
  }

  void lines(std::string_view text) {
    for (;;) {
      const auto end = text.find('\n');
      line(text.substr(0, end));
      if (end == text.npos) return;
      text.remove_prefix(end + 1);
    }
  }

  Result<void> paragraph(const RichNode& node) {
    if (looks_empty(node)) {
      line(kEmptyParagraph);
      return {};
    }
    auto text = markdown_of(node.inlines, InlinePlace::kParagraph);
    if (!text) return std::unexpected(std::move(text.error()));
    lines(*text);
    return {};
  }

  Result<void> heading(const RichNode& node) {
    auto text = markdown_of(node.inlines, InlinePlace::kHeading);
    if (!text) return std::unexpected(std::move(text.error()));
    const std::string marker(static_cast<std::size_t>(node.number), '#');
    line(text->empty() ? marker : marker + " " + *text);
    return {};
  }

  // Markdown has only tables with one row of headers. A header of empty cells stands for none, so one that is there and
  // empty has a space that does not break.
  Result<void> table(const RichNode& table) {
    if (table.children.empty() || table.children.front().children.empty())
      return fail(ErrorCode::kNoSuchForm, "Markdown has no empty table");
    const auto columns = table.children.front().children.size();
    const bool headed = is_row_of(table.children.front(), NodeKind::kTableHeader);
    for (const RichNode& row : table.children) {
      if (row.children.size() != columns)
        return fail(ErrorCode::kNoSuchForm, "Markdown has no table with rows of other lengths");
      const bool first = headed && &row == &table.children.front();
      if (!first && !is_row_of(row, NodeKind::kTableCell))
        return fail(ErrorCode::kNoSuchForm,
                    "Markdown has headers only in the first row of a table");
    }
    if (!headed) {
      line(table_line(columns, " "));
      line(table_line(columns, "---"));
    }
    for (const RichNode& row : table.children) {
      if (out_.full()) return {};
      if (auto ok = table_row(row); !ok) return ok;
      if (headed && &row == &table.children.front()) line(table_line(columns, "---"));
    }
    return {};
  }

  static bool is_row_of(const RichNode& row, NodeKind kind) {
    return std::ranges::all_of(row.children,
                               [&](const RichNode& cell) { return cell.kind == kind; });
  }

  static std::string table_line(std::size_t columns, std::string_view cell) {
    std::string text = "|";
    for (std::size_t i = 0; i < columns; ++i) text += " " + std::string(cell) + " |";
    return text;
  }

  Result<void> table_row(const RichNode& row) {
    const bool blank = row.children.front().kind == NodeKind::kTableHeader &&
                       std::ranges::all_of(row.children, [](const RichNode& cell) {
                         return cell.children.size() == 1 && looks_empty(cell.children.front());
                       });
    if (blank) {
      line(table_line(row.children.size(), kEmptyParagraph));
      return {};
    }
    std::string text = "|";
    for (const RichNode& cell : row.children) {
      auto content = this->cell(cell);
      if (!content) return std::unexpected(std::move(content.error()));
      text += " " + *content + " |";
    }
    line(text);
    return {};
  }

  static Result<std::string> cell(const RichNode& cell) {
    const bool plain =
        cell.children.size() == 1 && (cell.children.front().kind == NodeKind::kParagraph ||
                                      cell.children.front().kind == NodeKind::kImage);
    if (!plain)
      return fail(ErrorCode::kNoSuchForm, "Markdown has no cell of other content than a paragraph");
    if (cell.columns != 1 || cell.rows != 1)
      return fail(ErrorCode::kNoSuchForm, "Markdown has no cell over several columns or rows");
    if (looks_empty(cell.children.front())) return std::string();
    return markdown_of(cell.children.front().inlines, InlinePlace::kCell);
  }

  Result<void> quote(const RichNode& node) {
    const std::string outside = prefix_;
    lead_ += "> ";
    prefix_ += "> ";
    if (node.children.empty()) line({});
    auto ok = blocks(node.children);
    lead_ = prefix_ = outside;
    return ok;
  }

  Result<void> code(const RichNode& node) {
    std::size_t longest = 2;
    for (std::size_t i = 0, run = 0; i < node.text.size(); ++i) {
      run = node.text[i] == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    if (node.name.find_first_of("`\n\r") != std::string::npos)
      return fail(ErrorCode::kNoSuchForm, "Markdown has no code in this language");
    const std::string fence(longest + 1, '`');
    std::string language;
    for (const char c : node.name) {
      if (c == '\\' || c == '&') language += '\\';
      language += c;
    }
    line(fence + language);
    if (!node.text.empty()) lines(node.text);
    line(fence);
    return {};
  }

  // An item is short if a list of such items needs no empty lines.
  static bool is_short(const RichNode& item) {
    return std::ranges::all_of(std::span(item.children).subspan(1), [&](const RichNode& below) {
      return follows_closely(item, below) && std::ranges::all_of(below.children, is_short);
    });
  }

  // True for a list that may stand directly below the paragraph of its item.
  static bool follows_closely(const RichNode& item, const RichNode& below) {
    return item.children.size() == 2 && is_list(below.kind) &&
           !looks_empty(item.children.front()) &&
           (below.kind != NodeKind::kOrderedList || below.number == 1) && !below.children.empty() &&
           !looks_empty(below.children.front().children.front());
  }

  Result<void> list(const RichNode& list, bool alternate) {
    if (list.children.empty()) return fail(ErrorCode::kNoSuchForm, "Markdown has no empty list");
    const bool tight = std::ranges::all_of(list.children, is_short);
    std::int64_t number = list.number;
    for (const RichNode& item : list.children) {
      if (out_.full()) return {};
      if (item.children.empty() || item.children.front().kind != NodeKind::kParagraph)
        return fail(ErrorCode::kNoSuchForm, "Markdown has no item that begins without a paragraph");
      if (!tight && &item != &list.children.front()) line({});
      std::string marker = alternate ? "* " : "- ";
      if (list.kind == NodeKind::kOrderedList)
        marker = std::to_string(number++) + (alternate ? ") " : ". ");
      if (auto ok = this->item(list, item, marker); !ok) return ok;
    }
    return {};
  }

  Result<void> item(const RichNode& list, const RichNode& item, const std::string& marker) {
    const std::string outside = prefix_;
    lead_ += marker;
    prefix_.append(marker.size(), ' ');
    const bool task = list.kind == NodeKind::kTaskList;
    if (task) lead_ += item.number == 0 ? "[ ] " : "[x] ";
    auto ok = first(item, task);
    const auto below = std::span(item.children).subspan(1);
    if (ok && below.size() == 1 && follows_closely(item, below.front())) {
      ok = this->list(below.front(), false);
    } else if (ok && !below.empty()) {
      line({});
      ok = blocks(below);
    }
    lead_ = prefix_ = outside;
    return ok;
  }

  // The first paragraph of an item. An empty one needs nothing if a block of another kind follows.
  Result<void> first(const RichNode& item, bool task) {
    const RichNode& paragraph = item.children.front();
    if (!looks_empty(paragraph)) return this->paragraph(paragraph);
    const bool alone = item.children.size() == 1;
    line(task || !alone ? kEmptyParagraph : std::string_view());
    return {};
  }

  BoundedText out_;
  std::string prefix_;  // of each further line
  std::string lead_;    // of the next line
};

}  // namespace

Result<std::string> write_markdown(const RichNode& document, std::size_t most) {
  return MarkdownWriter(most).write(document);
}

}  // namespace syncline::forms
