// ConflictIndex: finds the place of an item among concurrent ones without a walk over them.
//
// Yjs's scan (Engine::conflict_order) walks over all items between the two origins of a new item. An
// update that puts n items at one place so makes n²/2 steps. This index of one list (a sequence, or
// the values of a key) gives exactly the same place in O(log n), for every list, also for those that
// no honest client can produce. The engine builds it only for a list in which scans were long
// (conflict_lists.h), so ordinary documents do not have it.
//
// What the scan computes. O is the origin of the new item, R its right neighbour at the time of its
// insertion, c its client. The scan starts behind O. Write org(x) for the place of the origin of x;
// org(x) is to the left of x. "Siblings" are the items whose origin is O.
//
//   1. The scan stops at b, the first of: R; an item with org(x) < O; a sibling with client >= c and
//      with the same right origin. Without any of them, b is the end of the list.
//   2. The place moves behind a sibling with client < c, and behind an item x with O < org(x) if
//      org(x) is at or before the present place. So once the place has moved, it moves on behind
//      every item until a sibling with client >= c, a "wall". From there it only moves on if a later
//      item has its origin between O and that wall: such an item "crosses" the wall.
//   3. Therefore: let S be the last sibling before b with client < c. Without S the place is O.
//      Otherwise it is directly before the first wall w after S that nothing before b crosses, or
//      directly before b if there is no such wall. (The place is the smallest F >= S such that no
//      item in (F, b) has its origin in (O, F]; what follows such an F is a wall or b.)
//   4. A new item never crosses a wall that exists already: its own scan would have stopped there
//      (1, org(x) < O). So the first item that crosses a wall is known when the wall is inserted, and
//      never changes.
//
// Structure: a weight-balanced search tree over the list (a scapegoat tree: Galperin and Rivest,
// "Scapegoat Trees", SODA 1993). The path to a node is its label, so two places are compared in O(1).
// Each node holds for its subtree: the item with the lowest origin, the item with the lowest of the
// other origins, and of the items with the lowest origin the lowest client and the farthest first
// crosser. Inside (O, b) no origin is below O, so a subtree contains siblings exactly if its lowest
// origin is O. That answers 1 and 3 by descending once. For siblings with the same right origin there
// is an ordered table of those that can stop a scan: each has a higher client than all before it.
//
// One kind of item is to the left of its origin, a "stray": if its right origin is in the same run as
// its origin and not after it, Yjs cuts the run before the right origin and inserts the item there.
// Every scan stops at a stray, so its origin counts as lower than all others.
//
// The tree does not follow cuts and merges of items. Its entries are runs: an entry begins with a
// certain id and contains the ids that follow it in the list. Merging and growing never change which
// ids follow each other. When something is inserted into a run, or when a scan begins or ends in it,
// the index cuts its entry.
//
// Ownership: refers to the store, which must outlive it. Thread-safety: as the document. Memory:
// about 270 bytes for each item of the list. Costs: place and add O(log n) amortised, with another
// O(log n) where runs were cut; building O(n log n).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "crdt/item.h"
#include "crdt/store.h"

namespace syncline::crdt {

class ConflictIndex {
 public:
  // Builds the index of the list that begins with this item.
  ConflictIndex(const Store& store, Handle first);
  ConflictIndex(const ConflictIndex&) = delete;
  ConflictIndex& operator=(const ConflictIndex&) = delete;

  // An item that is about to be inserted.
  struct Newcomer {
    ClientId client = 0;
    DenseId origin;
    DenseId right_origin;
    Handle left = kNoItem;   // the item that ends with the origin
    Handle right = kNoItem;  // the item that begins with the right origin, if it is in this list
    Handle last = kNoItem;   // the last item of the list
  };
  // The item to insert it after; kNoItem: at the start.
  Handle place(const Newcomer& at);
  // Must be called for every item that was linked into the list, after that.
  void add(Handle item);

