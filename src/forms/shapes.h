// How the shapes of mappings become trees and come of them (forms/mapping.h), and what the shapes share. For this room
// only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forms/mapping.h"

namespace syncline::forms {

// The format of a newline that says how deep a list is in others (kLines).
inline constexpr std::string_view kIndentFormat = "indent";

Result<RichNode> nested_to_rich(const Mapping& mapping, const XmlNode& root);
Result<XmlNode> nested_from_rich(const Mapping& mapping, const RichNode& document);
Result<RichNode> containers_to_rich(const Mapping& mapping, const XmlNode& root);
Result<XmlNode> containers_from_rich(const Mapping& mapping, const RichNode& document);
Result<RichNode> lines_to_rich(const Mapping& mapping, const XmlNode& root);
Result<XmlNode> lines_from_rich(const Mapping& mapping, const RichNode& document);
Result<RichNode> lexical_to_rich(const Mapping& mapping, const XmlNode& root);

// ---- values, which editors store as numbers, booleans or strings

std::int64_t number_of(const crdt::Any& value, std::int64_t fallback);
std::string string_of(const crdt::Any& value);  // "" if it is not a string
bool is_set(const crdt::Any& value);            // neither null, nor undefined, nor false

// ---- what elements have in common

// The number that an element has if it does not say it.
std::int64_t default_number(NodeKind kind);
// The number in the range that its kind has.
std::int64_t bounded_number(NodeKind kind, std::int64_t number);

// Over how many columns or rows a cell stretches: 1 to 1,000.
std::uint16_t span_of(const crdt::Attributes& attributes, std::string_view name);

// What the attributes of an image say; without an address that a browser would run as a program.
Image image_of(const NodeName& row, const crdt::Attributes& attributes);

// The attributes of an element of that row which shows `node`.
crdt::Attributes attributes_of(const NodeName& row, const RichNode& node);

// True if the children of an element are texts and nodes within a text.
bool holds_inlines(const Mapping& mapping, const XmlNode& element);
Result<std::vector<Inline>> inlines_of(const Mapping& mapping, const XmlNode& element);
Result<std::vector<XmlNode>> children_of(const Mapping& mapping,
                                         const std::vector<Inline>& inlines);
// The text of a block of code.
Result<std::string> code_of(const XmlNode& element);

// Of kLines: the address of an image that is embedded in a text; nullptr: the embed is none.
const std::string* embedded_image(const Mapping& mapping, const crdt::Any& embed);
// What the mapping knows of an image in a text.
Image image_of_embed(const Mapping& mapping, const Run& run);

Marks marks_of(const Mapping& mapping, const crdt::Attributes& formats);
Result<crdt::Attributes> formats_of(const Mapping& mapping, const Marks& marks);

// kUnprocessable: "quill has no rule".
std::unexpected<Error> has_no(const Mapping& mapping, const std::string& what);

}  // namespace syncline::forms
