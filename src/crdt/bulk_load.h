// BulkLoad: applies an update to an empty document in one pass. This makes loading a saved document
// fast.
//
// Engine::apply_update applies struct by struct, keeps every index correct at each step, and looks
// up each neighbour in the indexes. BulkLoad works in phases instead:
//
//   1. decode()  makes items without a place, in the order of their ids; their content goes to the
//                arenas
//   2.           finds the neighbours of each item, through a table over the clocks of each client;
//                cuts runs where another struct or a deletion begins or ends
//   3.           finds an order in which each struct comes after those that it depends on
//   4. apply()   links the items by the usual rules (Engine::conflict_order), applies deletions, joins
//                runs as a commit does; then builds the index of ids and the trees of sequences from
//                the bottom, with full nodes
//
// Until the end of phase 3, BulkLoad can give up: because the update is bad, or because it is
// unusual. The document is then as it was before. Engine::apply_update handles the unusual updates:
// those with structs or deletions that must wait for missing ones, structs next to forgotten ones,
// structs inside something that is not a type, runs cut inside a surrogate pair, subdocuments, and
// documents with observers of types. Both ways give the same result.
//
// An object is for one use. Memory: about 8 bytes per struct in addition to the document, and what
// decoding needs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crdt/block.h"
#include "crdt/engine.h"

namespace syncline::crdt {

class BulkLoad final : private BlockSink {
 public:
  // True if the document is empty, no transaction is open, and the update is not too large.
  static bool possible(const Engine& engine, ByteView update);

  // possible() must be true for the engine. Nothing else may use the engine until this object is
  // destroyed.
  explicit BulkLoad(Engine& engine);
  BulkLoad(const BulkLoad&) = delete;
  BulkLoad& operator=(const BulkLoad&) = delete;
  ~BulkLoad();  // without apply(), the document is empty again

  // An error: the update is bad, as in decode_update. False: the caller must use
  // Engine::apply_update.
  Result<bool> decode(ByteView update, UpdateVersion version);
  // May be called only after decode() has returned true.
  ApplyResult apply(Origin origin);

 private:
  // A client's structs; their handles are consecutive.
  struct Source {
    ClientIndex index = kNoClient;
    ClientId id = 0;
    Handle first = kNoItem;
    Handle end = kNoItem;
    Clock clocks = 0;  // the number of clocks in all structs
    // For each stretch of 2^shift clocks: the struct with its first clock. Then one entry after the
    // last.
    std::vector<Handle> stretches;
    unsigned shift = 0;
    Handle next = kNoItem;  // the first of its structs that is not in the order yet
  };
  // The place of an item that states its parent itself. Until the item is linked, Item::parent is
  // an index into these.
  struct Parent {
    KeyIndex root = kNoKey;
    DenseId holder;  // if the parent is not a root
    KeyIndex key = kNoKey;
  };
  // For an item that holds a type: until the item is linked, Item::content is an index into these.
  struct NewType {
    TypeKind kind;
    KeyIndex name;
  };
  // Until it is linked, Item::keep marks the rest of a run that was cut. It is linked together with
  // the beginning of its run, as if the run were cut later.
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
  DecodedUpdate decoded_;  // the deletions, and the memory of normalised data
  const ClientIndex clients_before_;
  const KeyIndex keys_before_;
  bool applied_ = false;
  bool usual_ = true;
  bool has_gc_ = false;
  bool has_formats_ = false;
  bool has_rests_ = false;  // some runs were cut
  bool unsettled_ = false;  // the commit will have something to forget

  std::vector<Source> sources_;                // in the order of the update
  std::vector<std::uint32_t> source_numbers_;  // by ClientIndex
  std::vector<Clock> clocks_;                  // of each item, by handle; from ItemArena::kFirst on
  std::vector<Parent> parents_;
  std::vector<NewType> types_;
  std::vector<Cut> cuts_;
  std::vector<Handle> order_;   // empty: the order of the handles
  std::vector<Handle> remove_;  // to be deleted with everything in them, once there are trees
  std::vector<Handle> long_values_;  // of keys: only the last unit of each stays
  TypeIndex last_parent_ = kNoType;
};

}  // namespace syncline::crdt
