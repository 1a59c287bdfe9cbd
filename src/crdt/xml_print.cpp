#include "crdt/xml_print.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "crdt/text_cursor.h"

namespace syncline::crdt {
namespace {

constexpr std::string_view kObject = "[object Object]";

std::string print_any(const Any& value);

std::string print_array(const Any::Array& array) {
  std::string out;
  for (const Any& element : array) {
    if (&element != &array.front()) out += ',';
    if (!element.is_null() && !element.is_undefined()) out += print_any(element);
  }
  return out;
}

// A value as JavaScript's template strings print it.
std::string print_any(const Any& value) {
  struct Printer {
    std::string operator()(Any::Undefined) const { return "undefined"; }
    std::string operator()(Any::Null) const { return "null"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(double d) const {
      if (d != d) return "NaN";
      if (d - d != 0) return d < 0 ? "-Infinity" : "Infinity";
      return number_to_string(d);
    }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const Bytes& bytes) const {
      std::string out;
      for (const std::uint8_t byte : bytes) out += (out.empty() ? "" : ",") + std::to_string(byte);
      return out;
    }
    std::string operator()(const Any::Array& array) const { return print_array(array); }
    std::string operator()(const Any::Object&) const { return std::string(kObject); }
  };
  return std::visit(Printer{}, value.value());
}

// The functions below append to one string, because otherwise nested content would be copied at
// each level. `depth` is the depth of the type that contains the value.
void print_nested(Engine& engine, TypeIndex type, int depth, std::string& out);

void print_value(Engine& engine, const Value& value, int depth, std::string& out) {
  if (const Any* any = std::get_if<Any>(&value))
    out += print_any(*any);
  else if (const Type* type = std::get_if<Type>(&value))
    print_nested(engine, type->index(), depth + 1, out);
  else
    out += kObject;
}

// Compares by UTF-16 units, as JavaScript sorts strings: characters above U+FFFF come before U+E000
// … U+FFFF.
bool js_less(std::string_view a, std::string_view b) {
  const auto [x, y] = std::ranges::mismatch(a, b);
  if (x == a.end() || y == b.end()) return y != b.end();
  const auto left = static_cast<unsigned char>(*x);
  const auto right = static_cast<unsigned char>(*y);
  const bool left_is_pair = left >= 0xf0;
  const bool right_is_pair = right >= 0xf0;
  if (left_is_pair != right_is_pair) {
    const auto above_surrogates = [](unsigned char lead) { return lead >= 0xee; };
    return left_is_pair ? above_surrogates(right) : !above_surrogates(left);
  }
  return left < right;
}

using Members = std::vector<std::pair<std::string, std::string>>;  // name and printed value

// The UTF-16 units of a string, each as a string. Half of a pair becomes U+FFFD.
Members units(std::string_view text) {
  Members out;
  const std::size_t length = utf16_length(text);
  for (std::size_t i = 0, begin = 0; i < length; ++i) {
    bool inside_pair = false;
    const std::size_t end = utf16_offset(text, i + 1, inside_pair);
    const bool half = inside_pair || end - begin == 4;
    out.emplace_back(std::to_string(i),
                     half ? kReplacementCharacter : text.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

// What `for (key in value)` iterates over.
Members members(const Any& value) {
  Members out;
  if (const auto* object = std::get_if<Any::Object>(&value.value())) {
    for (const auto& [name, member] : *object) out.emplace_back(name, print_any(member));
  } else if (const auto* array = std::get_if<Any::Array>(&value.value())) {
    for (const Any& element : *array)
      out.emplace_back(std::to_string(out.size()), print_any(element));
  } else if (const auto* bytes = std::get_if<Bytes>(&value.value())) {
    for (const std::uint8_t byte : *bytes)
      out.emplace_back(std::to_string(out.size()), std::to_string(byte));
  } else if (const auto* text = std::get_if<std::string>(&value.value())) {
    out = units(*text);
  }
  return out;
}

std::string print_members(Members members) {
  std::ranges::sort(members, js_less, &Members::value_type::first);
  std::string out;
  for (const auto& [name, value] : members) out += " " + name + "=\"" + value + "\"";
  return out;
}

void print_rich_text(Engine& engine, TypeIndex type, int depth, std::string& out) {
  for (DeltaOp& op : text_content(engine, type)) {
    std::ranges::sort(op.attributes, js_less, &Attributes::value_type::first);
    for (const auto& [name, value] : op.attributes)
      out += "<" + name + print_members(members(value)) + ">";
    if (op.values.empty())
      out += op.text;
    else
      print_value(engine, op.values.front(), depth, out);
    for (auto format = op.attributes.rbegin(); format != op.attributes.rend(); ++format)
      out += "</" + format->first + ">";
  }
}

void print_children(Engine& engine, TypeIndex type, int depth, std::string& out) {
  for (Handle item = engine.type(type).sequence.first; item != kNoItem;
       item = engine.store[item].right) {
    for (Clock i = 0; i < engine.store[item].visible(); ++i)
      print_value(engine, engine.value_at(engine.store[item], i), depth, out);
  }
}

// Lower case for Latin, Greek and Cyrillic capitals, of which element names consist.
std::uint32_t lower(std::uint32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) return c + 32;
  if (c >= 0x100 && c <= 0x137 && c != 0x130) return c | 1;
  if (c >= 0x391 && c <= 0x3a9) return c + 32;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  return c;
}

std::string to_lower(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      out += static_cast<char>(lower(lead));
    } else if (lead >= 0xc0 && lead < 0xe0) {
      append_utf8(out,
                  lower((lead & 0x1fu) << 6 | (static_cast<unsigned char>(text[i + 1]) & 0x3fu)));
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string print_attributes(Engine& engine, TypeIndex type, int depth) {
  Members attributes;
  for (EntryIndex i = engine.type(type).first_entry; i != kNoEntry;
       i = engine.store.types.entry(i).next) {
    const MapEntry& entry = engine.store.types.entry(i);
    const Item& item = engine.store[entry.item];
    if (item.deleted) continue;
    attributes.emplace_back(engine.store.keys[entry.key], "");
    print_value(engine, engine.value_at(item, item.len - 1), depth, attributes.back().second);
  }
  return print_members(std::move(attributes));
}

void print_element(Engine& engine, TypeIndex type, int depth, std::string& out) {
  const std::string name = to_lower(node_name(engine, type));
  out += "<" + name + print_attributes(engine, type, depth) + ">";
  print_children(engine, type, depth, out);
  out += "</" + name + ">";
}

void print_nested(Engine& engine, TypeIndex type, int depth, std::string& out) {
  if (depth > kMaxXmlDepth) return;
  switch (engine.printed_kind(type)) {
    case TypeKind::kText: out += engine.plain_text(type); break;
    case TypeKind::kXmlText: print_rich_text(engine, type, depth, out); break;
    case TypeKind::kXmlFragment: print_children(engine, type, depth, out); break;
    case TypeKind::kXmlElement: print_element(engine, type, depth, out); break;
    default: out += kObject;
  }
}

}  // namespace

std::string node_name(const Engine& engine, TypeIndex type) {
  const TypeState& state = engine.type(type);
  if (state.is_root() || state.name == kNoKey) return "UNDEFINED";
  return std::string(engine.store.keys[state.name]);
}

std::string print_type(Engine& engine, TypeIndex type) {
  std::string out;
  print_nested(engine, type, 0, out);
  return out;
}

std::string XmlFragment::to_string() const {
  return print_type(*engine_, index_);
}

}  // namespace syncline::crdt