  // True if the list has doubled since the index was last used to find a place.
  bool idle() const { return idle_ > entries_.size() / 2; }
  // Adding an item may take a few steps for each of these.
  std::size_t size() const { return entries_.size(); }
  std::size_t memory_bytes() const;

 private:
  using Node = std::uint32_t;  // index of an entry
  static constexpr Node kNone = 0xffffffff;
  static constexpr Node kNever = 0xfffffffe;  // as a crosser: nothing crosses

  struct Summary {
    Node lowest = kNone;    // an entry with the lowest origin
    Node second = kNone;    // an entry with the lowest of the other origins
    DenseId origin;         // the lowest origin
    Node crosser = kNever;  // of those with the lowest origin: the farthest first crosser
    bool stray = false;     // the lowest is a stray
    ClientId client = 0;    // and the lowest client
  };
  struct Entry {
    DenseId id;  // its first id
    DenseId origin;
    ClientId client = 0;
    Node origin_entry = kNone;  // contains the origin, or did before it was cut
    bool stray = false;         // it is to the left of its origin
    Node next = kNone;          // what was cut off it
    Node crosser = kNever;      // the first entry that crosses it
    Node parent = kNone;
    Node left = kNone;
    Node right = kNone;
    std::uint32_t size = 1;  // entries in its subtree
    std::uint64_t label = 0;
    Summary below;  // of its subtree
  };
  // A place in the list: directly behind an element. Without an id: the start.
  struct Spot {
    DenseId id;
    Node entry = kNone;
  };
  struct Record {
    DenseId origin;
    DenseId right_origin;
    ClientId client = 0;
    std::strong_ordering operator<=>(const Record& other) const;
    bool same_group(const Record& other) const {
      return origin == other.origin && right_origin == other.right_origin;
    }
  };
  struct IdOrder {
    bool operator()(DenseId a, DenseId b) const {
      return a.client != b.client ? a.client < b.client : a.clock < b.clock;
    }
  };

  Node containing(DenseId id) const;
  Node entry_of(Handle item);
  void cut_before(Handle item);
  Spot spot(DenseId id) const { return {id, id.exists() ? containing(id) : kNone}; }
  Node insert(const Spot& behind, DenseId id, DenseId origin, DenseId right_origin);
  bool is_behind(const Spot& a, const Spot& b) const;
  void note_record(Node entry, DenseId right_origin);
  Node first_crosser(const Spot& origin, const Spot& behind) const;
  Node stop(const Newcomer& at, const Spot& origin, Node right) const;

  Node resolved_origin(Node entry) const;
  int compare_origin(Node entry, const Spot& spot) const;
  int compare_origins(Node a, Node b) const;
  bool is_before(Node a, Node b) const { return entries_[a].label < entries_[b].label; }
  bool reaches(Node crosser, Node stop) const;

  Summary alone(Node entry) const;
  Summary joined(const Summary& a, const Summary& b) const;
  Node lower(Node a, Node b) const;
  void sum_up(Node entry);
  void sum_up_all(Node root);
  void attach(Node behind, Node entry);
  void balance(Node entry, unsigned depth);
  void rebuild(Node root);
  Node build(std::size_t first, std::size_t end, Node parent, std::uint64_t label);
  template <typename Whole, typename One>
  Node search(Node root, std::uint64_t low, std::uint64_t high, bool forward, const Whole& whole,
              const One& one) const;

  const Store& store_;
  // The entries, not in the order of the list. Mutable: lookups correct origin_entry.
  mutable std::vector<Entry> entries_;
  Node root_ = kNone;
  std::map<DenseId, Node, IdOrder> by_id_;
  std::map<Record, Node> records_;
  std::vector<Node> scratch_;  // entries in the order of the list, while a subtree is rebuilt
  std::size_t idle_ = 0;       // insertions since the last place()
};

}  // namespace syncline::crdt
