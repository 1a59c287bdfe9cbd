// A text of lines (Shape::kLines). The formats of a newline say what the line before it is. The last line has no
// newline if it is a plain paragraph. A list is a row of lines with an indent each; an item has one paragraph.
#include <algorithm>
#include <span>
#include <utility>

#include "forms/shapes.h"

namespace syncline::forms {
namespace {

using crdt::Any;
using crdt::Attributes;

struct Line {
  std::vector<Inline> inlines = {};
  Attributes formats = {};  // known ones
};

std::string text_of(const Line& line) {
  std::string text;
  for (const Inline& part : line.inlines) text += part.text;
  return text;
}

Result<std::vector<Line>> split_lines(const Mapping& mapping, const std::vector<Run>& runs) {
  std::vector<Line> lines;
  Line line;
  for (const Run& run : runs) {
    if (run.embed) {
      if (embedded_image(mapping, *run.embed) == nullptr)
        return fail(ErrorCode::kNoSuchForm,
                    "an embed in the text has no form but JSON, XML and delta");
      add_image(line.inlines, image_of_embed(mapping, run));
      continue;
    }
    std::string_view text = run.text;
    const Marks marks = marks_of(mapping, run.formats);
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      add_text(line.inlines, text.substr(0, end), marks);
      line.formats = known_formats(mapping, run.formats, true);
      lines.push_back(std::exchange(line, {}));
      text.remove_prefix(end + 1);
    }
    add_text(line.inlines, text, marks);
  }
  if (!line.inlines.empty()) lines.push_back(std::move(line));
  return lines;
}

class LineReader {
 public:
  LineReader(const Mapping& mapping, std::vector<Line> lines)
      : mapping_(mapping), lines_(std::move(lines)) {}

  Result<RichNode> read() {
    RichNode document{NodeKind::kDocument};
    while (at_ < lines_.size()) {
      auto node = block();
      if (!node) return node;
      document.children.push_back(std::move(*node));
    }
    return document;
  }

 private:
  // What the line is, and the row that says it.
  const NodeName* row(const Line& line) const {
    for (const NodeName& each : mapping_.nodes) {
      if (each.kind == NodeKind::kImage) continue;
      const Any* value = find_value(line.formats, each.name);
      if (value != nullptr && (each.value.empty() || string_of(*value) == each.value)) return &each;
    }
    return nullptr;
  }

  NodeKind kind(std::size_t at) const {
    const NodeName* found = at < lines_.size() ? row(lines_[at]) : nullptr;
    return found == nullptr ? NodeKind::kParagraph : found->kind;
  }

  static NodeKind list_of(NodeKind kind) {
    return kind == NodeKind::kTaskItem ? NodeKind::kTaskList : kind;
  }
  static bool is_item(NodeKind kind) { return is_list(kind) || kind == NodeKind::kTaskItem; }

  std::int64_t indent(std::size_t at) const {
    const Any* value = find_value(lines_[at].formats, kIndentFormat);
    return value == nullptr ? 0 : number_of(*value, 0);
  }

  RichNode paragraph() {
    return {.kind = NodeKind::kParagraph, .inlines = std::move(lines_[at_++].inlines)};
  }

  Result<RichNode> block() {
    const NodeKind what = kind(at_);
    if (is_item(what)) return list(0);
    if (what == NodeKind::kQuote) {
      RichNode quote{what};
      while (at_ < lines_.size() && kind(at_) == what) add_paragraph(quote, paragraph());
      return quote;
    }
    if (what == NodeKind::kCodeBlock) return code();
    RichNode node = paragraph();
    node.kind = what;
    if (is_only_image(node)) node.kind = NodeKind::kImage;
    if (what == NodeKind::kHeading)
      node.number = bounded_number(
          what, number_of(*find_value(lines_[at_ - 1].formats, mapping_.find(what)->name), 1));
    return node;
  }

  Result<RichNode> code() {
    const NodeName& name = *mapping_.find(NodeKind::kCodeBlock);
    RichNode code{NodeKind::kCodeBlock};
    code.name = string_of(*find_value(lines_[at_].formats, name.name));
    const std::size_t first = at_;
    for (; kind(at_) == NodeKind::kCodeBlock; ++at_) {
      if (string_of(*find_value(lines_[at_].formats, name.name)) != code.name) break;
      if (std::ranges::any_of(lines_[at_].inlines, &Inline::is_image))
        return fail(ErrorCode::kNoSuchForm, "an image within code has no form");
      code.text += (at_ == first ? "" : "\n") + text_of(lines_[at_]);
    }
    return code;
  }

  Result<RichNode> list(std::int64_t depth) {
    if (indent(at_) != depth || depth > kMaxNodeDepth / 4)
      return fail(ErrorCode::kNoSuchForm, "a list that is indented by more than one level");
    RichNode list{list_of(kind(at_))};
    if (list.kind == NodeKind::kOrderedList) list.number = 1;
    while (at_ < lines_.size() && list_of(kind(at_)) == list.kind && indent(at_) == depth) {
      RichNode item{list.kind == NodeKind::kTaskList ? NodeKind::kTaskItem : NodeKind::kListItem};
      item.number = kind(at_) == NodeKind::kTaskItem ? 1 : 0;
      item.children.push_back(paragraph());
      while (at_ < lines_.size() && is_item(kind(at_)) && indent(at_) > depth) {
        auto below = this->list(depth + 1);
        if (!below) return below;
        item.children.push_back(std::move(*below));
      }
      list.children.push_back(std::move(item));
    }
    return list;
  }

