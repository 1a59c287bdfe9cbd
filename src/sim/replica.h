// One document on one client: its editor, and what it knows of the server.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
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
  std::uint64_t acks = 0;          // of updates
  std::uint64_t acks_checked = 0;  // of these, by the oracle
  std::uint64_t waited = 0;        // updates that came before others that they need

  // What the server said last that it knows: never less than before, whatever crashed.
  crdt::StateVector server_knows;

  // ---- who is present
  crdt::Awareness awareness;           // as a published client keeps it
  crdt::Awareness told;                // all that the present connection said, by the world's clock
  std::set<crdt::ClientId> told_gone;  // since the oracle looked last
  std::uint64_t presence_clock = 0;
  std::uint64_t announced_us = 0;                        // on the present connection; 0: not yet
  std::map<crdt::ClientId, std::uint64_t> announced_on;  // each id it had: on which connection last

  void disconnected() {
    welcome = synced = answered = false;
    unacked.clear();
    acks = acks_checked = waited = 0;
    told = crdt::Awareness();
    told_gone.clear();
    announced_us = 0;
  }
};

}  // namespace syncline::sim
