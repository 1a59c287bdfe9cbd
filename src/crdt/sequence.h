// Sequences: finds the item at a position, and the position of an item, in O(log n), for every type
// of a document.
//
// Each sequence is a counted B+-tree over its items in document order, including deleted ones. A
// leaf stores {handle, visible length} as two parallel arrays, so a scan does not touch the items.
// An inner node stores the sum of the visible lengths below each child. An item knows its leaf
// (Item::place). A leaf starts with room for two items and grows, so small sequences are cheap. The
// leaves and nodes of all sequences share one pool each.
//
// A sequence remembers the leaf of the last access (the hot leaf), with the number of visible
// elements before it. A change of that leaf's length is not propagated to the nodes above until
// another leaf changes. So typing touches only one leaf. The sequence also remembers a slot in that
// leaf, with the number of visible elements before it in the leaf; searches start there.
//
// If a sequence ever contained a format, its nodes also store marks of the live formats in each of
// their branches (format_marks.h). With them, the nearest format of a name, or the nearest live
// item, is found in O(log n), however many tombstones and other formats are in between. Sequences
// without formats have no marks and no cost for them.
//
// The caller decides the order of items, by naming the item on the left. The caller also maintains
// the links Item::left and Item::right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/rarely.h"
#include "crdt/format_marks.h"
#include "crdt/item.h"
#include "crdt/item_arena.h"

namespace syncline::crdt {

// The root of one tree. It is small, because every type has one.
struct Sequence {
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::uint32_t kUnknown = 0xffffffff;

  Handle first = kNoItem;  // first and last item, deleted ones included; set by the tree
  Handle last = kNoItem;
  std::uint32_t length = 0;    // visible elements
  std::uint32_t root = kNone;  // a leaf if height is 0, else a node
  std::uint16_t height = 0;    // levels of nodes above the leaves
  bool formatted = false;      // a format was inserted at some time
  bool has_values = false;     // an element was inserted that is not text, embed or type
  mutable std::uint32_t hot_leaf = kNone;
  mutable std::uint32_t hot_base = kUnknown;  // visible elements before the hot leaf
  // change that the nodes above do not include yet, mod 2^32
  mutable std::uint32_t hot_delta = 0;
  mutable std::uint32_t hot_slot = 0;    // a slot of the hot leaf, at most its size
  mutable std::uint32_t hot_before = 0;  // visible elements of the hot leaf before that slot
};

class SequencePool {
 public:
  explicit SequencePool(ItemArena& items) : items_(items) {}
  SequencePool(const SequencePool&) = delete;
  SequencePool& operator=(const SequencePool&) = delete;

  // Inserts `item` after `left` (kNoItem: at the start) and sets its place. `visible` is its
  // visible length.
  void insert(Sequence& sequence, Handle left, Handle item, std::uint32_t visible);
  // Removes an item. Its place is then undefined.
  void erase(Sequence& sequence, Handle item);
  // Updates the visible length of an item.
  void resize(Sequence& sequence, Handle item, std::uint32_t visible);
  // Builds the tree of a sequence that has none yet: from its first item along the links of the
  // items. Leaves and nodes are full. O(items).
  void build(Sequence& sequence);
  // Removes all items.
  void clear(Sequence& sequence);

  struct Place {
    Handle item = kNoItem;
    std::uint32_t offset = 0;  // within the item's visible elements
  };
  // The item that contains the visible element at `index`, which must be below the length.
  Place find(const Sequence& sequence, std::uint32_t index) const;
  // The item whose visible elements end directly before `index`, if the last access was at this
  // item, as during typing. kNoItem otherwise; then such an item may still exist.
  Handle ending_at(const Sequence& sequence, std::uint32_t index) const;
  // Adds `count` visible elements to the item that ending_at() has just returned.
  void grow(Sequence& sequence, std::uint32_t count) {
    leaves_[sequence.hot_leaf].lengths()[sequence.hot_slot] += count;
    sequence.hot_delta += count;
    sequence.length += count;
  }

  // The number of visible elements before `item`.
  std::uint32_t position(const Sequence& sequence, Handle item) const;

  // ---- formats and live items (sequence_formats.cpp)

  // Must be called when a format was deleted.
  void drop_format(Sequence& sequence, Handle item);
  const FormatNames& format_names() const { return *format_names_; }