  const Mapping& mapping_;
  std::vector<Line> lines_;
  std::size_t at_ = 0;
};

class LineWriter {
 public:
  explicit LineWriter(const Mapping& mapping) : mapping_(mapping) {}

  Result<void> block(const RichNode& node) {
    switch (node.kind) {
      case NodeKind::kParagraph:
      case NodeKind::kImage: return line(node.inlines, {});
      case NodeKind::kHeading:
        return line(node.inlines, format(node.kind, Any(static_cast<double>(node.number))));
      case NodeKind::kQuote: return quote(node);
      case NodeKind::kCodeBlock: return code(node);
      case NodeKind::kBulletList:
      case NodeKind::kOrderedList:
      case NodeKind::kTaskList: return list(node, 0);
      case NodeKind::kOther: return has_no(mapping_, node.name);
      default: return has_no(mapping_, std::string(to_string(node.kind)));
    }
  }

  std::vector<Run> take() { return std::move(runs_); }

 private:
  Attributes format(NodeKind kind, Any value) const {
    return {{std::string(mapping_.find(kind)->name), std::move(value)}};
  }

  Result<void> line(const std::vector<Inline>& inlines, Attributes formats) {
    for (const Inline& part : inlines) {
      if (part.is_image()) {
        if (auto ok = image(*part.image); !ok) return ok;
        continue;
      }
      if (!part.is_text()) return has_no(mapping_, part.is_break() ? "line break" : part.name);
      auto marks = formats_of(mapping_, part.marks);
      if (!marks) return std::unexpected(std::move(marks.error()));
      add_run(runs_, {part.text, {}, std::move(*marks)});
    }
    add_run(runs_, {"\n", {}, std::move(formats)});
    return {};
  }

  Result<void> image(const Image& image) {
    const NodeName& row = *mapping_.find(NodeKind::kImage);
    if (!image.title.empty()) return has_no(mapping_, "title of an image");
    Attributes formats;
    if (!image.alt.empty()) formats.emplace_back(row.alt, Any(image.alt));
    add_run(runs_, {{}, Any(Any::Object{{std::string(row.name), Any(image.address)}}), formats});
    return {};
  }

  Result<void> quote(const RichNode& node) {
    for (const RichNode& child : node.children) {
      if (child.kind != NodeKind::kParagraph && child.kind != NodeKind::kImage)
        return has_no(mapping_, std::string(to_string(child.kind)) + " in a quote");
      if (auto ok = line(child.inlines, format(NodeKind::kQuote, Any(true))); !ok) return ok;
    }
    return {};
  }

  Result<void> code(const RichNode& node) {
    std::string_view text = node.text;
    const Attributes formats =
        format(NodeKind::kCodeBlock, node.name.empty() ? Any(true) : Any(node.name));
    for (;;) {
      const auto end = text.find('\n');
      add_run(runs_, {std::string(text.substr(0, end))});
      add_run(runs_, {"\n", {}, formats});
      if (end == text.npos) return {};
      text.remove_prefix(end + 1);
    }
  }

  Result<void> list(const RichNode& node, int depth) {
    if (node.kind == NodeKind::kOrderedList && node.number != 1)
      return has_no(mapping_, "list that begins with " + std::to_string(node.number));
    for (const RichNode& item : node.children) {
      const NodeKind kind =
          node.kind == NodeKind::kTaskList && item.number != 0 ? NodeKind::kTaskItem : node.kind;
      Attributes formats = format(kind, Any(std::string(mapping_.find(kind)->value)));
      if (depth > 0) formats.emplace_back(kIndentFormat, Any(static_cast<double>(depth)));
      sort_by_name(formats);
      if (auto ok = line(item.children.front().inlines, std::move(formats)); !ok) return ok;
      for (const RichNode& below : std::span(item.children).subspan(1)) {
        if (!is_list(below.kind))
          return has_no(mapping_, "second " + std::string(to_string(below.kind)) + " in an item");
        if (auto ok = list(below, depth + 1); !ok) return ok;
      }
    }
    return {};
  }

  const Mapping& mapping_;
  std::vector<Run> runs_;
};

}  // namespace

Result<RichNode> lines_to_rich(const Mapping& mapping, const XmlNode& root) {
  auto lines = split_lines(mapping, root.runs);
  if (!lines) return std::unexpected(std::move(lines.error()));
  return LineReader(mapping, std::move(*lines)).read();
}

Result<XmlNode> lines_from_rich(const Mapping& mapping, const RichNode& document) {
  LineWriter writer(mapping);
  for (const RichNode& node : document.children)
    if (auto ok = writer.block(node); !ok) return std::unexpected(std::move(ok.error()));
  return XmlNode{.runs = writer.take()};
}

}  // namespace syncline::forms
