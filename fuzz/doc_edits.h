// Edits of a document, selected by bytes: any operation on any type, anywhere in the document.
#pragma once

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "byte_input.h"
#include "check.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt::fuzz {

using syncline::fuzz::ByteInput;

inline constexpr int kRoots = 6;

inline Type root(Doc& doc, std::uint32_t number) {
  switch (number) {
    case 0: return doc.text("text");
    case 1: return doc.array("array");
    case 2: return doc.map("map");
    case 3: return doc.xml_fragment("xml");
    case 4: return doc.xml_text("xmltext");
    default: return doc.xml_element("element");
  }
}

inline bool is_text(const Type& type) {
  return type.kind() == TypeKind::kText || type.kind() == TypeKind::kXmlText;
}

// The types that are directly inside a type.
inline std::vector<Type> nested_types(const Type& type) {
  std::vector<Type> out;
  const auto add = [&](const Value& value) {
    if (const Type* nested = std::get_if<Type>(&value)) out.push_back(*nested);
  };
  switch (type.kind()) {
    case TypeKind::kArray: std::ranges::for_each(as<Array>(type).values(), add); break;
    case TypeKind::kMap:
    case TypeKind::kXmlHook:
      for (const auto& [key, value] : as<Map>(type).entries()) add(value);
      break;
    case TypeKind::kText:
    case TypeKind::kXmlText:
      for (const DeltaOp& op : as<Text>(type).to_delta()) std::ranges::for_each(op.values, add);
      break;
    case TypeKind::kXmlElement:
    case TypeKind::kXmlFragment: out = as<XmlFragment>(type).children(); break;
    case TypeKind::kUndefined: break;
  }
  return out;
}

class Editor {
 public:
  Editor(ByteInput& in, Doc& doc) : in_(in), doc_(doc) {}

  // Makes one operation somewhere. It respects all bounds, so it must succeed.
  void edit() {
    Type type = root(doc_, in_.below(kRoots));
    for (std::uint8_t way = in_.byte(); (way & 1) != 0; way >>= 1) {
      const std::vector<Type> nested = nested_types(type);
      if (nested.empty()) break;
      type = in_.pick(nested);
    }
    switch (type.kind()) {
      case TypeKind::kArray: return edit_array(as<Array>(type));
      case TypeKind::kMap:
      case TypeKind::kXmlHook: return edit_map(as<Map>(type));
      case TypeKind::kText:
      case TypeKind::kXmlText: return edit_text(as<Text>(type));
      default: return edit_xml(type);
    }
  }

  Type somewhere() { return root(doc_, in_.below(kRoots)); }

 private:
  static constexpr std::array kKinds = {
      TypeKind::kText,       TypeKind::kArray,       TypeKind::kMap,    TypeKind::kXmlText,
      TypeKind::kXmlElement, TypeKind::kXmlFragment, TypeKind::kXmlHook};
  static constexpr std::array kNames = {"p", "UL", "h1"};
  static constexpr std::array kKeys = {"a", "b", "", "ключ"};
  static constexpr std::array kWords = {
      "a", "b", "xyz", "hello world", "\xc3\xa4\xe6\x96\x87", "\n", "q\xf0\x9f\x98\x80", "zz"};
  static constexpr std::uint32_t kMostCells = 300;  // keeps the document small

  template <typename T>
  static void must(const Result<T>& result) {
    FUZZ_CHECK(result.has_value());
  }

  Any value() {
    switch (const std::uint32_t n = in_.below(9); n) {
      case 0: return Any(Any::Null{});
      case 1: return Any(true);
      case 2: return Any("text");
      case 3: return Any(Bytes{1, 2});
      case 4: return Any(Any::Object{{"k", Any(Any::Array{1, "x"})}});
      case 5: return Any(0.5);
      default: return Any(static_cast<int>(n) * 1000);
    }
  }

  std::vector<Any> values() {
    std::vector<Any> out;
    for (std::uint32_t n = 1 + in_.below(3); n > 0; --n) out.push_back(value());
    return out;
  }

  Subdoc subdoc() {
    return {.guid = "guid-" + std::to_string(in_.below(250)), .options = Any(Any::Object{})};
  }

  Attributes attributes() {
    static constexpr std::array kFormats = {"bold", "color", "link"};
    Attributes out;
    const std::uint8_t choice = in_.byte();
    if ((choice & 3) == 0) return out;
    const auto add = [&](std::uint32_t name, std::uint32_t value) {
      static const std::array kValues = {Any(Any::Null{}), Any(true), Any("red"),
                                         Any(Any::Object{{"href", "x"}})};
      out.emplace_back(kFormats[name], kValues[value]);
    };
    add(choice >> 2 & 1, choice >> 3 & 3);
    if ((choice & 3) == 3) add(2, choice >> 5 & 3);
    return out;
  }

