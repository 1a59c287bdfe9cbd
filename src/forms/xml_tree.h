// XmlNode: the XML or the text of a document, copied out of it as a plain tree. All forms are made from it, and
// what is put is compared with it.
//
//   XmlNode root = read_xml(type).value();
//
// A text is a node without a name, whose content is runs of equal formats. Attributes and formats are sorted by
// name, so that equal nodes compare equal. Neighbouring runs have different formats.
//
// Thread-safety: plain values. Errors: kNoSuchForm for what is neither XML nor text, or contains a shared type
// that has no place in XML; kTooLarge for more than kMaxNodeDepth levels, and for texts that would repeat
// their formats in more than kMaxFormatBytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/crdt/any.h"
#include "syncline/crdt/types.h"
#include "syncline/error.h"

namespace syncline::forms {

// ProseMirror needs three levels for each level of a list. All functions of this room recurse as deep as this.
inline constexpr int kMaxNodeDepth = 200;
inline constexpr std::size_t kMaxFormatBytes = std::size_t{32} << 20;

struct Run {
  std::string text;
  std::optional<crdt::Any> embed = {};  // in place of the text
  crdt::Attributes formats = {};

  bool operator==(const Run&) const = default;
};

struct XmlNode {
  std::string name;  // of an element, or of the root; "": a text
  crdt::Attributes attributes = {};
  std::vector<XmlNode> children = {};
  std::vector<Run> runs = {};  // of a text

  bool is_text() const { return name.empty(); }
  bool operator==(const XmlNode&) const = default;
};

// What a type holds; it must be an XML type or a text. A root element has no name: "UNDEFINED", as Yjs says.
Result<XmlNode> read_xml(const crdt::Type& type);

// The value of that name, or nullptr.
const crdt::Any* find_value(const crdt::Attributes& attributes, std::string_view name);

// Appends a run; joins it with the last one if both have the same formats. The formats must be sorted.
void add_run(std::vector<Run>& runs, Run run);

// Brings attributes or formats into the order of their names.
void sort_by_name(crdt::Attributes& attributes);

}  // namespace syncline::forms