  // A place between two items. Inserting or removing an item invalidates it.
  struct Spot {
    std::uint32_t leaf = Sequence::kNone;
    std::uint32_t slot = 0;
  };
  Spot before(const Sequence& sequence, Handle item) const;  // kNoItem: at the end
  Spot behind(const Sequence& sequence, Handle item) const;  // kNoItem: at the start
  // The nearest live format before or after the place that has one of the marks, or kNoItem. Moves
  // the place past that format, so that the next call continues from there.
  Handle previous_format(const Sequence& sequence, Spot& spot, FormatMarks wanted) const;
  Handle next_format(const Sequence& sequence, Spot& spot, FormatMarks wanted) const;
  // The nearest live item: `item` itself or one after it (kNoItem if there is none); or one before
  // it (`item` = kNoItem: before the end).
  Handle live_from(const Sequence& sequence, Handle item) const;
  Handle live_before(const Sequence& sequence, Handle item) const;
  // A number that is greater for items farther to the right. Inserting or removing an item
  // invalidates it.
  std::uint64_t order(const Sequence& sequence, Handle item) const;

  // A description of what is broken, or "". Compares the tree with the links and lengths of the
  // items.
  std::string check(const Sequence& sequence) const;
  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kLeafMax = 64;
  static constexpr std::uint32_t kNodeMax = 32;

  struct Leaf {
    std::uint32_t parent = Sequence::kNone;
    std::uint16_t size = 0;
    std::uint16_t capacity = 0;
    std::unique_ptr<std::uint32_t[]> data;  // capacity handles, then capacity lengths

    std::uint32_t* handles() { return data.get(); }
    std::uint32_t* lengths() { return data.get() + capacity; }
    const std::uint32_t* handles() const { return data.get(); }
    const std::uint32_t* lengths() const { return data.get() + capacity; }
  };
  struct Node {
    std::uint32_t parent = Sequence::kNone;
    std::uint32_t size = 0;
    std::uint32_t child[kNodeMax];
    std::uint32_t sum[kNodeMax];
  };
  struct NodeMarks {
    FormatMarks child[kNodeMax];
  };

  std::uint32_t new_leaf(std::uint32_t capacity);
  void free_leaf(std::uint32_t leaf);
  std::uint32_t new_node();
  void free_node(std::uint32_t node);
  static void reserve(Leaf& leaf, std::uint32_t capacity);
  std::uint32_t slot_of(const Sequence& sequence, Handle item) const;
  static std::uint32_t child_slot(const Node& node, std::uint32_t child);
  static std::uint32_t sum_of(const Leaf& leaf);

  void heat(const Sequence& sequence, std::uint32_t leaf) const;
  void cool(const Sequence& sequence) const;
  void seek(const Sequence& sequence, std::uint32_t slot) const;
  Place scan(const Sequence& sequence, std::uint32_t index) const;
  void flush(const Sequence& sequence) const;
  void add_length(Sequence& sequence, std::uint32_t leaf, std::uint32_t delta);
  void split_leaf(Sequence& sequence, std::uint32_t leaf);
  // Adds `child` after `sibling`, with `sum` elements that were split off `sibling`.
  void add_child(Sequence& sequence, std::uint32_t level, std::uint32_t sibling,
                 std::uint32_t child, std::uint32_t sum);
  void remove_child(Sequence& sequence, std::uint32_t level, std::uint32_t parent,
                    std::uint32_t child);
  void join_leaf(Sequence& sequence, std::uint32_t leaf);
  void join_level(const Sequence& sequence, std::vector<std::uint32_t>& children,
                  std::vector<std::uint32_t>& sums);
  void note_kind(Sequence& sequence, const Item& item);
  void add_mark(std::uint32_t leaf, FormatMarks mark);
  FormatMarks leaf_marks(std::uint32_t leaf) const;
  FormatMarks node_marks(std::uint32_t node) const;
  FormatMarks marks_of(std::uint32_t level, std::uint32_t child) const {
    return level == 0 ? leaf_marks(child) : node_marks(child);
  }
  template <typename InChild, typename InLeaf>
  bool seek_back(Spot& spot, InChild in_child, InLeaf in_leaf) const;
  template <typename InChild, typename InLeaf>
  bool seek_on(Spot& spot, InChild in_child, InLeaf in_leaf) const;
  bool is_live(const Leaf& leaf, std::uint32_t slot) const;
  bool has_live(const Sequence& sequence, std::uint32_t node, std::uint32_t slot) const;
  std::uint32_t parent_of(std::uint32_t level, std::uint32_t child) const;
  void set_parent(std::uint32_t level, std::uint32_t child, std::uint32_t parent);
  std::string check_node(const Sequence& sequence, std::uint32_t level, std::uint32_t node,
                         std::uint32_t parent, std::vector<Handle>& order,
                         std::uint32_t& sum) const;

  ItemArena& items_;
  std::vector<Leaf> leaves_;
  mutable std::vector<Node> nodes_;  // mutable: readers update the sums, too
  std::vector<NodeMarks> marks_;     // by node; empty while no sequence has formats
  Rarely<FormatNames> format_names_;
  Rarely<std::vector<std::uint32_t>> free_leaves_;
  Rarely<std::vector<std::uint32_t>> free_nodes_;
};

}  // namespace syncline::crdt