  void edit_array(Array array) {
    const std::uint32_t length = array.length();
    const std::uint32_t op = in_.below(8);
    if (length > 0 && (op < 3 || length > kMostCells)) {
      const std::uint32_t at = in_.below(length);
      return must(array.erase(at, 1 + in_.below(std::min(length - at, 6u))));
    }
    const std::uint32_t at = in_.below(length + 1);
    switch (op) {
      case 3: return must(array.insert_type(at, in_.pick(kKinds), in_.pick(kNames)));
      case 4: return must(array.insert_subdoc(at, subdoc()));
      case 5: return must(array.push(values()));
      default: return must(array.insert(at, values()));
    }
  }

  void edit_map(Map map) {
    const char* key = in_.pick(kKeys);
    switch (in_.below(6)) {
      case 0: return must(map.erase(key));
      case 1: return must(map.set_type(key, in_.pick(kKinds), in_.pick(kNames)));
      case 2: return must(map.set_subdoc(key, subdoc()));
      default: return must(map.set(key, value()));
    }
  }

  // A position in a text that does not split a surrogate pair. A split pair would be replaced by
  // U+FFFD, and no event reports that.
  std::uint32_t place(const Text& text, std::uint32_t at) const {
    const std::string content = units(text);
    return at > 0 && at < content.size() && content[at] == 'l' ? at - 1 : at;
  }

  // 'l' for the second half of a pair, 'x' for every other unit that has an index.
  static std::string units(const Text& text) {
    std::string out;
    for (const DeltaOp& op : text.to_delta()) {
      out.append(op.values.size(), 'x');
      for (const char c : op.text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0xf0) {
          out += "xl";
        } else if (byte < 0x80 || byte >= 0xc0) {
          out += 'x';
        }
      }
    }
    return out;
  }

  void edit_text(Text text) {
    const std::uint32_t length = text.length();
    const std::uint32_t op = in_.below(12);
    if (length > 0 && (op < 6 || length > kMostCells)) {
      const std::uint32_t from = place(text, in_.below(length));
      const std::uint32_t to = place(text, std::min(length, from + 1 + in_.below(9)));
      if (op < 3 || length > kMostCells) return must(text.erase(from, to - from));
      if (op < 5) return must(text.format(from, to - from, attributes()));
      return apply_delta(text, from, to);
    }
    const std::uint32_t at = place(text, in_.below(length + 1));
    switch (op) {
      case 6: return must(text.insert_embed(at, Any(Any::Object{{"image", "x"}}), attributes()));
      case 7: return must(text.insert_type(at, kKinds[in_.below(4)], attributes()));
      case 8: return must(text.insert(at, in_.pick(kWords), attributes()));
      case 9: return must(text.set_attribute(in_.pick(kKeys), value()));
      case 10: return must(text.remove_attribute(in_.pick(kKeys)));
      default: return must(text.insert(at, in_.pick(kWords)));
    }
  }

  void apply_delta(Text text, std::uint32_t from, std::uint32_t to) {
    Delta delta;
    const auto add = [&](DeltaOp::Kind kind, std::uint32_t length, std::string inserted) {
      if (length == 0 && inserted.empty()) return;
      delta.push_back({.kind = kind,
                       .length = length,
                       .text = std::move(inserted),
                       .values = {},
                       .attributes = {}});
      if (kind != DeltaOp::Kind::kDelete) delta.back().attributes = attributes();
    };
    add(DeltaOp::Kind::kRetain, from, {});
    add(DeltaOp::Kind::kInsert, 0, in_.pick(kWords));
    add(in_.below(2) == 0 ? DeltaOp::Kind::kDelete : DeltaOp::Kind::kRetain, to - from, {});
    if (in_.below(2) == 0) add(DeltaOp::Kind::kInsert, 0, in_.pick(kWords));
    must(text.apply_delta(delta));
  }

  void edit_xml(const Type& type) {
    XmlFragment fragment = as<XmlFragment>(type);
    const std::uint32_t length = fragment.length();
    const std::uint32_t op = in_.below(8);
    if (type.kind() == TypeKind::kXmlElement && op < 2) {
      XmlElement element = as<XmlElement>(type);
      if (op == 0) return must(element.set_attribute(in_.pick(kKeys), value()));
      return must(element.remove_attribute(in_.pick(kKeys)));
    }
    if (length > 0 && (op < 4 || length > kMostCells)) {
      const std::uint32_t at = in_.below(length);
      return must(fragment.erase(at, 1 + in_.below(std::min(length - at, 4u))));
    }
    static constexpr std::array kNodes = {TypeKind::kXmlElement, TypeKind::kXmlText,
                                          TypeKind::kXmlHook};
    must(fragment.insert(in_.below(length + 1), in_.pick(kNodes), in_.pick(kNames)));
  }

  ByteInput& in_;
  Doc& doc_;
};

}  // namespace syncline::crdt::fuzz
