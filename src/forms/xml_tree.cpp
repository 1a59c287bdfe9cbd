#include "forms/xml_tree.h"

#include <algorithm>
#include <utility>

#include "crdt/engine.h"
#include "crdt/format_weight.h"
#include "forms/lexical.h"

namespace syncline::forms {
namespace {

using crdt::Any;
using crdt::Attributes;
using crdt::Type;
using crdt::TypeKind;
using crdt::Value;

class XmlReader {
 public:
  Result<XmlNode> read(const Type& type, int depth) {
    if (depth > kMaxNodeDepth)
      return fail(ErrorCode::kTooLarge,
                  "nested deeper than " + std::to_string(kMaxNodeDepth) + " levels");
    switch (type.engine()->printed_kind(type.index())) {
      case TypeKind::kText:
      case TypeKind::kXmlText: return text(crdt::as<crdt::Text>(type), depth);
      case TypeKind::kXmlFragment: return children(crdt::as<crdt::XmlFragment>(type), {"#"}, depth);
      case TypeKind::kXmlElement: return element(crdt::as<crdt::XmlElement>(type), depth);
      default: return fail(ErrorCode::kNoSuchForm, "this is neither text nor XML");
    }
  }

 private:
  Result<XmlNode> element(const crdt::XmlElement& element, int depth) {
    XmlNode node{element.node_name()};
    for (auto& [name, value] : element.attributes()) {
      auto* plain = std::get_if<Any>(&value);
      if (plain == nullptr)
        return fail(ErrorCode::kNoSuchForm, "the attribute '" + name + "' is a shared type");
      node.attributes.emplace_back(name, std::move(*plain));
    }
    sort_by_name(node.attributes);
    if (const std::string name = lexical_name(node.attributes); !name.empty()) node.name = name;
    return children(element, std::move(node), depth);
  }

  Result<XmlNode> children(const crdt::XmlFragment& parent, XmlNode node, int depth) {
    for (const Type& child : parent.children()) {
      auto read_child = read(child, depth + 1);
      if (!read_child) return read_child;
      node.children.push_back(std::move(*read_child));
    }
    return node;
  }

  Result<XmlNode> text(const crdt::Text& text, int depth) {
    format_bytes_ += crdt::format_weight(*text.engine(), text.index(), kMaxFormatBytes).bytes;
    if (format_bytes_ > kMaxFormatBytes)
      return fail(ErrorCode::kTooLarge, "the text has too many formats");
    Attributes attributes = text.attributes();
    if (const std::string name = lexical_name(attributes); !name.empty()) {
      sort_by_name(attributes);
      return lexical(text, {name, std::move(attributes)}, depth);
    }
    XmlNode node;
    for (crdt::DeltaOp& op : text.to_delta()) {
      Run run{std::move(op.text), {}, std::move(op.attributes)};
      if (!op.values.empty()) {
        auto* plain = std::get_if<Any>(&op.values.front());
        if (plain == nullptr) return shared_type_in_text();
        run.embed = std::move(*plain);
      }
      sort_by_name(run.formats);
      add_run(node.runs, std::move(run));
    }
    return node;
  }

  // An element of Lexical (forms/lexical.h): a map in the text says what the characters behind it are.
  Result<XmlNode> lexical(const crdt::Text& element, XmlNode node, int depth) {
    Attributes formats;
    for (crdt::DeltaOp& op : element.to_delta()) {
      if (op.values.empty()) {
        if (node.children.empty() || !node.children.back().is_text()) node.children.push_back({});
        add_run(node.children.back().runs, {std::move(op.text), {}, formats});
        continue;
      }
      const auto* type = std::get_if<Type>(&op.values.front());
      if (type == nullptr) return shared_type_in_text();
      if (type->kind() == TypeKind::kMap) {
        LexicalMap map = read_lexical_map(crdt::as<crdt::Map>(*type));
        formats = std::move(map.formats);
        if (map.is_break) node.children.push_back({std::string(kLexicalBreak)});
        continue;
      }
      auto child = read(*type, depth + 1);
      if (!child) return child;
      node.children.push_back(std::move(*child));
    }
    return node;
  }

  static std::unexpected<Error> shared_type_in_text() {
    return fail(ErrorCode::kNoSuchForm, "a text with a shared type in it has only a JSON form");
  }

  std::size_t format_bytes_ = 0;
};

}  // namespace

Result<XmlNode> read_xml(const Type& type) {
  return XmlReader().read(type, 0);
}

const Any* find_value(const Attributes& attributes, std::string_view name) {
  const auto found = std::ranges::find(attributes, name, &Attributes::value_type::first);
  return found == attributes.end() ? nullptr : &found->second;
}

void add_run(std::vector<Run>& runs, Run run) {
  if (run.text.empty() && !run.embed) return;
  const bool joins =
      !runs.empty() && !run.embed && !runs.back().embed && runs.back().formats == run.formats;
  if (joins)
    runs.back().text += run.text;
  else
    runs.push_back(std::move(run));
}

void sort_by_name(Attributes& attributes) {
  std::ranges::sort(attributes, {}, &Attributes::value_type::first);
}

}  // namespace syncline::forms
