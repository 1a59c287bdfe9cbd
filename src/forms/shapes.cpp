#include "forms/shapes.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace syncline::forms {

using crdt::Any;
using crdt::Attributes;

std::int64_t number_of(const Any& value, std::int64_t fallback) {
  if (const auto* number = std::get_if<double>(&value.value()))
    return *number >= -1e15 && *number <= 1e15 ? static_cast<std::int64_t>(*number) : fallback;
  if (const auto* number = std::get_if<std::int64_t>(&value.value())) return *number;
  if (const auto* flag = std::get_if<bool>(&value.value())) return *flag ? 1 : 0;
  const auto* text = std::get_if<std::string>(&value.value());
  if (text == nullptr) return fallback;
  if (*text == "true") return 1;
  std::int64_t number = fallback;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

std::string string_of(const Any& value) {
  const auto* text = std::get_if<std::string>(&value.value());
  return text == nullptr ? std::string() : *text;
}

bool is_set(const Any& value) {
  const auto* flag = std::get_if<bool>(&value.value());
  return !value.is_null() && !value.is_undefined() && (flag == nullptr || *flag);
}

std::int64_t default_number(NodeKind kind) {
  return kind == NodeKind::kHeading || kind == NodeKind::kOrderedList ? 1 : 0;
}

std::int64_t bounded_number(NodeKind kind, std::int64_t number) {
  constexpr std::int64_t kMostInMarkdown = 999'999'999;
  switch (kind) {
    case NodeKind::kHeading: return std::clamp<std::int64_t>(number, 1, 6);
    case NodeKind::kOrderedList: return std::clamp<std::int64_t>(number, 0, kMostInMarkdown);
    case NodeKind::kTaskList:
    case NodeKind::kTaskItem: return number == 0 ? 0 : 1;
    default: return 0;
  }
}

std::uint16_t span_of(const Attributes& attributes, std::string_view name) {
  const Any* value = find_value(attributes, name);
  return static_cast<std::uint16_t>(
      std::clamp<std::int64_t>(value == nullptr ? 1 : number_of(*value, 1), 1, kMostSpan));
}

Image image_of(const NodeName& row, const Attributes& attributes) {
  const auto text = [&](std::string_view name) {
    const Any* value = name.empty() ? nullptr : find_value(attributes, name);
    return value == nullptr ? std::string() : string_of(*value);
  };
  Image image{text(row.address), text(row.alt), text(row.title)};
  if (!is_safe_image(image.address)) image.address.clear();
  return image;
}

namespace {

void add_image_attributes(const NodeName& row, const Image& image, Attributes& attributes) {
  attributes.emplace_back(row.address, Any(image.address));
  if (!image.alt.empty()) attributes.emplace_back(row.alt, Any(image.alt));
  if (!image.title.empty()) attributes.emplace_back(row.title, Any(image.title));
}

}  // namespace

Attributes attributes_of(const NodeName& row, const RichNode& node) {
  Attributes attributes;
  if (row.kind == NodeKind::kImage)
    add_image_attributes(row, *node.inlines.front().image, attributes);
  if (node.columns != 1 && !row.columns.empty())
    attributes.emplace_back(row.columns, Any(static_cast<double>(node.columns)));
  if (node.rows != 1 && !row.rows.empty())
    attributes.emplace_back(row.rows, Any(static_cast<double>(node.rows)));
  const bool counts = row.kind == NodeKind::kOrderedList;
  if (!row.number.empty() && (!counts || node.number != default_number(row.kind))) {
    const bool flag = row.kind == NodeKind::kTaskItem || row.kind == NodeKind::kTaskList;
    attributes.emplace_back(row.number,
                            flag ? Any(node.number != 0) : Any(static_cast<double>(node.number)));
  }
  if (!row.text.empty() && !node.name.empty()) attributes.emplace_back(row.text, Any(node.name));
  return attributes;
}

bool holds_inlines(const Mapping& mapping, const XmlNode& element) {
  return std::ranges::any_of(element.children, [&](const XmlNode& child) {
    return child.is_text() || child.name == mapping.line_break ||
           (mapping.images_in_text && mapping.is_image(child.name));
  });
}

Result<std::vector<Inline>> inlines_of(const Mapping& mapping, const XmlNode& element) {
  std::vector<Inline> inlines;
  for (const XmlNode& child : element.children) {
    if (child.name == mapping.line_break) {
      add_break(inlines);
    } else if (mapping.is_image(child.name)) {
      add_image(inlines, image_of(*mapping.find(NodeKind::kImage), child.attributes));
    } else if (!child.is_text()) {
      if (mapping.find_element(child.name) != nullptr)
        return fail(ErrorCode::kNoSuchForm, "a '" + child.name + "' within a text has no form");
      inlines.push_back({.name = child.name});
    }
    for (const Run& run : child.runs) {
      if (run.embed)
        return fail(ErrorCode::kNoSuchForm, "an embed in the text has no form but JSON and XML");
      add_text(inlines, run.text, marks_of(mapping, run.formats));
    }
  }
  return inlines;
}

namespace {

Result<XmlNode> image_in_text(const Mapping& mapping, const Image& image) {
  if (!mapping.images_in_text) return has_no(mapping, "image within a text");
  const NodeName& row = *mapping.find(NodeKind::kImage);
  if (row.title.empty() && !image.title.empty()) return has_no(mapping, "title of an image");
  XmlNode made{std::string(row.name)};
  add_image_attributes(row, image, made.attributes);
  sort_by_name(made.attributes);
  return made;
}

}  // namespace

Result<std::vector<XmlNode>> children_of(const Mapping& mapping,
                                         const std::vector<Inline>& inlines) {
  std::vector<XmlNode> children;
  for (const Inline& part : inlines) {
    if (part.is_break() && mapping.line_break.empty()) return has_no(mapping, "line break");
    if (part.is_image()) {
      auto image = image_in_text(mapping, *part.image);
      if (!image) return std::unexpected(std::move(image.error()));
      children.push_back(std::move(*image));
      continue;
    }
    if (!part.is_text()) {
      children.push_back({part.is_break() ? std::string(mapping.line_break) : part.name});
      continue;
    }
    auto formats = formats_of(mapping, part.marks);
    if (!formats) return std::unexpected(std::move(formats.error()));
    if (children.empty() || !children.back().is_text()) children.push_back({});
    add_run(children.back().runs, {part.text, {}, std::move(*formats)});
  }
  return children;
}

Result<std::string> code_of(const XmlNode& element) {
  std::string code;
  for (const XmlNode& child : element.children) {
    if (!child.is_text())
      return fail(ErrorCode::kNoSuchForm, "a '" + child.name + "' within code has no form");
    for (const Run& run : child.runs) {
      if (run.embed) return fail(ErrorCode::kNoSuchForm, "an embed within code has no form");
      code += run.text;
    }
  }
  return code;
}

const std::string* embedded_image(const Mapping& mapping, const Any& embed) {
  const NodeName* row = mapping.shape == Shape::kLines ? mapping.find(NodeKind::kImage) : nullptr;
  const Any* address = row == nullptr ? nullptr : embed.find(row->name);
  return address == nullptr ? nullptr : std::get_if<std::string>(&address->value());
}

Image image_of_embed(const Mapping& mapping, const Run& run) {
  Image image = image_of(*mapping.find(NodeKind::kImage), run.formats);
  image.address = *embedded_image(mapping, *run.embed);
  if (!is_safe_image(image.address)) image.address.clear();
  return image;
}

Marks marks_of(const Mapping& mapping, const Attributes& formats) {
  Marks marks;
  for (const auto& [name, value] : formats) {
    const MarkName* row = mapping.find_mark(name);
    if (row == nullptr || !is_set(value)) continue;
    Mark mark{row->kind};
    if (row->kind == MarkKind::kLink) {
      const Any* address = row->address.empty() ? &value : value.find(row->address);
      mark.address = address == nullptr ? std::string() : string_of(*address);
      if (!is_safe_address(mark.address)) continue;
    }
    marks.push_back(std::move(mark));
  }
  std::ranges::sort(marks);
  return marks;
}

Result<Attributes> formats_of(const Mapping& mapping, const Marks& marks) {
  Attributes formats;
  for (const Mark& mark : marks) {
    const auto row = std::ranges::find(mapping.marks, mark.kind, &MarkName::kind);
    if (row == mapping.marks.end()) return has_no(mapping, std::string(to_string(mark.kind)));
    Any value = mapping.shape == Shape::kLines ? Any(true) : Any(Any::Object{});
    if (mark.kind == MarkKind::kLink)
      value = row->address.empty()
                  ? Any(mark.address)
                  : Any(Any::Object{{std::string(row->address), Any(mark.address)}});
    formats.emplace_back(row->name, std::move(value));
  }
  sort_by_name(formats);
  return formats;
}

std::unexpected<Error> has_no(const Mapping& mapping, const std::string& what) {
  return fail(ErrorCode::kUnprocessable, std::string(mapping.name) + " has no " + what);
}

}  // namespace syncline::forms
