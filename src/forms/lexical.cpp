#include "forms/lexical.h"

#include <cstdint>
#include <utility>

#include "forms/shapes.h"

namespace syncline::forms {
namespace {

using crdt::Any;

// The bits of "__format", as Lexical numbers them; sorted by name.
constexpr std::pair<std::string_view, std::uint32_t> kFormatBits[] = {
    {"bold", 1u << 0},        {"code", 1u << 4},          {"highlight", 1u << 7},
    {"italic", 1u << 1},      {"strikethrough", 1u << 2}, {"subscript", 1u << 5},
    {"superscript", 1u << 6}, {"underline", 1u << 3},
};

Any property(const crdt::Map& map, std::string_view name) {
  const auto value = map.get(name);
  const auto* plain = value ? std::get_if<Any>(&*value) : nullptr;
  return plain == nullptr ? Any() : *plain;
}

}  // namespace

std::string lexical_name(const crdt::Attributes& attributes) {
  const Any* type = find_value(attributes, kLexicalType);
  return type == nullptr ? std::string() : string_of(*type);
}

LexicalMap read_lexical_map(const crdt::Map& map) {
  LexicalMap read;
  read.is_break = string_of(property(map, kLexicalType)) == kLexicalBreak;
  const auto bits = number_of(property(map, "__format"), 0);
  for (const auto& [name, bit] : kFormatBits)
    if ((bits & bit) != 0) read.formats.emplace_back(name, Any(true));
  return read;
}

}  // namespace syncline::forms
