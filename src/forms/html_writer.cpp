#include "forms/html_writer.h"

#include <algorithm>

#include "forms/bounded_text.h"

namespace syncline::forms {
namespace {

std::string_view tag_of(MarkKind kind) {
  switch (kind) {
    case MarkKind::kLink: return "a";
    case MarkKind::kBold: return "strong";
    case MarkKind::kItalic: return "em";
    case MarkKind::kUnderline: return "u";
    case MarkKind::kStrike: return "s";
    case MarkKind::kCode: return "code";
  }
  return "span";
}

class HtmlWriter {
 public:
  explicit HtmlWriter(std::size_t most) : out_(most) {}

  Result<std::string> write(const RichNode& document) {
    children(document);
    return out_.take();
  }

 private:
  void children(const RichNode& node) {
    for (const RichNode& child : node.children) {
      if (out_.full()) return;
      block(child);
    }
  }

  void block(const RichNode& node) {
    switch (node.kind) {
      case NodeKind::kDocument: return children(node);
      case NodeKind::kParagraph: return text(node, "p");
      case NodeKind::kHeading: return text(node, "h" + std::to_string(node.number));
      case NodeKind::kBulletList: return blocks(node, "ul");
      case NodeKind::kOrderedList:
        return blocks(node, "ol", node.number == 1 ? "" : number_attribute("start", node.number));
      case NodeKind::kTaskList: return blocks(node, "ul", " data-type=\"taskList\"");
      case NodeKind::kListItem: return blocks(node, "li");
      case NodeKind::kTaskItem:
        return blocks(node, "li",
                      " data-type=\"taskItem\" data-checked=\"" +
                          std::string(node.number == 0 ? "false" : "true") + "\"");
      case NodeKind::kQuote: return blocks(node, "blockquote");
      case NodeKind::kCodeBlock: return code(node);
      case NodeKind::kRule: out_ += "<hr>"; return;
      case NodeKind::kImage: return image(*node.inlines.front().image);
      case NodeKind::kTable:
        begin("table");
        blocks(node, "tbody");
        return end("table");
      case NodeKind::kTableRow: return blocks(node, "tr");
      case NodeKind::kTableHeader: return blocks(node, "th", spans(node));
      case NodeKind::kTableCell: return blocks(node, "td", spans(node));
      case NodeKind::kOther: break;
    }
    const std::string name = " data-node=\"" + escape_html(node.name) + "\"";
    node.inlines.empty() ? blocks(node, "div", name) : text(node, "div", name);
  }

  static std::string number_attribute(std::string_view name, std::int64_t number) {
    return " " + std::string(name) + "=\"" + std::to_string(number) + "\"";
  }

  static std::string spans(const RichNode& cell) {
    std::string attributes;
    if (cell.columns != 1) attributes += number_attribute("colspan", cell.columns);
    if (cell.rows != 1) attributes += number_attribute("rowspan", cell.rows);
    return attributes;
  }

  void image(const Image& image) {
    std::string attributes = " src=\"" + escape_html(image.address) + "\"";
    if (!image.alt.empty()) attributes += " alt=\"" + escape_html(image.alt) + "\"";
    if (!image.title.empty()) attributes += " title=\"" + escape_html(image.title) + "\"";
    begin("img", attributes);
  }

  void begin(std::string_view tag, std::string_view attributes = {}) {
    out_ += '<';
    out_ += tag;
    out_ += attributes;
    out_ += '>';
  }

  void end(std::string_view tag) {
    out_ += "</";
    out_ += tag;
    out_ += '>';
  }

  void blocks(const RichNode& node, std::string_view tag, std::string_view attributes = {}) {
    begin(tag, attributes);
    children(node);
    end(tag);
  }

  // A browser drops a line feed directly after <pre>, but not one after <code>.
  void code(const RichNode& node) {
    begin("pre");
    const std::string language =
        node.name.empty() ? "" : " class=\"language-" + escape_html(node.name) + "\"";
    begin("code", language);
    out_ += escape_html(node.text);
    end("code");
    end("pre");
  }

  void text(const RichNode& node, std::string_view tag, std::string_view attributes = {}) {
    begin(tag, attributes);
    Marks open;
    for (const Inline& part : node.inlines) {
      if (out_.full()) return;
      change_marks(open, part.marks);
      if (part.is_text()) {
        out_ += escape_html(part.text);
      } else if (part.is_break()) {
        out_ += "<br>";
      } else if (part.is_image()) {
        image(*part.image);
      } else {
        begin("span", " data-node=\"" + escape_html(part.name) + "\"");
        end("span");
      }
    }
    change_marks(open, {});
    end(tag);
  }

  // Closes and opens tags, and leaves those open that both have.
  void change_marks(Marks& open, const Marks& wanted) {
    const auto [differs, from] = std::ranges::mismatch(open, wanted);
    const auto same = static_cast<std::size_t>(differs - open.begin());
    while (open.size() > same) {
      end(tag_of(open.back().kind));
      open.pop_back();
    }
    for (auto mark = from; mark != wanted.end(); ++mark) {
      begin(tag_of(mark->kind), mark->kind == MarkKind::kLink ? address(*mark) : "");
      open.push_back(*mark);
    }
  }

  static std::string address(const Mark& link) {
    return " href=\"" + escape_html(link.address) + "\" rel=\"noopener noreferrer nofollow\"";
  }

  BoundedText out_;
};

}  // namespace

Result<std::string> write_html(const RichNode& document, std::size_t most) {
  return HtmlWriter(most).write(document);
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\0': out += "\xEF\xBF\xBD"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace syncline::forms
