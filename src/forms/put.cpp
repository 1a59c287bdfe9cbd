#include "forms/put.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crdt/engine.h"
#include "forms/block_id.h"
#include "forms/html_reader.h"
#include "forms/mapping.h"
#include "forms/markdown_reader.h"
#include "forms/node_edit.h"
#include "forms/roots.h"
#include "forms/shapes.h"
#include "forms/text_edit.h"

namespace syncline::forms {
namespace {

using crdt::TypeKind;

struct Target {
  std::string root;
  std::optional<crdt::Type> type = {};  // nullopt: there is nothing yet
  XmlNode now = {"#"};
  const Mapping* mapping = nullptr;
};

Result<const Mapping*> mapping_of_new(const std::string& name) {
  const XmlNode xml{"#"};
  if (name.empty()) return choose_mapping(xml, kTiptapMapping.name);
  return choose_mapping(name == kQuillMapping.name ? XmlNode{} : xml, name);
}

Result<Target> find_target(crdt::Doc& doc, const PutWish& wish) {
  Target target{wish.root};
  if (wish.root.empty()) {
    if (doc.roots().empty())
      return fail(ErrorCode::kInvalid, "the document is empty: name the root with root=");
    auto only = chosen_root(doc, {});
    if (!only) return std::unexpected(std::move(only.error()));
    target.root = only->path().root;
  }
  target.type = doc.find_root(target.root);
  if (target.type && !doc.engine().shown_kind(target.type->index())) target.type.reset();
  if (target.type) {
    auto now = read_xml(*target.type);
    if (!now)
      return fail(
          now.error().code == ErrorCode::kNoSuchForm ? ErrorCode::kUnprocessable : now.error().code,
          now.error().message);
    target.now = std::move(*now);
  }
  auto mapping =
      target.type ? choose_mapping(target.now, wish.mapping) : mapping_of_new(wish.mapping);
  if (!mapping) return std::unexpected(std::move(mapping.error()));
  target.mapping = *mapping;
  return target;
}

// The root under the kind that it has, or gets now.
crdt::Type editable(crdt::Doc& doc, const Target& target) {
  const TypeKind kind = target.type ? doc.engine().printed_kind(target.type->index())
                        : target.mapping->shape == Shape::kLines ? TypeKind::kText
                                                                 : TypeKind::kXmlFragment;
  switch (kind) {
    case TypeKind::kText: return doc.text(target.root);
    case TypeKind::kXmlText: return doc.xml_text(target.root);
    case TypeKind::kXmlElement: return doc.xml_element(target.root);
    default: return doc.xml_fragment(target.root);
  }
}

// ---- what there is and the form cannot say

std::string unknown_name(const Mapping& mapping, const XmlNode& node) {
  for (const XmlNode& child : node.children) {
    const bool container = mapping.shape == Shape::kContainers && is_container(child.name);
    const bool known = child.is_text() || container || child.name == mapping.line_break ||
                       mapping.find_element(child.name) != nullptr;
    if (!known) return child.name;
    if (std::string inside = unknown_name(mapping, child); !inside.empty()) return inside;
  }
  return {};
}

bool has_unknown_embed(const Mapping& mapping, const XmlNode& node) {
  return std::ranges::any_of(node.runs,
                             [&](const Run& run) {
                               return run.embed && embedded_image(mapping, *run.embed) == nullptr;
                             }) ||
         std::ranges::any_of(node.children, [&](const XmlNode& child) {
           return has_unknown_embed(mapping, child);
         });
}

Result<void> check_sayable(const Target& target, Form form) {
  if (has_unknown_embed(*target.mapping, target.now))
    return fail(ErrorCode::kUnprocessable, "the document has an embed in its text, which " +
                                               std::string(to_string(form)) + " cannot say");
  const std::string unknown =
      form == Form::kMarkdown ? unknown_name(*target.mapping, target.now) : std::string();
  if (unknown.empty()) return {};
  return fail(ErrorCode::kUnprocessable,
              "the document has a '" + unknown + "', which Markdown cannot say");
}

// ---- what Markdown does not show at the end

bool is_empty_block(const Mapping& mapping, const XmlNode& node) {
  if (node.name == kBlockContainer && mapping.shape == Shape::kContainers)
    return node.children.size() == 1 && is_empty_block(mapping, node.children.front());
  const NodeName* paragraph = mapping.find(NodeKind::kParagraph);
  return paragraph != nullptr && node.name == paragraph->name &&
         std::ranges::all_of(node.children, [](const XmlNode& child) {
           return child.is_text() && child.runs.empty();
         });
}

template <typename Node>
Node* row_of_blocks(const Mapping& mapping, Node& root) {
  if (mapping.shape == Shape::kNested) return &root;
  return root.children.empty() ? nullptr : &root.children.front();
}

// Where the empty paragraphs at the end begin.
std::size_t end_of_shown(const Mapping& mapping, const std::vector<XmlNode>& blocks) {
  std::size_t end = blocks.size();
  while (end > 0 && is_empty_block(mapping, blocks[end - 1])) --end;
  return end;
}

// Empty paragraphs at the end stay, because Markdown does not show them.
void keep_last_paragraphs(const Mapping& mapping, const XmlNode& now, XmlNode& wanted) {
  const XmlNode* old_row = row_of_blocks(mapping, now);
  XmlNode* new_row = row_of_blocks(mapping, wanted);
  if (old_row == nullptr || new_row == nullptr) return;
  const std::size_t old_end = end_of_shown(mapping, old_row->children);
  const std::size_t said = new_row->children.size() - end_of_shown(mapping, new_row->children);
  for (std::size_t at = old_end + said; at < old_row->children.size(); ++at)
    new_row->children.push_back(old_row->children[at]);
}

// The last line of a text needs no newline, unless it is something else than a paragraph.
void end_as_before(const XmlNode& now, XmlNode& wanted) {
  const bool ended = !now.runs.empty() && now.runs.back().text.ends_with('\n');
  if (ended || wanted.runs.empty() || !wanted.runs.back().formats.empty()) return;
  std::string& last = wanted.runs.back().text;
  if (last.ends_with('\n')) last.pop_back();
  if (last.empty()) wanted.runs.pop_back();
}

}  // namespace

Result<void> put_form(crdt::Doc& doc, const PutWish& wish, std::string_view text) {
  auto read = wish.form == Form::kHtml ? read_html(text) : read_markdown(text);
  if (!read) return std::unexpected(std::move(read.error()));
  auto target = find_target(doc, wish);
  if (!target) return std::unexpected(std::move(target.error()));
  const Mapping& mapping = *target->mapping;
  auto wanted = from_rich(mapping, *read);
  if (!wanted) return std::unexpected(std::move(wanted.error()));
  if (auto ok = check_sayable(*target, wish.form); !ok) return ok;

  Result<void> done;
  if (mapping.shape == Shape::kLines) {
    end_as_before(target->now, *wanted);
    const crdt::Delta delta = text_edit(mapping, target->now.runs, wanted->runs);
    doc.transact([&] {
      const auto root = crdt::as<crdt::Text>(editable(doc, *target));
      if (!delta.empty()) done = crdt::Text(root).apply_delta(delta);
    });
    return done;
  }
  if (wish.form == Form::kMarkdown) keep_last_paragraphs(mapping, target->now, *wanted);
  const auto edit = NodePlanner(mapping).plan(target->now, *wanted);
  if (!edit) return std::unexpected(edit.error());
  doc.transact([&] {
    const auto root = crdt::as<crdt::XmlFragment>(editable(doc, *target));
    done = apply_edit(mapping, *edit, target->now, *wanted, root);
  });
  return done;
}

}  // namespace syncline::forms
