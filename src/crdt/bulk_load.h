// BulkLoad: an update into an empty document, all at once. Loading a saved document is the case that
// counts.
//
// Applying struct by struct keeps every index right at every step, and asks them for each neighbour.
// Here the structs become items as they are decoded, in the order of their ids; neighbours are found
// through a table over each client's clocks; then the items are linked in an order in which each
// comes after what it needs, by the rules that hold anywhere (Engine::conflict_order); and the index
// of ids and the trees of sequences are built from the bottom, full, when all is in place.
//
//   1. decode()  items without a place, content in the arenas
//   2.           neighbours of each; runs are cut where another struct or a deletion begins or ends
//   3.           an order that the structs can be linked in
//   4. apply()   links, deletions; runs are joined as at a commit; indexes and trees
//
// Up to 3 everything may still turn out to be wrong or too unusual, and the document is then as it
// was. What is unusual goes the way of any update (Engine::apply_update): structs or deletions that
// need something that the update does not hold, and so wait; structs beside forgotten ones, or in
// what is no type; runs cut through a surrogate pair; subdocuments; observers of types.
// What comes out is the same in both ways.
//
// One use each. Memory: besides the document about 8 bytes a struct, and what decoding needs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crdt/block.h"
#include "crdt/engine.h"

namespace syncline::crdt {

class BulkLoad final : private BlockSink {
 public:
  // True if the document is empty, nothing is going on, and the update is not too large.
  static bool possible(const Engine& engine, ByteView update);

  // The engine must be as possible() wants it, and is not used otherwise until this object is gone.
  explicit BulkLoad(Engine& engine);
  BulkLoad(const BulkLoad&) = delete;
  BulkLoad& operator=(const BulkLoad&) = delete;
  ~BulkLoad();  // unless applied, the document is empty again

  // An error: the update is bad, as decode_update says it. False: it must be applied the other way.
  Result<bool> decode(ByteView update, UpdateVersion version);
  // After decode() said true.
  ApplyResult apply(Origin origin);

 private:
  // A client's structs; their handles are consecutive.
  struct Source {
    ClientIndex index = kNoClient;
    ClientId id = 0;
    Handle first = kNoItem;
    Handle end = kNoItem;
    Clock clocks = 0;  // in all of them
    // The struct with the first clock of each stretch of 2^shift clocks, and one behind the last.
    std::vector<Handle> stretches;
    unsigned shift = 0;
    Handle next = kNoItem;  // of its structs the first that is not in the order yet
  };
  // Where an item is that says so itself. Item::parent is an index into these until it is linked.
  struct Parent {
    KeyIndex root = kNoKey;
    DenseId holder;  // if it is no root
    KeyIndex key = kNoKey;
  };
  // What Item::content is an index into for items that hold types, until then.
  struct NewType {
    TypeKind kind;
    KeyIndex name;
  };
  struct Cut {
    Handle item;
    Clock offset;
    bool operator==(const Cut&) const = default;
    auto operator<=>(const Cut&) const = default;
  };

  // bulk_load.cpp
  void add(const Block& block) override;
  bool begin_source(ClientId client);
  std::uint32_t add_parent(const Block& block);
  void add_content(Handle handle, const Block& block);
  DenseId dense(const Block& block, Id id);

  Source* source_of(ClientIndex client);
  void make_stretches(Source& source);
  Handle find(const Source& source, Clock clock) const;
  bool resolve();
  bool find_neighbours(Source& source);
  bool find_left(Item& item);
  bool find_right(Item& item);
  bool is_parent_known(const Item& item);
  bool find_deletions();
  void note_cut(const Source& source, Handle item, Clock clock);
  bool cut();
  bool cut_off(Item& part, Item& rest, Clock clock) const;

  // bulk_link.cpp
  bool find_order();
  Source* need(const Source& source);
  void add_types();
  void link(Handle handle);
  void place(Handle handle, const Engine::Placement& at);
  void link_all();
  void apply_deletes();
  void remove_rest();
  void assign_structs();
  bool joins(Handle handle) const;
  void join_runs();
  void follow(const std::vector<Handle>& moved);

  Engine& engine_;
  Store& store_;
  DecodedUpdate decoded_;  // deletions, and memory of what was normalised
  const ClientIndex clients_before_;
  const KeyIndex keys_before_;
  bool applied_ = false;
  bool usual_ = true;
  bool has_gc_ = false;
  bool has_formats_ = false;
  bool unsettled_ = false;  // there is something to forget at the commit

  std::vector<Source> sources_;                // in the order of the update
  std::vector<std::uint32_t> source_numbers_;  // by ClientIndex
  std::vector<Clock> clocks_;                  // of each item, by handle
  std::vector<Parent> parents_;
  std::vector<NewType> types_;
  std::vector<Cut> cuts_;
  std::vector<Handle> order_;   // empty: that of the handles
  std::vector<Handle> remove_;  // deleted, with all that is in them, when there are trees
  TypeIndex last_parent_ = kNoType;
};

}  // namespace syncline::crdt
