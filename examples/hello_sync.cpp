// Two replicas of one document: what one types reaches the other as small updates.
//
// How the bytes travel (a WebSocket, a file, a message queue) is up to the application; updates may
// come twice and in any order.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  Doc ada({.client_id = 1});  // real programs draw client ids at random, one per session
  Doc ben({.client_id = 2});

  // Every change that was made here goes to the other; what came from there does not go back.
  ada.on_update([&](const UpdateEvent& event) {
    if (event.local()) ben.apply_update(event.update()).value();
  });
  ben.on_update([&](const UpdateEvent& event) {
    if (event.local()) ada.apply_update(event.update()).value();
  });

  ada.text("note").insert(0, "Hello").value();
  ben.text("note").insert(5, ", world").value();

  std::cout << "ada: " << ada.text("note").to_string() << '\n';
  std::cout << "ben: " << ben.text("note").to_string() << '\n';

  // Several edits in one transaction are one update.
  int updates = 0;
  ada.on_update([&](const UpdateEvent&) { ++updates; });
  ada.transact([&] {
    ada.text("note").insert(12, "!").value();
    ada.map("about").set("title", "Greeting").value();
  });
  std::cout << "updates: " << updates << '\n';
  std::cout << to_json(ben.to_json()) << '\n';
}

// Prints:
//   ada: Hello, world
//   ben: Hello, world
//   updates: 1
//   {"note":"Hello, world!","about":{"title":"Greeting"}}
