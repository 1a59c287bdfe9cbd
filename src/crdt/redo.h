// RedoPass: brings deleted items back, by Yjs's rules.
//
// A deleted id stays deleted for ever. Undo inserts a copy of the content under a new id of our own
// client, at the place of the old item; the old item then refers to the new one (Item::redone,
// Store::redone). Items are copied in the order of the calls of add(), but a parent before what is
// inside it. Some items cannot come back: an entry of a map that somebody else has set since keeps
// their value, and content of a type that stays deleted stays deleted, too.
//
// Costs: an item in a type that is itself brought back searches along its old sequence for
// neighbours that are back already. So a long sequence takes quadratic time in the worst case.
//
// An object is for one transaction.
#pragma once

#include <functional>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/engine.h"

namespace syncline::crdt {

class RedoPass {
 public:
  struct Options {
    // True for ids that this undo deletes, or that the undo and redo stacks cover. A restored map
    // entry may replace these.
    std::function<bool(Id)> is_ours;
    bool overwrite_map_changes = false;  // replace map entries of others, too
  };

  RedoPass(Engine& engine, Options options) : engine_(engine), options_(std::move(options)) {}

  // Plans to bring a deleted item back.
  void add(Handle item);
  // Brings back what it can. True if it brought anything back, or if something was back already.
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
