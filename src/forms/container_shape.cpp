// A row of containers (Shape::kContainers): <blockGroup><blockContainer><paragraph/><blockGroup/></blockContainer>…
// Blocks below an item of a list are the blocks of the item; blocks below another block have no form but XML. A table is a
// block of rows of cells, and a cell has one paragraph.
#include <algorithm>
#include <span>
#include <utility>

#include "forms/block_id.h"
#include "forms/shapes.h"

namespace syncline::forms {
namespace {

constexpr std::string_view kTableParagraph = "tableParagraph";

const XmlNode* group_in(const XmlNode& element) {
  for (const XmlNode& child : element.children)
    if (child.name == kBlockGroup) return &child;
  return nullptr;
}

class ContainerReader {
 public:
  explicit ContainerReader(const Mapping& mapping) : mapping_(mapping) {}

  Result<void> blocks(const XmlNode* group, std::vector<RichNode>& into) const {
    if (group == nullptr) return {};
    for (const XmlNode& container : group->children) {
      if (container.name != kBlockContainer)
        return fail(ErrorCode::kNoSuchForm, "a '" + container.name + "' is no block");
      if (auto ok = block(container, into); !ok) return ok;
    }
    return {};
  }

 private:
  Result<void> block(const XmlNode& container, std::vector<RichNode>& into) const {
    if (container.children.empty() || container.children.front().is_text())
      return fail(ErrorCode::kNoSuchForm, "a block without content");
    const XmlNode& content = container.children.front();
    const XmlNode* below = group_in(container);
    const NodeName* row = mapping_.find_element(content.name);
    if (row != nullptr && is_list(row->kind)) return item(*row, content, below, into);
    if (below != nullptr && !below->children.empty())
      return fail(ErrorCode::kNoSuchForm, "blocks below a '" + content.name + "' have no form");
    if (row != nullptr && row->kind == NodeKind::kTable) return table(content, into);
    RichNode node{row == nullptr ? NodeKind::kOther : row->kind};
    if (row == nullptr) node.name = content.name;
    if (node.kind == NodeKind::kImage) {
      add_image(node.inlines, image_of(*row, content.attributes));
      into.push_back(std::move(node));
      return {};
    }
    if (node.kind == NodeKind::kCodeBlock) {
      auto text = code_of(content);
      if (!text) return std::unexpected(std::move(text.error()));
      node.text = std::move(*text);
    }
    if (row != nullptr) {
      for (const auto& [name, value] : known_attributes(mapping_, content))
        name == row->text ? void(node.name = string_of(value))
                          : void(node.number = number_of(value, 0));
    }
    if (node.kind == NodeKind::kQuote) {
      auto inner = paragraph(content);
      if (!inner) return std::unexpected(std::move(inner.error()));
      node.children.push_back(std::move(*inner));
    } else if (node.kind != NodeKind::kCodeBlock) {
      auto inner = paragraph(content);
      if (!inner) return std::unexpected(std::move(inner.error()));
      node.inlines = std::move(inner->inlines);
    }
    into.push_back(std::move(node));
    return {};
  }

  Result<void> table(const XmlNode& content, std::vector<RichNode>& into) const {
    RichNode table{NodeKind::kTable};
    for (const XmlNode& line : content.children) {
      const NodeName* row = mapping_.find_element(line.name);
      if (row == nullptr || row->kind != NodeKind::kTableRow)
        return fail(ErrorCode::kNoSuchForm, "a '" + line.name + "' in a table has no form");
      RichNode made{NodeKind::kTableRow};
      for (const XmlNode& element : line.children) {
        auto cell = this->cell(element);
        if (!cell) return std::unexpected(std::move(cell.error()));
        made.children.push_back(std::move(*cell));
      }
      table.children.push_back(std::move(made));
    }
    into.push_back(std::move(table));
    return {};
  }

  Result<RichNode> cell(const XmlNode& element) const {
    const NodeName* row = mapping_.find_element(element.name);
    if (row == nullptr || !is_cell(row->kind))
      return fail(ErrorCode::kNoSuchForm, "a '" + element.name + "' in a table has no form");
    RichNode cell{row->kind};
    cell.columns = span_of(element.attributes, row->columns);
    cell.rows = span_of(element.attributes, row->rows);
    for (const XmlNode& child : element.children) {
      if (child.name != kTableParagraph)
        return fail(ErrorCode::kNoSuchForm, "a '" + child.name + "' in a cell has no form");
      auto inner = paragraph(child);
      if (!inner) return inner;
      cell.children.push_back(std::move(*inner));
    }
    if (cell.children.empty()) cell.children.push_back({NodeKind::kParagraph});
    return cell;
  }

  Result<RichNode> paragraph(const XmlNode& content) const {
    auto inlines = inlines_of(mapping_, content);
    if (!inlines) return std::unexpected(std::move(inlines.error()));
    return RichNode{.kind = NodeKind::kParagraph, .inlines = std::move(*inlines)};
  }

