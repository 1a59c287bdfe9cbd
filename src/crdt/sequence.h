// Sequences: position → item and item → position in O(log n), for every type of the document.
//
// Each sequence is a counted B+-tree over its items in document order, deleted ones included.
// Leaves hold {handle, visible length} as two parallel arrays, so that a scan touches no items;
// inner nodes hold the sums of visible lengths below each child. An item knows its leaf
// (Item::place). A leaf begins with room for two items and grows, so that small sequences cost
// little; leaves and nodes of all sequences share one pool each.
//
// A sequence remembers the leaf that was used last, with the count of what is visible before it,
// and holds back that leaf's change of length from the nodes above until another leaf changes:
// typing touches one leaf. It also remembers a slot of that leaf, with what is visible in the leaf
// before it, where searches begin.
//
// Of a sequence that ever held a format, the nodes also keep which formats that are not deleted
// each of their branches has (format_marks.h). With that the nearest format of a name, or the
// nearest item that is not deleted, is found in O(log n), however many tombstones and formats of
// other names lie in between. Sequences without formats have no marks and pay nothing for them.
//
// The order of items is given by the caller, as the item on the left; the links left and right
// between items are the caller's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crdt/format_marks.h"
#include "crdt/item.h"
#include "crdt/item_arena.h"

namespace syncline::crdt {

// The root of one tree; small, since every type has one.
struct Sequence {
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::uint32_t kUnknown = 0xffffffff;

  Handle first = kNoItem;  // first and last item, deleted ones included; kept by the tree
  Handle last = kNoItem;
  std::uint32_t length = 0;    // visible elements
  std::uint32_t root = kNone;  // a leaf if height is 0, else a node
  std::uint16_t height = 0;    // levels of nodes above the leaves
  bool formatted = false;      // a format was inserted at some time
  bool has_values = false;     // and something that is neither text nor an embed nor a type
  mutable std::uint32_t hot_leaf = kNone;
  mutable std::uint32_t hot_base = kUnknown;  // visible elements before the hot leaf
  mutable std::uint32_t hot_delta = 0;        // what the nodes above it do not know yet, mod 2^32
  mutable std::uint32_t hot_slot = 0;         // a slot of the hot leaf, at most its size
  mutable std::uint32_t hot_before = 0;       // visible elements of the hot leaf before that slot
};

class SequencePool {
 public:
  explicit SequencePool(ItemArena& items) : items_(items) {}
  SequencePool(const SequencePool&) = delete;
  SequencePool& operator=(const SequencePool&) = delete;

  // Puts `item` behind `left` (kNoItem: at the start) and sets its place. `visible` counts.
  void insert(Sequence& sequence, Handle left, Handle item, std::uint32_t visible);
  // Takes an item out; its place becomes meaningless.
  void erase(Sequence& sequence, Handle item);
  // Tells the tree an item's new visible length.
  void resize(Sequence& sequence, Handle item, std::uint32_t visible);
  // Builds the tree of a sequence that has none, from its first item on along the items' links.
  // Leaves and nodes are full. Costs the number of items.
  void build(Sequence& sequence);
  // Forgets all items.
  void clear(Sequence& sequence);

  struct Place {
    Handle item = kNoItem;
    std::uint32_t offset = 0;  // within the item's visible elements
  };
  // The item that holds the visible element at `index`, which must be below the length.
  Place find(const Sequence& sequence, std::uint32_t index) const;
  // The item whose visible elements end right before `index`, if it was the one used last, as when
  // one types; else none, which says nothing.
  Handle ending_at(const Sequence& sequence, std::uint32_t index) const;
  // The item that ending_at() gave just now has so many more visible elements.
  void grow(Sequence& sequence, std::uint32_t count) {
    leaves_[sequence.hot_leaf].lengths()[sequence.hot_slot] += count;
    sequence.hot_delta += count;
    sequence.length += count;
  }

  // Visible elements before `item`.
  std::uint32_t position(const Sequence& sequence, Handle item) const;

  // ---- formats and what is not deleted (sequence_formats.cpp)

  // A format was deleted.
  void drop_format(Sequence& sequence, Handle item);
  const FormatNames& format_names() const { return format_names_; }

  // A place between two items. It holds until something is inserted or taken out.
  struct Spot {
    std::uint32_t leaf = Sequence::kNone;
    std::uint32_t slot = 0;
  };
  Spot before(const Sequence& sequence, Handle item) const;  // kNoItem: at the end
  Spot behind(const Sequence& sequence, Handle item) const;  // kNoItem: at the start
  // The nearest format before or behind the place, not deleted, that has one of the marks, or
  // kNoItem. The place moves to its near or far side, so that the next one follows.
  Handle previous_format(const Sequence& sequence, Spot& spot, FormatMarks wanted) const;
  Handle next_format(const Sequence& sequence, Spot& spot, FormatMarks wanted) const;
  // The nearest item that is not deleted: the item itself or one behind it (kNoItem: none); one
  // before it (kNoItem: before the end).
  Handle live_from(const Sequence& sequence, Handle item) const;
  Handle live_before(const Sequence& sequence, Handle item) const;
  // Greater for what stands farther behind; until something is inserted or taken out.
  std::uint64_t order(const Sequence& sequence, Handle item) const;

  // What is broken, or empty. Compares with the items' own links and lengths.
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
  // Hangs `child`, with `sum` elements split off `sibling`, behind `sibling`.
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
  mutable std::vector<Node> nodes_;  // sums are brought up to date by readers too
  std::vector<NodeMarks> marks_;     // by node; none while no sequence has formats
  FormatNames format_names_;
  std::vector<std::uint32_t> free_leaves_;
  std::vector<std::uint32_t> free_nodes_;
};

}  // namespace syncline::crdt
