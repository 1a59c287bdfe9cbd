// One document on one client: its editor, and what it knows of the server.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>

#include "sim/book.h"
#include "sim/editor.h"
#include "syncline/crdt/awareness.h"

namespace syncline::sim {

struct Replica {
  ObjectName name;
  crdt::ClientId id = 0;           // that it edits under; the engine may change it
  crdt::ClientId presence_id = 0;  // that it is present under
  std::set<crdt::ClientId> own;    // every id that its document was ever edited under
  std::unique_ptr<Editor> editor;

  // ---- of the present connection
  bool welcome = false;   // authenticated, in protocols that say so
  bool synced = false;    // has the server's answer to its first question
  bool answered = false;  // has sent what the server lacked
  std::deque<Acked> unacked;

  // What the server said last that it knows: never less than before, whatever crashed.
  crdt::StateVector server_knows;

  crdt::Awareness awareness;
  std::uint64_t presence_clock = 0;

  void disconnected() {
    welcome = synced = answered = false;
    unacked.clear();
  }
};

}  // namespace syncline::sim
