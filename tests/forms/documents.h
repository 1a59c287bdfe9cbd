// Documents as editors store them, for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syncline/crdt/doc.h"

namespace syncline::forms {

inline constexpr std::size_t kMost = std::size_t{1} << 20;  // bytes of a form

inline const crdt::Any kMark = crdt::Any(crdt::Any::Object{});  // how ProseMirror stores a mark

// An element with one text.
inline crdt::XmlElement add(crdt::XmlFragment parent, std::string_view name,
                            std::string_view text = {}) {
  crdt::XmlElement element = parent.push_element(name).value();
  if (!text.empty()) element.push_text().value().insert(0, text).value();
  return element;
}

// A document of every node and mark of TipTap's StarterKit, in the root "default".
inline void fill_tiptap(crdt::Doc& doc) {
  crdt::XmlFragment root = doc.xml_fragment("default");
  add(root, "heading", "Plan").set_attribute("level", crdt::Any(2)).value();
  crdt::XmlElement paragraph = add(root, "paragraph");
  crdt::XmlText text = paragraph.push_text().value();
  text.insert(0, "Some ", {}).value();
  text.insert(5, "bold", {{"bold", kMark}}).value();
  text.insert(9, " and ", {}).value();
  text.insert(14, "linked",
              {{"link", crdt::Any(crdt::Any::Object{{"href", "https://a.b/?x=1&y=2"}})}})
      .value();
  add(paragraph, "hardBreak");
  paragraph.push_text().value().insert(0, "1 < 2 * 3").value();
  crdt::XmlElement list = add(root, "bulletList");
  add(add(list, "listItem"), "paragraph", "one");
  crdt::XmlElement item = add(list, "listItem");
  add(item, "paragraph", "two");
  crdt::XmlElement numbers = add(item, "orderedList");
  numbers.set_attribute("start", crdt::Any(3)).value();
  add(add(numbers, "listItem"), "paragraph", "three");
  add(add(root, "blockquote"), "paragraph", "quoted");
  add(root, "codeBlock", "if (a < b)\n  return;").set_attribute("language", "cpp").value();
  add(root, "horizontalRule");
  add(root, "paragraph");
}

// An element of Lexical, at the end of another one.
inline crdt::Text add_lexical(crdt::Text parent, std::string_view type) {
  auto element =
      crdt::as<crdt::Text>(parent.insert_type(parent.length(), crdt::TypeKind::kXmlText).value());
  element.set_attribute("__type", crdt::Any(std::string(type))).value();
  return element;
}

// Characters in an element of Lexical, behind the map that says how they are shown. Without characters, a line break.
inline void add_lexical_text(crdt::Text element, std::string_view text, double format = 0) {
  auto map =
      crdt::as<crdt::Map>(element.insert_type(element.length(), crdt::TypeKind::kMap).value());
  map.set("__type", crdt::Any(text.empty() ? "linebreak" : "text")).value();
  map.set("__format", crdt::Any(format)).value();
  if (!text.empty()) element.insert(element.length(), text).value();
}

}  // namespace syncline::forms
