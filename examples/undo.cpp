// Undo reverts the edits of one user and keeps what others did meanwhile.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  Doc doc({.client_id = 1});
  Text text = doc.text("body");

  // Records steps for the types in the scope and for tracked origins: here `kTyping`. Changes
  // within half a second become one step. The application supplies the time.
  constexpr Origin kTyping = 7;
  std::uint64_t now = 0;
  UndoManager undo(doc, {text}, {.now_ms = [&] { return now; }, .tracked_origins = {kTyping}});
  undo.on_popped([](const UndoEvent& event) {
    std::cout << (event.stack == UndoEvent::Stack::kUndo ? "undone" : "redone") << '\n';
  });
  const auto show = [&] { std::cout << "  '" << text.to_string() << "'\n"; };

  const auto type = [&](std::string_view words) {
    doc.transact([&] { text.insert(text.length(), words).value(); }, kTyping);
  };
  type("one ");
  now += 100;
  type("two ");  // joins the previous step
  now += 1000;
  type("three");

  // The change of a colleague has another origin.
  Doc colleague({.client_id = 2});
  colleague.apply_update(doc.encode_state_as_update()).value();
  colleague.text("body").insert(0, "zero ").value();
  doc.apply_update(colleague.encode_state_as_update()).value();
  show();

  undo.undo();
  show();
  undo.undo();
  show();
  undo.redo();
  show();
  std::cout << undo.undo_steps() << " to undo, " << undo.redo_steps() << " to redo\n";
}

// Prints:
//     'zero one two three'
//   undone
//     'zero one two '
//   undone
//     'zero '
//   redone
//     'zero one two '
//   1 to undo, 1 to redo
