// XML: the tree that rich-text editors such as ProseMirror, TipTap and BlockNote store in Yjs.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  Doc doc({.client_id = 1});
  XmlFragment root = doc.xml_fragment("prosemirror");

  doc.transact([&] {
    XmlElement heading = root.push_element("heading").value();
    heading.set_attribute("level", Any(1)).value();
    heading.push_text().value().insert(0, "Trees").value();
    XmlElement paragraph = root.push_element("paragraph").value();
    XmlText text = paragraph.push_text().value();
    text.insert(0, "An ").value();
    text.insert(3, "oak", {{"bold", Any(true)}}).value();
  });
  std::cout << root.to_string() << '\n';

  // Walks the tree.
  for (std::optional<Type> node = root.first_child(); node; node = node->next_sibling())
    if (node->kind() == TypeKind::kXmlElement)
      std::cout << as<XmlElement>(*node).node_name() << ": " << node->length() << " child\n";
  const std::optional<XmlElement> found = root.find_element("paragraph");
  std::cout << "at " << to_string(found->path()) << ", in " << to_string(found->parent()->path())
            << '\n';

  // Adds a block after the first one.
  root.insert_element(1, "rule").value();
  root.erase(0).value();
  std::cout << root.to_string() << '\n';
}

// Prints:
//   <heading level="1">Trees</heading><paragraph>An <bold>oak</bold></paragraph>
//   heading: 1 child
//   paragraph: 1 child
//   at prosemirror[1], in prosemirror
//   <rule></rule><paragraph>An <bold>oak</bold></paragraph>
