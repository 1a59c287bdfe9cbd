// Replica: one document on one client: its editor, and what it knows of the server.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/book.h"
#include "sim/editor.h"
#include "syncline/crdt/awareness.h"

namespace syncline::sim {

struct Replica {
  ObjectName name;
  crdt::ClientId id = 0;           // for its edits; the engine may change it
  crdt::ClientId presence_id = 0;  // for its presence
  std::set<crdt::ClientId> own;    // every id with which the document was ever edited
  std::unique_ptr<Editor> editor;

  // ---- state of the present connection
  // The tokens that the present connection sent for it, the newest last; some of the last ones.
  std::vector<std::string> tokens;
  bool welcome = false;   // authenticated, if the protocol reports this
  bool synced = false;    // has the server's answer to its first sync step
  bool answered = false;  // has sent what the server lacked
  std::deque<Acked> unacked;
  std::uint64_t acks = 0;          // number of acknowledged updates
  std::uint64_t acks_checked = 0;  // those that the oracle has checked
  std::uint64_t waited = 0;        // updates that arrived before others that they need

  // The last state vector that the server reported. It must never shrink, whatever crashed.
  crdt::StateVector server_knows;

  // ---- presence
  crdt::Awareness awareness;  // as a published client keeps it
  // Everything that the present connection sent, with the world's clock.
  crdt::Awareness told;
  std::set<crdt::ClientId> told_gone;  // since the oracle's last check
  std::uint64_t presence_clock = 0;
  std::uint64_t announced_us = 0;  // on the present connection; 0: not yet
  // Each of its ids, with the last connection that announced it.
  std::map<crdt::ClientId, std::uint64_t> announced_on;

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
