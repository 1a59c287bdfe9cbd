// Versions: a snapshot names a past state in a few bytes; the document's history can show it again.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  // Collecting garbage would forget what was deleted: documents with a history do not collect.
  Doc doc({.client_id = 1, .gc = false});
  Text text = doc.text("body");

  text.insert(0, "First draft").value();
  const Snapshot draft = take_snapshot(doc);
  const syncline::Bytes stored = encode_snapshot(draft);
  std::cout << "a version is " << stored.size() << " bytes\n";

  text.erase(0, 5).value();
  text.insert(0, "Final").value();
  std::cout << "now: " << text.to_string() << '\n';

  const Snapshot version = decode_snapshot(stored).value();
  Doc past = doc_at(doc, version, {.client_id = 2}).value();
  std::cout << "then: " << past.text("body").to_string() << '\n';
  std::cout << "changed since: " << (version == take_snapshot(doc) ? "no" : "yes") << '\n';

  // What was added and removed between two versions, as a delta with `ychange` attributes.
  const Delta changes = delta_between(text, version, take_snapshot(doc)).value();
  for (const DeltaOp& op : changes) {
    std::cout << "  '" << op.text << "'";
    for (const auto& [name, value] : op.attributes) std::cout << ' ' << to_json(value);
    std::cout << '\n';
  }
}

// Prints:
//   a version is 4 bytes
//   now: Final draft
//   then: First draft
//   changed since: yes
//     'First' {"type":"removed"}
//     'Final' {"type":"added"}
//     ' draft'
