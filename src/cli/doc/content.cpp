#include "cli/doc/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cli/json.h"
#include "crdt/engine.h"

namespace syncline::cli {
namespace {

using crdt::Any;
using crdt::TypeKind;

constexpr std::string_view kMark = "⟦";

// Omits deeper types, as the engine's JSON does.
constexpr int kMaxDepth = crdt::kMaxAnyDepth;

Any nested_content(const crdt::Type& type, bool marks, int depth);

Any value_content(const crdt::Value& value, bool marks, int depth) {
  if (const auto* any = std::get_if<Any>(&value)) return *any;
  if (const auto* type = std::get_if<crdt::Type>(&value))
    return nested_content(*type, marks, depth + 1);
  return Any::Object{{"guid", Any(std::get<crdt::Subdoc>(value).guid)}};
}

// "⟦color="red"⟧text⟦/color⟧", with formats sorted by name.
std::string marked(const crdt::DeltaOp& op) {
  std::string inner = op.text;
  for (std::size_t at = 0; (at = inner.find(kMark, at)) != inner.npos; at += 2 * kMark.size())
    inner.insert(at, kMark);
  if (!op.values.empty())
    inner = fmt::format("⟦{}⟧", compact_json(value_content(op.values.front(), true, 0)));
  crdt::Attributes attributes = op.attributes;
  std::sort(attributes.begin(), attributes.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [name, value] : attributes) {
    const std::string shown = value == Any(true) ? "" : "=" + compact_json(value);
    inner = fmt::format("⟦{0}{1}⟧{2}⟦/{0}⟧", name, shown, inner);
  }
  return inner;
}

Any text_content(const crdt::Text& text, bool marks) {
  if (!marks) return text.to_string();
  std::string out;
  for (const crdt::DeltaOp& op : text.to_delta()) out += marked(op);
  return out;
}

Any nested_content(const crdt::Type& type, bool marks, int depth) {
  if (depth > kMaxDepth) return "…";
  switch (type.kind()) {
    case TypeKind::kArray: {
      Any::Array array;
      for (const crdt::Value& value : crdt::as<crdt::Array>(type).values())
        array.push_back(value_content(value, marks, depth));
      return array;
    }
    case TypeKind::kMap: {
      Any::Object object;
      for (const auto& [key, value] : crdt::as<crdt::Map>(type).entries())
        object.emplace_back(key, value_content(value, marks, depth));
      return object;
    }
    case TypeKind::kText: return text_content(crdt::as<crdt::Text>(type), marks);
    case TypeKind::kXmlElement:
    case TypeKind::kXmlFragment:
    case TypeKind::kXmlHook:
    case TypeKind::kXmlText:
    case TypeKind::kUndefined: return type.to_json();
  }
  return Any();
}

}  // namespace

crdt::Type root_type(crdt::Doc& doc, const Root& root) {
  switch (root.kind) {
    case TypeKind::kArray: return doc.array(root.name);
    case TypeKind::kMap: return doc.map(root.name);
    case TypeKind::kText: return doc.text(root.name);
    case TypeKind::kXmlElement: return doc.xml_element(root.name);
    case TypeKind::kXmlFragment: return doc.xml_fragment(root.name);
    case TypeKind::kXmlText: return doc.xml_text(root.name);
    case TypeKind::kXmlHook:
    case TypeKind::kUndefined: break;
  }
  for (const crdt::Type& type : doc.roots()) {
    if (type.path().root == root.name) return type;
  }
  return {};
}

std::vector<Root> name_roots(crdt::Doc& doc) {
  std::map<std::string, TypeKind> kinds;
  for (const crdt::Type& type : doc.roots())
    kinds.emplace(type.path().root,
                  doc.engine().shown_kind(type.index()).value_or(TypeKind::kUndefined));
  std::vector<Root> named;
  for (const auto& [name, kind] : kinds) {
    named.push_back({name, kind});
    root_type(doc, named.back());
  }
  return named;
}

Any content_of(const crdt::Type& type, bool marks) {
  return nested_content(type, marks, 0);
}

Any content_of(crdt::Doc& doc, const std::vector<Root>& roots, bool marks) {
  Any::Object object;
  for (const Root& root : roots)
    object.emplace_back(root.name, content_of(root_type(doc, root), marks));
  return object;
}

Any to_any(const crdt::Delta& delta) {
  Any::Array operations;
  for (const crdt::DeltaOp& op : delta) {
    Any::Object object;
    if (op.kind != crdt::DeltaOp::Kind::kInsert) {
      object.emplace_back(op.kind == crdt::DeltaOp::Kind::kDelete ? "delete" : "retain",
                          json_number(op.length));
    } else if (op.values.empty()) {
      object.emplace_back("insert", Any(op.text));
    } else {
      object.emplace_back("insert", value_content(op.values.front(), false, 0));
    }
    Any::Object attributes;
    for (const auto& [name, value] : op.attributes) attributes.emplace_back(name, value);
    if (!attributes.empty()) object.emplace_back("attributes", Any(std::move(attributes)));
    operations.emplace_back(std::move(object));
  }
  return operations;
}

}  // namespace syncline::cli
