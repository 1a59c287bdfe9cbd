#include "forms/mapping.h"

#include <algorithm>
#include <array>
#include <utility>

#include "forms/block_id.h"
#include "forms/lexical.h"
#include "forms/shapes.h"

namespace syncline::forms {
namespace {

using crdt::Any;
using crdt::Attributes;

constexpr std::array kMappings{&kTiptapMapping, &kProseMirrorMapping, &kBlockNoteMapping,
                               &kQuillMapping, &kLexicalMapping};

// TipTap's for an application that has images within texts. Chosen by the content, under the same name.
const Mapping& with_images_in_text(const Mapping& mapping) {
  static const Mapping tiptap = [] {
    Mapping made = kTiptapMapping;
    made.images_in_text = true;
    return made;
  }();
  return &mapping == &kTiptapMapping ? tiptap : mapping;
}

bool has_image_in_text(const Mapping& mapping, const XmlNode& node) {
  return std::ranges::any_of(node.children, [&](const XmlNode& child) {
    const NodeName* row = mapping.find_element(node.name);
    const bool text = row != nullptr && row->kind == NodeKind::kParagraph;
    return (text && mapping.is_image(child.name)) || has_image_in_text(mapping, child);
  });
}

// How many nodes and formats a mapping does not know.
std::size_t unknown_in(const Mapping& mapping, const XmlNode& node) {
  std::size_t unknown = 0;
  for (const XmlNode& child : node.children) {
    const bool known = child.is_text() || child.name == mapping.line_break ||
                       mapping.find_element(child.name) != nullptr;
    unknown += (known ? 0 : 1) + unknown_in(mapping, child);
  }
  for (const Run& run : node.runs)
    for (const auto& format : run.formats)
      if (mapping.find_mark(format.first) == nullptr) ++unknown;
  return unknown;
}

const Mapping& adapted(const Mapping& mapping, const XmlNode& root) {
  return has_image_in_text(mapping, root) ? with_images_in_text(mapping) : mapping;
}

bool is_lexical(const XmlNode& root) {
  return !root.children.empty() && !lexical_name(root.children.front().attributes).empty();
}

const Mapping& fitting(const XmlNode& root) {
  if (root.is_text()) return kQuillMapping;
  if (is_lexical(root)) return kLexicalMapping;
  if (!root.children.empty() && root.children.front().name == kBlockGroup) return kBlockNoteMapping;
  return unknown_in(kProseMirrorMapping, root) < unknown_in(kTiptapMapping, root)
             ? kProseMirrorMapping
             : kTiptapMapping;
}

void add_known_spans(const NodeName& row, const XmlNode& element, Attributes& known) {
  for (const std::string_view name : {row.columns, row.rows})
    if (!name.empty())
      known.emplace_back(name, Any(static_cast<double>(span_of(element.attributes, name))));
}

void add_known_image(const NodeName& row, const XmlNode& element, Attributes& known) {
  const Image image = image_of(row, element.attributes);
  known.emplace_back(row.address, Any(image.address));
  if (!row.alt.empty()) known.emplace_back(row.alt, Any(image.alt));
  if (!row.title.empty()) known.emplace_back(row.title, Any(image.title));
}

Any canonical_line(const NodeName& row, const Any& value) {
  if (row.kind == NodeKind::kHeading) return Any(static_cast<double>(number_of(value, 0)));
  if (row.kind == NodeKind::kCodeBlock) {
    const std::string language = string_of(value);
    return Any(language == "plain" || language == "true" ? std::string() : language);
  }
  return row.value.empty() ? Any(is_set(value)) : value;
}

Attributes known_of_newline(const Mapping& mapping, const Attributes& formats) {
  Attributes known;
  bool list = false;
  for (const auto& [name, value] : formats) {
    const NodeName* row = mapping.find_element(name);
    if (row == nullptr || row->kind == NodeKind::kImage || !is_set(value)) continue;
    list = list || !row->value.empty();
    known.emplace_back(name, canonical_line(*row, value));
  }
  if (!list) return known;
  const Any* indent = find_value(formats, kIndentFormat);
  const auto depth = indent == nullptr ? 0 : number_of(*indent, 0);
  if (depth > 0) known.emplace_back(kIndentFormat, Any(static_cast<double>(depth)));
  sort_by_name(known);
  return known;
}

}  // namespace

const NodeName* Mapping::find(NodeKind kind) const {
  const auto row = std::ranges::find(nodes, kind, &NodeName::kind);
  return row == nodes.end() ? nullptr : &*row;
}

const NodeName* Mapping::find_element(std::string_view element) const {
  const auto row = std::ranges::find(nodes, element, &NodeName::name);
  return row == nodes.end() ? nullptr : &*row;
}

bool Mapping::is_image(std::string_view element) const {
  const NodeName* row = find_element(element);
  return row != nullptr && row->kind == NodeKind::kImage;
}

const MarkName* Mapping::find_mark(std::string_view format) const {
  const auto row = std::ranges::find(marks, format, &MarkName::name);
  return row == marks.end() ? nullptr : &*row;
}

Result<const Mapping*> choose_mapping(const XmlNode& root, std::string_view name) {
  if (name.empty()) return &adapted(fitting(root), root);
  const auto found = std::ranges::find(kMappings, name, &Mapping::name);
  if (found == kMappings.end())
    return fail(
        ErrorCode::kInvalid,
        "there is no such mapping: choose tiptap, prosemirror, blocknote, quill or lexical");
  if (root.is_text() != ((*found)->shape == Shape::kLines))
    return fail(ErrorCode::kInvalid, root.is_text()
                                         ? "a text has only the mapping quill"
                                         : "the mapping quill is for a text, and this is XML");
  if (is_lexical(root) && *found != &kLexicalMapping)
    return fail(ErrorCode::kInvalid, "a document of Lexical has only the mapping lexical");
  return &adapted(**found, root);
}

Result<RichNode> to_rich(const Mapping& mapping, const XmlNode& root) {
  switch (mapping.shape) {
    case Shape::kNested: return nested_to_rich(mapping, root);
    case Shape::kContainers: return containers_to_rich(mapping, root);
    case Shape::kLexical: return lexical_to_rich(mapping, root);
    case Shape::kLines: break;
  }
  return lines_to_rich(mapping, root);
}

Result<XmlNode> from_rich(const Mapping& mapping, const RichNode& document) {
  switch (mapping.shape) {
    case Shape::kNested: return nested_from_rich(mapping, document);
    case Shape::kContainers: return containers_from_rich(mapping, document);
    case Shape::kLexical:
      return fail(ErrorCode::kUnprocessable,
                  "a document of Lexical is not written as Markdown or HTML: change its texts by "
                  "quotes, with PATCH");
    case Shape::kLines: break;
  }
  return lines_from_rich(mapping, document);
}

Attributes known_attributes(const Mapping& mapping, const XmlNode& element) {
  Attributes known;
  const NodeName* row = mapping.find_element(element.name);
  if (row == nullptr) return known;
  if (!row->number.empty()) {
    const Any* value = find_value(element.attributes, row->number);
    const auto fallback = default_number(row->kind);
    const auto number = value == nullptr ? fallback : number_of(*value, fallback);
    known.emplace_back(row->number, Any(static_cast<double>(bounded_number(row->kind, number))));
  }
  add_known_spans(*row, element, known);
  if (row->kind == NodeKind::kImage) add_known_image(*row, element, known);
  if (!row->text.empty()) {
    const Any* value = find_value(element.attributes, row->text);
    known.emplace_back(row->text, Any(value == nullptr ? std::string() : string_of(*value)));
  }
  return known;
}

Attributes known_formats(const Mapping& mapping, const Attributes& formats, bool newline) {
  if (formats.empty()) return {};
  if (newline && mapping.shape == Shape::kLines) return known_of_newline(mapping, formats);
  Attributes known;
  for (const Mark& mark : marks_of(mapping, formats)) {
    const auto row = std::ranges::find(mapping.marks, mark.kind, &MarkName::kind);
    known.emplace_back(row->name, mark.kind == MarkKind::kLink ? Any(mark.address) : Any(true));
  }
  sort_by_name(known);
  return known;
}

}  // namespace syncline::forms
