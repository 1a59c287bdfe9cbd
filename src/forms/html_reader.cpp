#include "forms/html_reader.h"

#include <gumbo.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/utf8.h"
#include "forms/gumbo_memory.h"
#include "forms/html_check.h"
#include "forms/inline_html.h"
#include "forms/xml_tree.h"

namespace syncline::forms {
namespace {

bool is_html_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

std::span<GumboNode* const> children_in(const GumboNode* node) {
  const GumboVector& children = node->v.element.children;
  return {reinterpret_cast<GumboNode* const*>(children.data), children.length};
}

bool is_element(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

// In lower case; as it was written if HTML has no such element.
std::string name_of(const GumboNode* node) {
  const GumboElement& element = node->v.element;
  if (element.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(element.tag);
  GumboStringPiece original = element.original_tag;
  gumbo_tag_from_original_text(&original);
  return original.data == nullptr ? "?" : std::string(original.data, original.length);
}

std::string_view attribute_of(const GumboNode* node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

std::unexpected<Error> unknown(const std::string& name) {
  return fail(ErrorCode::kUnprocessable, "no mapping has <" + name + ">");
}

std::unexpected<Error> too_deep() {
  return fail(ErrorCode::kTooLarge, "elements are nested too deep");
}

Marks marked(Marks marks, Mark mark) {
  if (std::ranges::any_of(marks, [&](const Mark& other) { return other.kind == mark.kind; }))
    return marks;
  marks.insert(std::ranges::upper_bound(marks, mark), std::move(mark));
  return marks;
}

// Inline content that is being collected. Spaces with a line feed among them are one line feed, until the end says whether
// they are a space or nothing.
class InlineCollector {
 public:
  void text(std::string_view text, const Marks& marks) {
    std::string kept;
    while (!text.empty()) {
      const auto begin = std::ranges::find_if(text, is_html_space);
      kept.append(text.begin(), begin);
      const auto end = std::find_if_not(begin, text.end(), is_html_space);
      const std::string_view space(begin, end);
      kept += space.find('\n') == space.npos ? space : "\n";
      text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    }
    add_text(inlines_, kept, marks);
  }
  void line_break() { add_break(inlines_); }
  void image(Image image) { add_image(inlines_, std::move(image)); }
  void node(std::string name) { inlines_.push_back({.name = std::move(name)}); }

  bool is_blank() const {
    return std::ranges::all_of(inlines_, [](const Inline& part) {
      return part.is_text() && std::ranges::all_of(part.text, is_html_space);
    });
  }

  std::vector<Inline> take() {
    std::vector<Inline> taken;
    for (Inline& part : inlines_) {
      const bool first = &part == &inlines_.front();
      const bool last = &part == &inlines_.back();
      if (part.is_text()) {
        while (first && part.text.starts_with('\n')) part.text.erase(0, 1);
        while (last && part.text.ends_with('\n')) part.text.pop_back();
        std::ranges::replace(part.text, '\n', ' ');
        add_text(taken, part.text, part.marks);
      } else {
        taken.push_back(std::move(part));
      }
    }
    inlines_.clear();
    return taken;
  }

 private:
  std::vector<Inline> inlines_;
};

class HtmlReader {
 public:
  Result<RichNode> read(const GumboNode* root) const {
    RichNode document{NodeKind::kDocument};
    if (auto ok = blocks(root, document, 0); !ok) return std::unexpected(std::move(ok.error()));
    return document;
  }

 private:
  static void flush(InlineCollector& pending, RichNode& into) {
    const bool blank = pending.is_blank();
    RichNode paragraph{.kind = NodeKind::kParagraph, .inlines = pending.take()};
    if (blank) return;
    // Images beside each other, outside of a paragraph, are blocks.
    if (std::ranges::all_of(paragraph.inlines, &Inline::is_image)) {
      for (Inline& image : paragraph.inlines)
        add_paragraph(into, {.kind = NodeKind::kParagraph, .inlines = {std::move(image)}});
      return;
    }
    add_paragraph(into, std::move(paragraph));
  }

  // Blocks, and paragraphs of the texts between them.
  Result<void> blocks(const GumboNode* parent, RichNode& into, int depth) const {
    InlineCollector pending;
    if (auto ok = content(parent, into, pending, depth); !ok) return ok;
    flush(pending, into);
    return {};
  }

  Result<void> content(const GumboNode* parent, RichNode& into, InlineCollector& pending,
                       int depth) const {
    if (depth > kMaxNodeDepth) return too_deep();
    for (const GumboNode* child : children_in(parent)) {
      if (!is_element(child)) {
        if (auto ok = part(child, {}, pending, depth); !ok) return ok;
        continue;
      }
      if (child->v.element.tag_namespace != GUMBO_NAMESPACE_HTML) return unknown(name_of(child));
      auto taken = block(child, into, pending, depth);
      if (!taken) return std::unexpected(std::move(taken.error()));
      if (*taken) continue;
      if (auto ok = part(child, {}, pending, depth); !ok) return ok;
    }
    return {};
  }

  // False if the element is none of a block.
  Result<bool> block(const GumboNode* node, RichNode& into, InlineCollector& pending,
                     int depth) const {
    const GumboTag tag = node->v.element.tag;
    switch (tag) {
      case GUMBO_TAG_HEAD: return head(node);
      case GUMBO_TAG_HTML:
      case GUMBO_TAG_BODY:
      case GUMBO_TAG_DIV:
      case GUMBO_TAG_MAIN:
      case GUMBO_TAG_SECTION:
      case GUMBO_TAG_ARTICLE:
      case GUMBO_TAG_HEADER:
      case GUMBO_TAG_FOOTER: break;
      case GUMBO_TAG_P:
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
      case GUMBO_TAG_H3:
      case GUMBO_TAG_H4:
      case GUMBO_TAG_H5:
      case GUMBO_TAG_H6:
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL:
      case GUMBO_TAG_BLOCKQUOTE:
      case GUMBO_TAG_PRE:
      case GUMBO_TAG_TABLE:
      case GUMBO_TAG_HR: break;
      default: return false;
    }
    flush(pending, into);
    auto ok = named_block(node, into, depth);
    if (!ok) return std::unexpected(std::move(ok.error()));
    return true;
  }

  Result<void> named_block(const GumboNode* node, RichNode& into, int depth) const {
    switch (node->v.element.tag) {
      case GUMBO_TAG_P: return text(node, {NodeKind::kParagraph}, into, depth);
      case GUMBO_TAG_H1: return heading(node, 1, into, depth);
      case GUMBO_TAG_H2: return heading(node, 2, into, depth);
      case GUMBO_TAG_H3: return heading(node, 3, into, depth);
      case GUMBO_TAG_H4: return heading(node, 4, into, depth);
      case GUMBO_TAG_H5: return heading(node, 5, into, depth);
      case GUMBO_TAG_H6: return heading(node, 6, into, depth);
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL: return list(node, into, depth);
      case GUMBO_TAG_PRE: return code(node, into, depth);
      case GUMBO_TAG_TABLE: return table(node, into, depth);
      case GUMBO_TAG_HR: into.children.push_back({NodeKind::kRule}); return {};
      case GUMBO_TAG_BLOCKQUOTE: {
        RichNode quote{NodeKind::kQuote};
        auto ok = blocks(node, quote, depth + 1);
        into.children.push_back(std::move(quote));
        return ok;
      }
      default: break;
    }
    const std::string_view other = attribute_of(node, "data-node");
    return other.empty() ? blocks(node, into, depth + 1) : this->other(node, other, into, depth);
  }

  static Result<bool> head(const GumboNode* node) {
    for (const GumboNode* child : children_in(node)) {
      const bool left_out = !is_element(child) || child->v.element.tag == GUMBO_TAG_TITLE ||
                            child->v.element.tag == GUMBO_TAG_META;
      if (!left_out) return unknown(name_of(child));
    }
    return true;
  }

  Result<void> text(const GumboNode* node, RichNode made, RichNode& into, int depth) const {
    InlineCollector inlines;
    if (auto ok = parts(node, {}, inlines, depth + 1); !ok) return ok;
    made.inlines = inlines.take();
    add_paragraph(into, std::move(made));
    return {};
  }

  Result<void> heading(const GumboNode* node, int level, RichNode& into, int depth) const {
    RichNode made{NodeKind::kHeading};
    made.number = level;
    return text(node, std::move(made), into, depth);
  }

  // A node that the mapping does not know: inline content alone is its own, and no paragraph in it.
  Result<void> other(const GumboNode* node, std::string_view name, RichNode& into,
                     int depth) const {
    RichNode made{NodeKind::kOther};
    made.name = name;
    InlineCollector pending;
    if (auto ok = content(node, made, pending, depth + 1); !ok) return ok;
    if (made.children.empty() && !pending.is_blank())
      made.inlines = pending.take();
    else
      flush(pending, made);
    into.children.push_back(std::move(made));
    return {};
  }

  Result<void> list(const GumboNode* node, RichNode& into, int depth) const {
    const bool ordered = node->v.element.tag == GUMBO_TAG_OL;
    const bool tasks = attribute_of(node, "data-type") == "taskList";
    RichNode list{tasks     ? NodeKind::kTaskList
                  : ordered ? NodeKind::kOrderedList
                            : NodeKind::kBulletList};
    if (ordered) list.number = number(attribute_of(node, "start"));
    for (const GumboNode* child : children_in(node)) {
      if (child->type == GUMBO_NODE_WHITESPACE || child->type == GUMBO_NODE_COMMENT) continue;
      if (child->type != GUMBO_NODE_ELEMENT || child->v.element.tag != GUMBO_TAG_LI)
        return fail(ErrorCode::kUnprocessable, "a list has other content than <li>");
      RichNode item{tasks ? NodeKind::kTaskItem : NodeKind::kListItem};
      if (tasks) item.number = attribute_of(child, "data-checked") == "true" ? 1 : 0;
      if (auto ok = blocks(child, item, depth + 2); !ok) return ok;
      begin_with_paragraph(item);
      list.children.push_back(std::move(item));
    }
    into.children.push_back(std::move(list));
    return {};
  }

  Result<void> table(const GumboNode* node, RichNode& into, int depth) const {
    RichNode table{NodeKind::kTable};
    if (auto ok = rows(node, table, depth + 1); !ok) return ok;
    into.children.push_back(std::move(table));
    return {};
  }

  Result<void> rows(const GumboNode* node, RichNode& table, int depth) const {
    for (const GumboNode* child : children_in(node)) {
      if (child->type == GUMBO_NODE_WHITESPACE || child->type == GUMBO_NODE_COMMENT) continue;
      switch (is_element(child) ? child->v.element.tag : GUMBO_TAG_UNKNOWN) {
        case GUMBO_TAG_COLGROUP: continue;
        case GUMBO_TAG_THEAD:
        case GUMBO_TAG_TBODY:
        case GUMBO_TAG_TFOOT:
          if (auto ok = rows(child, table, depth); !ok) return ok;
          continue;
        case GUMBO_TAG_TR: break;
        default: return fail(ErrorCode::kUnprocessable, "a table has other content than rows");
      }
      RichNode row{NodeKind::kTableRow};
      for (const GumboNode* cell : children_in(child)) {
        if (!is_element(cell)) continue;
        if (auto ok = this->cell(cell, row, depth + 1); !ok) return ok;
      }
      table.children.push_back(std::move(row));
    }
    return {};
  }

  Result<void> cell(const GumboNode* node, RichNode& row, int depth) const {
    const bool header = node->v.element.tag == GUMBO_TAG_TH;
    RichNode cell{header ? NodeKind::kTableHeader : NodeKind::kTableCell};
    const auto span = [&](const char* name) {
      return static_cast<std::uint16_t>(
          std::clamp<std::int64_t>(number(attribute_of(node, name)), 1, kMostSpan));
    };
    cell.columns = span("colspan");
    cell.rows = span("rowspan");
    if (auto ok = blocks(node, cell, depth + 1); !ok) return ok;
    if (cell.children.empty()) cell.children.push_back({NodeKind::kParagraph});
    row.children.push_back(std::move(cell));
    return {};
  }

  static std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    for (const char c : text) {
      if (c < '0' || c > '9' || value > 99'999'999) return 1;
      value = value * 10 + (c - '0');
    }
    return text.empty() ? 1 : value;
  }

  Result<void> code(const GumboNode* node, RichNode& into, int depth) const {
    RichNode made{NodeKind::kCodeBlock};
    constexpr std::string_view kPrefix = "language-";
    for (const GumboNode* child : children_in(node)) {
      if (!is_element(child) || child->v.element.tag != GUMBO_TAG_CODE) continue;
      const std::string_view language = attribute_of(child, "class");
      if (language.starts_with(kPrefix)) made.name = language.substr(kPrefix.size());
    }
    if (auto ok = code_text(node, made.text, depth); !ok) return ok;
    into.children.push_back(std::move(made));
    return {};
  }

  static Result<void> code_text(const GumboNode* node, std::string& text, int depth) {
    if (depth > kMaxNodeDepth) return too_deep();
    for (const GumboNode* child : children_in(node)) {
      if (child->type == GUMBO_NODE_COMMENT) continue;
      if (!is_element(child)) {
        text += child->v.text.text;
        continue;
      }
      const GumboTag tag = child->v.element.tag;
      if (tag == GUMBO_TAG_BR) text += '\n';
      if (tag != GUMBO_TAG_BR && tag != GUMBO_TAG_CODE && tag != GUMBO_TAG_SPAN)
        return unknown(name_of(child));
      if (auto ok = code_text(child, text, depth + 1); !ok) return ok;
    }
    return {};
  }

  static Result<void> image(const GumboNode* node, const Marks& marks, InlineCollector& into) {
    const auto links = [](const Mark& mark) { return mark.kind == MarkKind::kLink; };
    if (std::ranges::any_of(marks, links))
      return fail(ErrorCode::kUnprocessable, "no mapping has an image in a link");
    into.image({std::string(attribute_of(node, "src")), std::string(attribute_of(node, "alt")),
                std::string(attribute_of(node, "title"))});
    return {};
  }

  Result<void> parts(const GumboNode* parent, const Marks& marks, InlineCollector& into,
                     int depth) const {
    if (depth > kMaxNodeDepth) return too_deep();
    for (const GumboNode* child : children_in(parent))
      if (auto ok = part(child, marks, into, depth); !ok) return ok;
    return {};
  }

  Result<void> part(const GumboNode* node, const Marks& marks, InlineCollector& into,
                    int depth) const {
    if (node->type == GUMBO_NODE_COMMENT) return {};
    if (!is_element(node)) {
      into.text(node->v.text.text, marks);
      return {};
    }
    const std::string name = name_of(node);
    if (node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML) return unknown(name);
    if (name == "br") {
      into.line_break();
      return {};
    }
    if (name == "img") return image(node, marks, into);
    if (const auto kind = mark_of_tag(name))
      return parts(node, marked(marks, {*kind}), into, depth + 1);
    if (name == "a") {
      Mark link{MarkKind::kLink, std::string(attribute_of(node, "href"))};
      return parts(node, is_safe_address(link.address) ? marked(marks, std::move(link)) : marks,
                   into, depth + 1);
    }
    if (name != "span") return unknown(name);
    const std::string_view other = attribute_of(node, "data-node");
    if (other.empty()) return parts(node, marks, into, depth + 1);
    into.node(std::string(other));
    return {};
  }
};

}  // namespace

Result<RichNode> read_html(std::string_view text) {
  if (text.size() > kMaxHtmlBytes)
    return fail(ErrorCode::kTooLarge,
                "HTML of more than " + std::to_string(kMaxHtmlBytes) + " bytes");
  if (!is_valid_utf8(text)) return fail(ErrorCode::kMalformed, "the text is not UTF-8");
  if (auto ok = check_tags(text); !ok) return std::unexpected(std::move(ok.error()));
  GumboMemory memory(kMaxHtmlMemory);
  const GumboOutput* parsed = memory.parse(text);
  if (parsed == nullptr) return fail(ErrorCode::kTooLarge, "the HTML has too many elements");
  return HtmlReader().read(parsed->root);
}

}  // namespace syncline::forms