  Result<void> item(const NodeName& row, const XmlNode& content, const XmlNode* below,
                    std::vector<RichNode>& into) const {
    const bool counts = row.kind == NodeKind::kOrderedList;
    const crdt::Any* given = find_value(content.attributes, row.number);
    const bool begins = counts && given != nullptr && is_set(*given);
    const auto number =
        bounded_number(row.kind, given == nullptr ? default_number(row.kind)
                                                  : number_of(*given, default_number(row.kind)));
    if (into.empty() || into.back().kind != row.kind || begins)
      into.push_back({.kind = row.kind, .number = counts ? number : 0});
    RichNode made{row.kind == NodeKind::kTaskList ? NodeKind::kTaskItem : NodeKind::kListItem};
    if (row.kind == NodeKind::kTaskList) made.number = number;
    auto first = paragraph(content);
    if (!first) return std::unexpected(std::move(first.error()));
    made.children.push_back(std::move(*first));
    if (auto ok = blocks(below, made.children); !ok) return ok;
    into.back().children.push_back(std::move(made));
    return {};
  }

  const Mapping& mapping_;
};

class ContainerWriter {
 public:
  explicit ContainerWriter(const Mapping& mapping) : mapping_(mapping) {}

  Result<XmlNode> group(std::span<const RichNode> nodes) const {
    XmlNode made{std::string(kBlockGroup)};
    for (const RichNode& node : nodes) {
      if (is_list(node.kind)) {
        if (auto ok = items(node, made); !ok) return std::unexpected(std::move(ok.error()));
        continue;
      }
      auto content = block(node);
      if (!content) return content;
      made.children.push_back(
          {.name = std::string(kBlockContainer), .children = {std::move(*content)}});
    }
    return made;
  }

 private:
  Result<XmlNode> block(const RichNode& node) const {
    if (node.kind == NodeKind::kTable) return table(node);
    if (node.kind == NodeKind::kImage)
      return XmlNode{std::string(mapping_.find(node.kind)->name),
                     attributes_of(*mapping_.find(node.kind), node)};
    if (node.kind == NodeKind::kQuote) {
      if (node.children.size() != 1 || node.children.front().kind != NodeKind::kParagraph)
        return has_no(mapping_, "quote of more than one paragraph");
      return element(node, node.children.front().inlines);
    }
    return element(node, node.inlines);
  }

  Result<XmlNode> element(const RichNode& node, const std::vector<Inline>& inlines) const {
    const NodeName* row = mapping_.find(node.kind);
    if (row == nullptr && node.kind != NodeKind::kOther)
      return has_no(mapping_, std::string(to_string(node.kind)));
    XmlNode made{row == nullptr ? node.name : std::string(row->name)};
    if (row != nullptr) made.attributes = attributes_of(*row, node);
    if (!node.text.empty()) {
      made.children.push_back({.runs = {{node.text}}});
      return made;
    }
    auto children = children_of(mapping_, inlines);
    if (!children) return std::unexpected(std::move(children.error()));
    made.children = std::move(*children);
    return made;
  }

  Result<XmlNode> table(const RichNode& table) const {
    XmlNode made{std::string(mapping_.find(NodeKind::kTable)->name)};
    for (const RichNode& row : table.children) {
      XmlNode line{std::string(mapping_.find(NodeKind::kTableRow)->name)};
      for (const RichNode& cell : row.children) {
        auto element = this->cell(cell);
        if (!element) return element;
        line.children.push_back(std::move(*element));
      }
      made.children.push_back(std::move(line));
    }
    return made;
  }

  Result<XmlNode> cell(const RichNode& cell) const {
    if (cell.children.size() != 1 || cell.children.front().kind != NodeKind::kParagraph)
      return has_no(mapping_, "cell of other content than a paragraph");
    const NodeName& row = *mapping_.find(cell.kind);
    XmlNode paragraph{std::string(kTableParagraph)};
    auto children = children_of(mapping_, cell.children.front().inlines);
    if (!children) return std::unexpected(std::move(children.error()));
    paragraph.children = std::move(*children);
    return XmlNode{.name = std::string(row.name),
                   .attributes = attributes_of(row, cell),
                   .children = {std::move(paragraph)}};
  }

  Result<void> items(const RichNode& list, XmlNode& into) const {
    for (const RichNode& item : list.children) {
      const bool first = &item == &list.children.front();
      RichNode head{list.kind};
      if (list.kind == NodeKind::kTaskList) head.number = item.number;
      if (list.kind == NodeKind::kOrderedList) head.number = first ? list.number : 1;
      auto content = element(head, item.children.front().inlines);
      if (!content) return std::unexpected(std::move(content.error()));
      XmlNode container{.name = std::string(kBlockContainer), .children = {std::move(*content)}};
      if (item.children.size() > 1) {
        auto below = group(std::span(item.children).subspan(1));
        if (!below) return std::unexpected(std::move(below.error()));
        container.children.push_back(std::move(*below));
      }
      into.children.push_back(std::move(container));
    }
    return {};
  }

  const Mapping& mapping_;
};

}  // namespace

Result<RichNode> containers_to_rich(const Mapping& mapping, const XmlNode& root) {
  RichNode document{NodeKind::kDocument};
  if (auto ok = ContainerReader(mapping).blocks(group_in(root), document.children); !ok)
    return std::unexpected(std::move(ok.error()));
  return document;
}

Result<XmlNode> containers_from_rich(const Mapping& mapping, const RichNode& document) {
  auto group = ContainerWriter(mapping).group(document.children);
  if (!group) return group;
  return XmlNode{.name = "#", .children = {std::move(*group)}};
}

}  // namespace syncline::forms
