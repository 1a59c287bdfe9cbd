// A tree of Lexical (Shape::kLexical, forms/lexical.h). Links are elements within a text. An item that has nothing but a list
// is how Lexical nests lists: this list is below the item before.
#include <algorithm>
#include <utility>

#include "forms/shapes.h"

namespace syncline::forms {
namespace {

constexpr std::string_view kLinks[] = {"link", "autolink"};

bool is_link(const XmlNode& element) {
  return std::ranges::find(kLinks, element.name) != std::end(kLinks);
}

class LexicalReader {
 public:
  explicit LexicalReader(const Mapping& mapping) : mapping_(mapping) {}

  Result<void> blocks(const XmlNode& element, RichNode& into) const {
    for (const XmlNode& child : element.children) {
      if (child.is_text() || child.name == mapping_.line_break || is_link(child))
        return fail(ErrorCode::kNoSuchForm,
                    "a text directly in a '" + element.name + "' has no form");
      auto read = block(child);
      if (!read) return std::unexpected(std::move(read.error()));
      into.children.push_back(std::move(*read));
    }
    return {};
  }

 private:
  Result<RichNode> block(const XmlNode& element) const {
    const NodeName* row = mapping_.find_element(element.name);
    RichNode node{row == nullptr ? NodeKind::kOther : row->kind};
    switch (node.kind) {
      case NodeKind::kBulletList: return list(element);
      case NodeKind::kCodeBlock: return code(element);
      case NodeKind::kRule: return node;
      case NodeKind::kQuote: {
        auto inner = text({NodeKind::kParagraph}, element);
        if (!inner) return inner;
        node.children.push_back(std::move(*inner));
        return node;
      }
      case NodeKind::kHeading: {
        const std::string tag = value_of(element, row->number);
        node.number = tag.size() == 2 && tag[1] >= '1' && tag[1] <= '6' ? tag[1] - '0' : 1;
        break;
      }
      case NodeKind::kOther:
        node.name = element.name;
        if (!has_text(element)) return other(std::move(node), element);
        break;
      default: break;
    }
    return text(std::move(node), element);
  }

  static std::string value_of(const XmlNode& element, std::string_view name) {
    const crdt::Any* value = find_value(element.attributes, name);
    return value == nullptr ? std::string() : string_of(*value);
  }

  bool has_text(const XmlNode& element) const {
    return std::ranges::any_of(element.children, [&](const XmlNode& child) {
      return child.is_text() || child.name == mapping_.line_break || is_link(child);
    });
  }

  Result<RichNode> other(RichNode node, const XmlNode& element) const {
    if (auto ok = blocks(element, node); !ok) return std::unexpected(std::move(ok.error()));
    return node;
  }

  Result<RichNode> text(RichNode node, const XmlNode& element) const {
    if (auto ok = inlines(element, {}, node.inlines); !ok)
      return std::unexpected(std::move(ok.error()));
    return node;
  }

  Result<void> inlines(const XmlNode& element, const Marks& around,
                       std::vector<Inline>& into) const {
    for (const XmlNode& child : element.children) {
      if (child.name == mapping_.line_break) {
        add_break(into);
      } else if (is_link(child)) {
        Mark link{MarkKind::kLink, value_of(child, "__url")};
        const bool safe = is_safe_address(link.address);
        if (auto ok = inlines(child, safe ? Marks{std::move(link)} : around, into); !ok) return ok;
      } else if (!child.is_text()) {
        if (mapping_.find_element(child.name) != nullptr)
          return fail(ErrorCode::kNoSuchForm, "a '" + child.name + "' within a text has no form");
        into.push_back({.name = child.name});
      }
      for (const Run& run : child.runs) {
        Marks marks = marks_of(mapping_, run.formats);
        marks.insert(marks.begin(), around.begin(), around.end());  // links come first
        add_text(into, run.text, marks);
      }
    }
    return {};
  }

  Result<RichNode> code(const XmlNode& element) const {
    RichNode code{NodeKind::kCodeBlock};
    code.name = value_of(element, mapping_.find(NodeKind::kCodeBlock)->text);
    for (const XmlNode& child : element.children) {
      if (!child.is_text() && child.name != mapping_.line_break)
        return fail(ErrorCode::kNoSuchForm, "a '" + child.name + "' within code has no form");
      if (!child.is_text()) code.text += '\n';
      for (const Run& run : child.runs) code.text += run.text;
    }
    return code;
  }

  Result<RichNode> list(const XmlNode& element) const {
    const std::string type = value_of(element, "__listType");
    RichNode list{NodeKind::kBulletList};
    for (const NodeName& row : mapping_.nodes)
      if (row.name == element.name && row.value == type) list.kind = row.kind;
    if (list.kind == NodeKind::kOrderedList) {
      const crdt::Any* start = find_value(element.attributes, "__start");
      list.number = bounded_number(list.kind, start == nullptr ? 1 : number_of(*start, 1));
    }
    const bool tasks = list.kind == NodeKind::kTaskList;
    for (const XmlNode& child : element.children) {
      if (child.name != mapping_.find(NodeKind::kListItem)->name)
        return fail(ErrorCode::kNoSuchForm, "a list has other content than items");
      const bool nested = child.children.size() == 1 && child.children.front().name == element.name;
      if (!nested || list.children.empty()) {
        RichNode item{tasks ? NodeKind::kTaskItem : NodeKind::kListItem};
        const crdt::Any* checked = find_value(child.attributes, "__checked");
        if (tasks && checked != nullptr) item.number = number_of(*checked, 0) == 0 ? 0 : 1;
        item.children.push_back({NodeKind::kParagraph});
        list.children.push_back(std::move(item));
      }
      if (auto ok = item(child, nested, list.children.back()); !ok)
        return std::unexpected(std::move(ok.error()));
    }
    return list;
  }

  Result<void> item(const XmlNode& element, bool nested, RichNode& item) const {
    if (nested) return blocks(element, item);
    return inlines(element, {}, item.children.front().inlines);
  }

  const Mapping& mapping_;
};

}  // namespace

Result<RichNode> lexical_to_rich(const Mapping& mapping, const XmlNode& root) {
  RichNode document{NodeKind::kDocument};
  if (auto ok = LexicalReader(mapping).blocks(root, document); !ok)
    return std::unexpected(std::move(ok.error()));
  return document;
}

}  // namespace syncline::forms
