// Two replicas of one document: each edit on one replica reaches the other as a small update.
//
// The application decides how the bytes travel (a WebSocket, a file, a message queue). Updates may
// arrive twice and in any order.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  Doc ada({.client_id = 1});  // real programs draw a random client id for each session
  Doc ben({.client_id = 2});

  // Sends every local change to the other replica. What came from there is not sent back.
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
