// Random documents, as far as a mapping can store them, of characters that mean something in Markdown and HTML.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "forms/mapping.h"
#include "forms/rich_tree.h"

namespace syncline::forms {

class RandomTree {
 public:
  RandomTree(const Mapping& mapping, std::uint32_t seed) : mapping_(mapping), dice_(seed) {}

  RichNode document() {
    RichNode document{NodeKind::kDocument};
    document.children = blocks(1 + below(6), 0);
    while (!document.children.empty() && is_empty_paragraph(document.children.back()))
      document.children.pop_back();
    return document;
  }

  // The same with one block changed, come, or gone.
  RichNode changed(RichNode document) {
    auto& blocks = document.children;
    const std::size_t at = below(static_cast<std::uint32_t>(blocks.size() + 1));
    const std::uint32_t what = below(4);
    if (what == 0 && at < blocks.size() && !blocks[at].inlines.empty()) {
      Inline& part = blocks[at].inlines.front();
      if (part.is_text()) part.text += "x";
    } else if (what == 1 && at < blocks.size()) {
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      RichNode made{NodeKind::kHeading, 1};
      made.inlines = inlines();
      blocks.insert(blocks.begin() + static_cast<std::ptrdiff_t>(at), std::move(made));
    }
    RichNode last{NodeKind::kHeading, 2};
    blocks.push_back(std::move(last));
    separate(blocks);
    return document;
  }

  std::uint32_t below(std::uint32_t most) { return static_cast<std::uint32_t>(dice_() % most); }

 private:
  bool lines() const { return mapping_.shape == Shape::kLines; }
  bool flat() const { return mapping_.shape != Shape::kNested; }
  bool has(NodeKind kind) const { return mapping_.find(kind) != nullptr; }

  std::vector<RichNode> blocks(std::uint32_t count, int depth) {
    std::vector<RichNode> made;
    for (std::uint32_t i = 0; i < count; ++i) made.push_back(block(depth));
    separate(made);
    return made;
  }

  // What an editor that has no lists, but rows of items, could not keep apart.
  void separate(std::vector<RichNode>& blocks) const {
    if (!flat()) return;
    const auto same = [&](const RichNode& a, const RichNode& b) {
      return a.kind == b.kind && (is_list(a.kind) || (lines() && (a.kind == NodeKind::kQuote ||
                                                                  a.kind == NodeKind::kCodeBlock)));
    };
    blocks.erase(std::unique(blocks.begin(), blocks.end(), same), blocks.end());
  }

  RichNode block(int depth) {
    const std::uint32_t what = below(depth < 3 ? 12 : 4);
    RichNode node;
    switch (what) {
      case 3:
        node.kind = NodeKind::kHeading;
        node.number = 1 + below(6);
        break;
      case 4:
        node.kind = NodeKind::kCodeBlock;
        node.text = text(false);
        if (below(2) == 0) node.text += "\n" + text(false);
        if (below(2) == 0) node.name = "c++";
        return node;
      case 5:
        if (!has(NodeKind::kRule)) break;
        node.kind = NodeKind::kRule;
        return node;
      case 6:
        node.kind = NodeKind::kQuote;
        if (flat())
          add_paragraph(node, {.kind = NodeKind::kParagraph, .inlines = inlines()});
        else
          node.children = blocks(1 + below(3), depth + 1);
        return node;
      case 7: return list(NodeKind::kBulletList, depth);
      case 8: return list(NodeKind::kOrderedList, depth);
      case 9:
        return list(has(NodeKind::kTaskList) ? NodeKind::kTaskList : NodeKind::kBulletList, depth);
      case 10:
        if (!has(NodeKind::kTable)) break;
        return table();
      case 11:
        if (!has(NodeKind::kImage)) break;
        node.kind = NodeKind::kImage;
        add_image(node.inlines, image());
        return node;
      default: break;
    }
    if (what > 0) node.inlines = inlines();
    if (is_only_image(node)) node.kind = NodeKind::kImage;
    return node;
  }

  // As far as Markdown has tables.
  RichNode table() {
    RichNode table{NodeKind::kTable};
    const bool headed = below(2) == 0;
    const std::uint32_t columns = 1 + below(3);
    for (std::uint32_t i = 0; i <= below(3); ++i) {
      RichNode row{NodeKind::kTableRow};
      for (std::uint32_t j = 0; j < columns; ++j) {
        RichNode cell{headed && i == 0 ? NodeKind::kTableHeader : NodeKind::kTableCell};
        RichNode paragraph;
        if (below(4) > 0) paragraph.inlines = inlines();
        add_paragraph(cell, std::move(paragraph));
        row.children.push_back(std::move(cell));
      }
      table.children.push_back(std::move(row));
    }
    return table;
  }

  Image image() {
    Image image{address()};
    if (below(2) == 0) image.alt = text(true);
    if (below(2) == 0 && !lines()) image.title = "say \"" + text(true) + "\"\nand more";
    return image;
  }

  RichNode list(NodeKind kind, int depth) {
    RichNode list{kind};
    if (kind == NodeKind::kOrderedList) list.number = lines() ? 1 : below(12);
    for (std::uint32_t i = 0; i <= below(3); ++i) {
      RichNode item{kind == NodeKind::kTaskList ? NodeKind::kTaskItem : NodeKind::kListItem};
      if (kind == NodeKind::kTaskList) item.number = below(2);
      item.children = blocks(below(3), depth + 1);
      if (lines())
        std::erase_if(item.children, [](const RichNode& child) { return !is_list(child.kind); });
      separate(item.children);
      item.children.insert(item.children.begin(),
                           {.kind = NodeKind::kParagraph, .inlines = inlines()});
      list.children.push_back(std::move(item));
    }
    return list;
  }

  std::vector<Inline> inlines() {
    std::vector<Inline> made;
    for (std::uint32_t i = below(4); i > 0; --i) {
      if (!lines() && below(6) == 0) add_break(made);
      if (mapping_.images_in_text && below(6) == 0) add_image(made, image());
      Marks marks;
      for (const MarkName& mark : mapping_.marks)
        if (below(4) == 0)
          marks.push_back({mark.kind, mark.kind == MarkKind::kLink ? address() : ""});
      std::ranges::sort(marks);
      add_text(made, text(true), marks);
    }
    return made;
  }

  std::string address() {
    constexpr const char* kAddresses[] = {"https://a.b/c?d=1&amp;e=2#f", "/relative (one)",
                                          "mailto:a@b.c", "https://x/<y>\"'\\&lt;", ""};
    return kAddresses[below(5)];
  }

  std::string text(bool tabs) {
    constexpr const char* kPieces[] = {
        "word",         "two words", "*", "**",    "_",       "a_b", "`",   "``", "[x](y)",
        "<b>",          "&amp;",     "#", "1.",    "-",       "+ ",  ">",   " ",  "  ",
        "\\",           "~~",        "|", ":-:",   "é",       "🎉",   "---", "=",  "!",
        "http://a.b/c", "(",         ")", "&nbsp", "\u00a0x", "12)", "'"};
    std::string made;
    for (std::uint32_t i = 0; i <= below(4); ++i) {
      const std::uint32_t at = below(std::size(kPieces) + 1);
      made += at == std::size(kPieces) ? (tabs ? "\t" : "x") : kPieces[at];
    }
    return made;
  }

  const Mapping& mapping_;
  std::mt19937 dice_;
};

}  // namespace syncline::forms
