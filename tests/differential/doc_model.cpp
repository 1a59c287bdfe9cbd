#include "doc_model.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/byte_writer.h"
#include "crdt/packed.h"

namespace syncline::crdt::differential {
namespace {

Any number(std::uint32_t value) {
  return Any(static_cast<double>(value));
}
Any kind_number(TypeKind kind) {
  return number(static_cast<std::uint32_t>(kind));
}

Any dump_value(const Value& value, bool deep) {
  if (const Any* any = std::get_if<Any>(&value)) return Any::Object{{"v", *any}};
  if (const Subdoc* doc = std::get_if<Subdoc>(&value)) {
    return Any::Object{{"g", doc->guid}, {"o", doc->options}};
  }
  const Type& type = std::get<Type>(value);
  return deep ? dump_type(type) : Any(Any::Object{{"k", kind_number(type.kind())}});
}

Any dump_attributes(const Attributes& attributes) {
  Any::Array out;
  for (const auto& [key, value] : attributes) out.push_back(Any::Array{key, value});
  return out;
}

Any dump_op(const DeltaOp& op, bool deep) {
  Any::Object out;
  switch (op.kind) {
    case DeltaOp::Kind::kDelete: out.emplace_back("d", number(op.length)); break;
    case DeltaOp::Kind::kRetain: out.emplace_back("r", number(op.length)); break;
    case DeltaOp::Kind::kInsert:
      if (op.values.empty()) {
        out.emplace_back("i", op.text);
      } else {
        Any::Array values;
        for (const Value& value : op.values) values.push_back(dump_value(value, deep));
        out.emplace_back("e", std::move(values));
      }
  }
  if (!op.attributes.empty()) out.emplace_back("a", dump_attributes(op.attributes));
  return out;
}

Any dump_delta(const Delta& delta, bool deep) {
  Any::Array out;
  for (const DeltaOp& op : delta) out.push_back(dump_op(op, deep));
  return out;
}

using Entries = std::vector<std::pair<std::string, Value>>;

Any dump_entries(const Entries& entries) {
  Any::Array out;
  for (const auto& [key, value] : entries) out.push_back(Any::Array{key, dump_value(value, true)});
  return out;
}

Any dump_sorted(Entries entries) {
  std::ranges::sort(entries, {}, &Entries::value_type::first);
  return dump_entries(entries);
}

Any dump_text(const Type& type) {
  const Text text = as<Text>(type);
  Entries attributes;
  for (const auto& [key, value] : text.attributes()) attributes.emplace_back(key, value);
  return Any::Object{{"k", kind_number(type.kind())},
                     {"d", dump_delta(text.to_delta(), true)},
                     {"a", dump_sorted(std::move(attributes))}};
}

Any dump_children(const Type& type) {
  Any::Array out;
  for (const Type& child : as<XmlFragment>(type).children()) out.push_back(dump_type(child));
  return out;
}

Any dump_path(const Path& path) {
  Any::Array out;
  for (const auto& step : path.steps) {
    if (const std::string* key = std::get_if<std::string>(&step)) {
      out.push_back(*key);
    } else {
      out.push_back(number(std::get<std::uint32_t>(step)));
    }
  }
  return out;
}

Any dump_key(const KeyChange& change) {
  const char* action = change.action == KeyChange::Action::kAdd      ? "add"
                       : change.action == KeyChange::Action::kUpdate ? "update"
                                                                     : "delete";
  Any old = Any::Null{};
  if (change.old_value) old = dump_value(*change.old_value, false);
  return Any::Array{change.key, action, old};
}

[[noreturn]] void die(const std::string& message) {
  std::cerr << message << '\n';
  std::abort();
}

}  // namespace

std::string hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Bytes unhex(const std::string& text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes out(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>((digit(text[2 * i]) << 4) | digit(text[2 * i + 1]));
  }
  return out;
}

std::string packed(const Any& value) {
  return hex(pack(value));
}

Any unpacked(const std::string& hex_digits) {
  Result<Any> value = unpack(unhex(hex_digits));
  if (!value) die("the case file holds a malformed value: " + hex_digits);
  return *std::move(value);
}

std::string readable(const std::string& text) {
  return to_json(unpacked(text));
}

Any dump_type(const Type& type) {
  const Any kind = kind_number(type.kind());
  switch (type.kind()) {
    case TypeKind::kArray: {
      Any::Array values;
      for (const Value& value : as<Array>(type).values()) values.push_back(dump_value(value, true));
      return Any::Object{{"k", kind}, {"v", std::move(values)}};
    }
    case TypeKind::kMap:
      return Any::Object{{"k", kind}, {"e", dump_entries(as<Map>(type).entries())}};
    case TypeKind::kXmlHook: {
      const XmlHook hook = as<XmlHook>(type);
      return Any::Object{{"k", kind}, {"n", hook.hook_name()}, {"e", dump_entries(hook.entries())}};
    }
    case TypeKind::kText:
    case TypeKind::kXmlText: return dump_text(type);
    case TypeKind::kXmlElement: {
      const XmlElement element = as<XmlElement>(type);
      return Any::Object{{"k", kind},
                         {"n", element.node_name()},
                         {"a", dump_sorted(element.attributes())},
                         {"c", dump_children(type)}};
    }
    case TypeKind::kXmlFragment: return Any::Object{{"k", kind}, {"c", dump_children(type)}};
    case TypeKind::kUndefined: break;
  }
  return Any::Object{{"k", kind}};
}

Any dump_change(const Delta& delta) {
  Any::Array out;
  for (const DeltaOp& op : delta) {
    const bool text = op.values.empty();
    Attributes attributes = op.attributes;
    if (!text) std::erase_if(attributes, [](const auto& pair) { return pair.first == "ychange"; });
    std::ranges::sort(attributes, {}, &Attributes::value_type::first);
    out.push_back(Any::Object{{text ? "i" : "e", text ? op.text : dump_value(op.values[0], false)},
                              {"a", dump_attributes(attributes)}});
  }
  return out;
}

Any dump_event(const TypeEvent& event) {
  Any::Array keys;
  for (const KeyChange& change : event.keys) keys.push_back(dump_key(change));
  return Any::Object{{"t", kind_number(event.target.kind())},
                     {"p", dump_path(event.path)},
                     {"d", dump_delta(event.delta, false)},
                     {"k", std::move(keys)},
                     {"l", event.local}};
}

Any dump_events(const std::vector<TypeEvent>& events) {
  Any::Array out;
  for (const TypeEvent& event : events) out.push_back(dump_event(event));
  return out;
}

Type get_root(Doc& doc, const std::string& name, TypeKind kind) {
  switch (kind) {
    case TypeKind::kArray: return doc.array(name);
    case TypeKind::kMap: return doc.map(name);
    case TypeKind::kText: return doc.text(name);
    case TypeKind::kXmlFragment: return doc.xml_fragment(name);
    case TypeKind::kXmlElement: return doc.xml_element(name);
    case TypeKind::kXmlText: return doc.xml_text(name);
    default: die("no root of this kind: " + name);
  }
}

std::string printed(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kText: return as<Text>(type).to_string();
    case TypeKind::kXmlText: return as<XmlText>(type).to_string();
    case TypeKind::kXmlFragment: return as<XmlFragment>(type).to_string();
    case TypeKind::kXmlElement: return as<XmlElement>(type).to_string();
    default: return {};
  }
}

}  // namespace syncline::crdt::differential
