// Mappings: how editors store headings, lists and bold text in a document. A mapping is a table, one file each
// in forms/mappings; docs/document-forms.md shows them. With it, what a document holds becomes a RichNode, and a
// RichNode becomes what a document should hold.
//
// What a mapping does not know (attributes, formats, nodes) has no meaning for HTML and Markdown. Such attributes and
// formats are left out of them, and a PUT leaves them as they are in the document.
//
// Thread-safety: constant tables and pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "forms/rich_tree.h"
#include "forms/xml_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

// How the nodes of a document are arranged.
enum class Shape : std::uint8_t {
  kNested,  // an element for each node, as in ProseMirror
  kContainers,  // a flat list of blocks, each in a container beside the blocks below it, as in BlockNote
  kLines,       // one text; what a line is, the formats of its newline say, as in Quill
  kLexical,  // a text for each node, with texts in it (forms/lexical.h); it is read, and not written
};

// An element, by its name; for kLines a format of a newline, which has the value `value` if that is not empty. For
// kLexical, `value` is that of the attribute that tells lists apart.
struct NodeName {
  NodeKind kind;
  std::string_view name;
  std::string_view number = {};  // the attribute that holds RichNode::number
  std::string_view text = {};    // the attribute that holds the language of code
  std::string_view value = {};
  // Of a cell: the attributes that hold over how many columns and rows it stretches.
  std::string_view columns = {};
  std::string_view rows = {};
  // Of an image: the attributes that hold its address and the rest; for kLines, `name` is the member of the embed that holds
  // the address, and `alt` a format of it.
  std::string_view address = {};
  std::string_view alt = {};
  std::string_view title = {};
};

struct MarkName {
  MarkKind kind;
  std::string_view name;
  std::string_view address = {};  // the member that holds the address; "": the value itself
};

struct Mapping {
  std::string_view name;
  Shape shape;
  std::span<const NodeName> nodes;
  std::span<const MarkName> marks;
  std::string_view line_break;  // an element; "": the mapping has no breaks within a line
  bool images_in_text = false;  // false: an image is a block

  const NodeName* find(NodeKind kind) const;
  const NodeName* find_element(std::string_view element) const;
  bool is_image(std::string_view element) const;
  const MarkName* find_mark(std::string_view format) const;
};

extern const Mapping kTiptapMapping;
extern const Mapping kProseMirrorMapping;
extern const Mapping kBlockNoteMapping;
extern const Mapping kQuillMapping;
extern const Mapping kLexicalMapping;

// The mapping of that name; without a name, the one that knows most of what is there. kInvalid for another name, or
// one for another shape.
Result<const Mapping*> choose_mapping(const XmlNode& root, std::string_view name);

// kNoSuchForm, with the name of what it is, for what no RichNode can say.
Result<RichNode> to_rich(const Mapping& mapping, const XmlNode& root);

// The content of a root that shows `document`. kUnprocessable for what the editor has no place for.
Result<XmlNode> from_rich(const Mapping& mapping, const RichNode& document);

// The attributes of an element that the mapping knows, in a form in which equal ones compare equal.
crdt::Attributes known_attributes(const Mapping& mapping, const XmlNode& element);
// The same for the formats of a text, or of a newline in a text.
crdt::Attributes known_formats(const Mapping& mapping, const crdt::Attributes& formats,
                               bool newline);

}  // namespace syncline::forms
