// Relative positions: a position in a text that moves with its neighbours while others type. For
// cursors, selections and comments.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  Doc doc({.client_id = 1});
  Text text = doc.text("body");
  text.insert(0, "The end.").value();

  // The position before "end" is tied to the 'e'. A relative position is a value that can be stored
  // and sent.
  const RelativePosition here = relative_position(text, 4);
  std::cout << to_json(here) << '\n';
  const syncline::Bytes sent = encode_relative_position(here);

  // Another replica edits its text, then finds the position in it.
  Doc other({.client_id = 2});
  other.apply_update(doc.encode_state_as_update()).value();
  other.text("body").insert(0, "Well: ").value();
  const RelativePosition received = decode_relative_position(sent).value();
  std::cout << "there: " << absolute_position(received, other)->index << '\n';

  // If the neighbour is deleted, the position is where the neighbour was.
  text.erase(0, 6).value();
  std::cout << "here: " << absolute_position(here, doc)->index << " in '" << text.to_string()
            << "'\n";
}

// Prints:
//   {"tname":"body","item":{"client":1,"clock":4},"assoc":0}
//   there: 10
//   here: 0 in 'd.'
