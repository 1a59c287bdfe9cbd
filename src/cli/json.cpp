#include "cli/json.h"

namespace syncline::cli {
namespace {

using crdt::Any;

void indent(std::string& out, std::size_t depth) {
  out += '\n';
  out.append(depth * 2, ' ');
}

void append_pretty(const Any& value, std::size_t depth, std::string& out);

void append_array(const Any::Array& array, std::size_t depth, std::string& out) {
  out += '[';
  for (const Any& element : array) {
    if (out.back() != '[') out += ',';
    indent(out, depth + 1);
    append_pretty(element, depth + 1, out);
  }
  indent(out, depth);
  out += ']';
}

void append_object(const Any::Object& object, std::size_t depth, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [key, member] : object) {
    if (member.is_undefined()) continue;
    if (!first) out += ',';
    first = false;
    indent(out, depth + 1);
    out += crdt::to_json(Any(key)) + ": ";
    append_pretty(member, depth + 1, out);
  }
  if (!first) indent(out, depth);
  out += '}';
}

void append_pretty(const Any& value, std::size_t depth, std::string& out) {
  const auto* array = std::get_if<Any::Array>(&value.value());
  const auto* object = std::get_if<Any::Object>(&value.value());
  if (array != nullptr && !array->empty()) return append_array(*array, depth, out);
  if (object != nullptr && !object->empty()) return append_object(*object, depth, out);
  out += compact_json(value);
}

}  // namespace

std::string compact_json(const Any& value) {
  return value.is_undefined() ? "null" : crdt::to_json(value);
}

std::string pretty_json(const Any& value) {
  std::string out;
  append_pretty(value, 0, out);
  return out;
}

Any json_number(std::uint64_t value) {
  return Any(static_cast<double>(value));
}

const Any& member(const Any& object, std::string_view key) {
  static const Any kNone;
  const Any* found = object.find(key);
  return found == nullptr ? kNone : *found;
}

std::string text_member(const Any& object, std::string_view key) {
  const auto* text = std::get_if<std::string>(&member(object, key).value());
  return text == nullptr ? std::string() : *text;
}

std::uint64_t number_member(const Any& object, std::string_view key) {
  const auto* number = std::get_if<double>(&member(object, key).value());
  const bool fits = number != nullptr && *number >= 0 && *number <= 9007199254740991.0;
  return fits ? static_cast<std::uint64_t>(*number) : 0;
}

const Any::Array* array_member(const Any& object, std::string_view key) {
  return std::get_if<Any::Array>(&member(object, key).value());
}

std::string text_of(const Any& value) {
  if (const auto* text = std::get_if<std::string>(&value.value())) return *text;
  return value.is_undefined() ? std::string() : compact_json(value);
}

}  // namespace syncline::cli
