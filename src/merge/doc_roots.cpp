#include "merge/doc_roots.h"

#include "crdt/engine.h"

namespace syncline::merge {

using crdt::TypeKind;

crdt::Type named_root(crdt::Doc& doc, std::string_view name, TypeKind kind) {
  switch (kind) {
    case TypeKind::kMap: return doc.map(name);
    case TypeKind::kText: return doc.text(name);
    case TypeKind::kXmlText: return doc.xml_text(name);
    case TypeKind::kXmlElement: return doc.xml_element(name);
    case TypeKind::kXmlFragment: return doc.xml_fragment(name);
    default: return doc.array(name);
  }
}

std::optional<TypeKind> root_kind(crdt::Doc& doc, std::string_view name) {
  const auto root = doc.find_root(name);
  return root ? doc.engine().shown_kind(root->index()) : std::nullopt;
}

std::string_view shown_name(TypeKind kind) {
  switch (kind) {
    case TypeKind::kMap: return "a map";
    case TypeKind::kText: return "a text";
    case TypeKind::kArray: return "an array";
    case TypeKind::kUndefined: return "empty";
    default: return "XML";
  }
}

}  // namespace syncline::merge
