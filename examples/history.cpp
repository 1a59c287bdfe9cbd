// Versions: a snapshot names a past state in a few bytes. A document that keeps its history can
// show that state again.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  // Garbage collection would forget deleted content, so a document with a history does not collect.
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

  // The difference of two versions: a delta with `ychange` attributes.
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
