// An element for each node (Shape::kNested).
#include <utility>

#include "forms/shapes.h"

namespace syncline::forms {
namespace {

bool holds_text(NodeKind kind) {
  return kind == NodeKind::kParagraph || kind == NodeKind::kHeading;
}

class NestedReader {
 public:
  explicit NestedReader(const Mapping& mapping) : mapping_(mapping) {}

  Result<RichNode> read(const XmlNode& element) const {
    const NodeName* row = mapping_.find_element(element.name);
    RichNode node{row == nullptr ? NodeKind::kOther : row->kind};
    if (row == nullptr) {
      node.name = element.name;
    } else {
      read_attributes(*row, element, node);
      if (node.kind == NodeKind::kCodeBlock) return code(std::move(node), element);
      if (node.kind == NodeKind::kImage) {
        add_image(node.inlines, image_of(*row, element.attributes));
        return node;
      }
    }
    const bool inlines =
        holds_text(node.kind) || (row == nullptr && holds_inlines(mapping_, element));
    return inlines ? text(std::move(node), element) : blocks(std::move(node), element);
  }

  Result<RichNode> blocks(RichNode node, const XmlNode& element) const {
    for (const XmlNode& child : element.children) {
      if (child.is_text()) {
        if (child.runs.empty()) continue;
        return fail(ErrorCode::kNoSuchForm,
                    "a text directly in a '" + element.name + "' has no form");
      }
      auto read_child = read(child);
      if (!read_child) return read_child;
      if (!may_contain(node.kind, read_child->kind))
        return fail(ErrorCode::kNoSuchForm,
                    "a '" + child.name + "' in a '" + element.name + "' has no form");
      add_paragraph(node, std::move(*read_child));
    }
    if (is_cell(node.kind) && node.children.empty())
      node.children.push_back({NodeKind::kParagraph});
    return node;
  }

 private:
  static bool may_contain(NodeKind parent, NodeKind child) {
    if (parent == NodeKind::kTable) return child == NodeKind::kTableRow;
    if (parent == NodeKind::kTableRow) return is_cell(child);
    return child != NodeKind::kTableRow && !is_cell(child);
  }

  static void read_attributes(const NodeName& row, const XmlNode& element, RichNode& node) {
    if (!row.number.empty()) {
      const crdt::Any* value = find_value(element.attributes, row.number);
      const auto fallback = default_number(row.kind);
      node.number =
          bounded_number(row.kind, value == nullptr ? fallback : number_of(*value, fallback));
    }
    if (row.kind == NodeKind::kOrderedList && row.number.empty()) node.number = 1;
    if (!row.columns.empty()) node.columns = span_of(element.attributes, row.columns);
    if (!row.rows.empty()) node.rows = span_of(element.attributes, row.rows);
    if (row.text.empty()) return;
    if (const crdt::Any* value = find_value(element.attributes, row.text))
      node.name = string_of(*value);
  }

  Result<RichNode> text(RichNode node, const XmlNode& element) const {
    auto inlines = inlines_of(mapping_, element);
    if (!inlines) return std::unexpected(std::move(inlines.error()));
    node.inlines = std::move(*inlines);
    return node;
  }

  static Result<RichNode> code(RichNode node, const XmlNode& element) {
    auto text = code_of(element);
    if (!text) return std::unexpected(std::move(text.error()));
    node.text = std::move(*text);
    return node;
  }

  const Mapping& mapping_;
};

Result<XmlNode> nested_element(const Mapping& mapping, const RichNode& node);

// Where images are blocks, an item that begins with one begins with an empty paragraph.
Result<void> add_nested(const Mapping& mapping, const RichNode& child, bool begins_item,
                        XmlNode& into) {
  const bool moves = begins_item && is_only_image(child) && !mapping.images_in_text;
  if (moves) into.children.push_back({std::string(mapping.find(NodeKind::kParagraph)->name)});
  auto made = moves ? nested_element(mapping, {.kind = NodeKind::kImage, .inlines = child.inlines})
                    : nested_element(mapping, child);
  if (!made) return std::unexpected(std::move(made.error()));
  into.children.push_back(std::move(*made));
  return {};
}

Result<XmlNode> nested_element(const Mapping& mapping, const RichNode& node) {
  if (node.kind == NodeKind::kImage && mapping.images_in_text)
    return nested_element(mapping, {.kind = NodeKind::kParagraph, .inlines = node.inlines});
  XmlNode element{"#"};
  if (node.kind == NodeKind::kOther) {
    element.name = node.name;
  } else if (node.kind != NodeKind::kDocument) {
    const NodeName* row = mapping.find(node.kind);
    if (row == nullptr) return has_no(mapping, std::string(to_string(node.kind)));
    element.name = row->name;
    element.attributes = attributes_of(*row, node);
    if (node.kind == NodeKind::kImage) return element;
  }
  if (!node.text.empty()) element.children.push_back({.runs = {{node.text}}});
  if (!node.inlines.empty()) {
    auto children = children_of(mapping, node.inlines);
    if (!children) return std::unexpected(std::move(children.error()));
    element.children = std::move(*children);
  }
  for (const RichNode& child : node.children) {
    const bool begins_item = is_item(node.kind) && &child == &node.children.front();
    if (auto ok = add_nested(mapping, child, begins_item, element); !ok)
      return std::unexpected(std::move(ok.error()));
  }
  return element;
}

}  // namespace

Result<RichNode> nested_to_rich(const Mapping& mapping, const XmlNode& root) {
  return NestedReader(mapping).blocks({NodeKind::kDocument}, root);
}

Result<XmlNode> nested_from_rich(const Mapping& mapping, const RichNode& document) {
  return nested_element(mapping, document);
}

}  // namespace syncline::forms
