// Bringing deleted items back, by Yjs's rules.
//
// An id stays deleted for ever. What an undo brings back is a copy of the content under a new id of
// our own client, where the old item was; the old item remembers the new one (Item::redone,
// Store::redone). Items are copied in the order in which they are added here, parents before what is
// in them. Not everything can come back: an entry of a map that somebody else has set since stays as
// they set it, and what was in a type that stays deleted stays deleted too.
//
// Costs: an item in a type that is itself brought back looks along its old sequence for neighbours
// that are back already, so a long sequence takes time in its length squared at worst.
//
// Use within one transaction.
#pragma once

#include <functional>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/engine.h"

namespace syncline::crdt {

class RedoPass {
 public:
  struct Options {
    // True for ids that are deleted by this undo or by what may be undone and redone: a map entry
    // may replace them.
    std::function<bool(Id)> is_ours;
    bool overwrite_map_changes = false;  // replace other people's map entries, too
  };

  RedoPass(Engine& engine, Options options) : engine_(engine), options_(std::move(options)) {}

  // Plans to bring back a deleted item.
  void add(Handle item);
  // Brings back what can be; true if that was anything, or was back already.
  bool run();

 private:
  Handle redo(Handle item);
  Handle redo_in_place(Handle item);
  Handle follow(Handle item);
  Handle at_home(Handle item, TypeIndex parent);
  Handle neighbour(Handle item, Handle Item::*direction, TypeIndex parent);
  bool previous_value(Handle item, TypeIndex parent, Handle& left);

  Engine& engine_;
  Options options_;
  std::vector<Handle> planned_;
  boost::unordered_flat_set<Handle> is_planned_;
};

}  // namespace syncline::crdt
