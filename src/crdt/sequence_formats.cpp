// Formats in sequences: the marks in the nodes, and the searches that they guide.
#include <algorithm>

#include "base/assert.h"
#include "crdt/sequence.h"

namespace syncline::crdt {
// ---- marks

// Called when an item that is not text was inserted into the sequence.
void SequencePool::note_kind(Sequence& sequence, const Item& item) {
  if (item.kind() == BlockKind::kFormat) {
    sequence.formatted = true;
    if (marks_.empty()) marks_.resize(std::max<std::size_t>(1, nodes_.size()));
    format_names_.make().add(item.format_key());
    // While a tree is being built, there are no nodes yet. They get their marks when they are made.
    if (sequence.root != Sequence::kNone && !item.deleted)
      add_mark(item.place, format_names_->mark(item));
  } else if (has_values(item.kind()) && item.kind() != BlockKind::kEmbed) {
    sequence.has_values = true;
  }
}

FormatMarks SequencePool::leaf_marks(std::uint32_t index) const {
  FormatMarks marks;
  const Leaf& leaf = leaves_[index];
  for (std::uint32_t i = 0; i < leaf.size; ++i) {
    if (leaf.lengths()[i] != 0) continue;
    const Item& item = items_[leaf.handles()[i]];
    if (item.is_live_format()) marks = marks | format_names_->mark(item);
  }
  return marks;
}

FormatMarks SequencePool::node_marks(std::uint32_t index) const {
  FormatMarks marks;
  for (std::uint32_t i = 0; i < nodes_[index].size; ++i) marks = marks | marks_[index].child[i];
  return marks;
}

void SequencePool::add_mark(std::uint32_t leaf, FormatMarks mark) {
  std::uint32_t child = leaf;
  std::uint32_t parent = leaves_[leaf].parent;
  while (parent != Sequence::kNone) {
    FormatMarks& marks = marks_[parent].child[child_slot(nodes_[parent], child)];
    if (marks.holds(mark)) return;
    marks = marks | mark;
    child = parent;
    parent = nodes_[parent].parent;
  }
}

void SequencePool::drop_format(Sequence& sequence, Handle item) {
  SYNCLINE_ASSERT(sequence.formatted);
  std::uint32_t child = items_[item].place;
  std::uint32_t parent = leaves_[child].parent;
  if (parent == Sequence::kNone) return;
  FormatMarks marks = leaf_marks(child);
  while (true) {
    FormatMarks& known = marks_[parent].child[child_slot(nodes_[parent], child)];
    if (known == marks) return;
    known = marks;
    child = parent;
    parent = nodes_[parent].parent;
    if (parent == Sequence::kNone) return;
    marks = node_marks(child);
  }
}

// ---- places

SequencePool::Spot SequencePool::before(const Sequence& sequence, Handle item) const {
  if (item != kNoItem) return {items_[item].place, slot_of(sequence, item)};
  std::uint32_t child = sequence.root;
  if (child == Sequence::kNone) return {};
  for (std::uint32_t level = sequence.height; level > 0; --level)
    child = nodes_[child].child[nodes_[child].size - 1];
  return {child, leaves_[child].size};
}

SequencePool::Spot SequencePool::behind(const Sequence& sequence, Handle item) const {
  if (item != kNoItem) return {items_[item].place, slot_of(sequence, item) + 1};
  std::uint32_t child = sequence.root;
  if (child == Sequence::kNone) return {};
  for (std::uint32_t level = sequence.height; level > 0; --level) child = nodes_[child].child[0];
  return {child, 0};
}

// The slots on the way from the root, packed into one number. A level can only appear after more
// than sixteen times the insertions of the level below, so all levels fit.
std::uint64_t SequencePool::order(const Sequence& sequence, Handle item) const {
  constexpr unsigned kLeafBits = 6;
  constexpr unsigned kNodeBits = 5;
  static_assert(kLeafMax == 1u << kLeafBits && kNodeMax == 1u << kNodeBits);
  SYNCLINE_ASSERT(kLeafBits + sequence.height * kNodeBits <= 64);
  std::uint32_t child = items_[item].place;
  std::uint64_t order = slot_of(sequence, item);
  unsigned shift = kLeafBits;
  for (std::uint32_t node = leaves_[child].parent; node != Sequence::kNone;
       node = nodes_[node].parent) {
    order |= std::uint64_t{child_slot(nodes_[node], child)} << shift;
    shift += kNodeBits;
    child = node;
  }
  return order;
}

// ---- searches

// Moves a place back over the nearest item that `in_leaf` accepts. Every child that `in_child`
// accepts contains such an item. False if there is none.
template <typename InChild, typename InLeaf>
bool SequencePool::seek_back(Spot& spot, InChild in_child, InLeaf in_leaf) const {
  while (spot.leaf != Sequence::kNone) {
    const Leaf& leaf = leaves_[spot.leaf];
    while (spot.slot > 0) {
      --spot.slot;
      if (in_leaf(leaf, spot.slot)) return true;
    }
    std::uint32_t child = spot.leaf;
    std::uint32_t parent = leaf.parent;
    std::uint32_t level = 0;
    std::uint32_t slot = 0;
    for (; parent != Sequence::kNone; child = parent, parent = nodes_[parent].parent, ++level) {
      slot = child_slot(nodes_[parent], child);
      while (slot > 0 && !in_child(parent, slot - 1)) --slot;
      if (slot > 0) break;
    }
    if (parent == Sequence::kNone) return false;
    for (child = nodes_[parent].child[slot - 1]; level > 0; --level) {
      slot = nodes_[child].size;
      while (!in_child(child, slot - 1)) {
        --slot;
        SYNCLINE_ASSERT(slot > 0);
      }
      child = nodes_[child].child[slot - 1];
    }
    spot = {child, leaves_[child].size};
  }
  return false;
}

// The same in the forward direction.
template <typename InChild, typename InLeaf>
bool SequencePool::seek_on(Spot& spot, InChild in_child, InLeaf in_leaf) const {
  while (spot.leaf != Sequence::kNone) {
    const Leaf& leaf = leaves_[spot.leaf];
    while (spot.slot < leaf.size)
      if (in_leaf(leaf, spot.slot++)) return true;
    std::uint32_t child = spot.leaf;
    std::uint32_t parent = leaf.parent;
    std::uint32_t level = 0;
    std::uint32_t slot = 0;
    for (; parent != Sequence::kNone; child = parent, parent = nodes_[parent].parent, ++level) {
      const std::uint32_t size = nodes_[parent].size;
      slot = child_slot(nodes_[parent], child) + 1;
      while (slot < size && !in_child(parent, slot)) ++slot;
      if (slot < size) break;
    }
    if (parent == Sequence::kNone) return false;
    for (child = nodes_[parent].child[slot]; level > 0; --level) {
      slot = 0;
      while (!in_child(child, slot)) {
        ++slot;
        SYNCLINE_ASSERT(slot < nodes_[child].size);
      }
      child = nodes_[child].child[slot];
    }
    spot = {child, 0};
  }
  return false;
}

Handle SequencePool::previous_format(const Sequence& sequence, Spot& spot,
                                     FormatMarks wanted) const {
  if (!sequence.formatted || !wanted.any()) return kNoItem;
  const bool found = seek_back(
      spot,
      [&](std::uint32_t node, std::uint32_t slot) {
        return marks_[node].child[slot].meets(wanted);
      },
      [&](const Leaf& leaf, std::uint32_t slot) {
        if (leaf.lengths()[slot] != 0) return false;
        const Item& item = items_[leaf.handles()[slot]];
        return item.is_live_format() && format_names_->mark(item).meets(wanted);
      });
  return found ? leaves_[spot.leaf].handles()[spot.slot] : kNoItem;
}

Handle SequencePool::next_format(const Sequence& sequence, Spot& spot, FormatMarks wanted) const {
  if (!sequence.formatted || !wanted.any()) return kNoItem;
  const bool found = seek_on(
      spot,
      [&](std::uint32_t node, std::uint32_t slot) {
        return marks_[node].child[slot].meets(wanted);
      },
      [&](const Leaf& leaf, std::uint32_t slot) {
        if (leaf.lengths()[slot] != 0) return false;
        const Item& item = items_[leaf.handles()[slot]];
        return item.is_live_format() && format_names_->mark(item).meets(wanted);
      });
  return found ? leaves_[spot.leaf].handles()[spot.slot - 1] : kNoItem;
}

bool SequencePool::is_live(const Leaf& leaf, std::uint32_t slot) const {
  return leaf.lengths()[slot] != 0 || items_[leaf.handles()[slot]].is_live_format();
}

bool SequencePool::has_live(const Sequence& sequence, std::uint32_t node,
                            std::uint32_t slot) const {
  return nodes_[node].sum[slot] != 0 || (sequence.formatted && marks_[node].child[slot].any());
}

Handle SequencePool::live_from(const Sequence& sequence, Handle item) const {
  // Usually it is near.
  for (int near = 4; near > 0; --near, item = items_[item].right)
    if (item == kNoItem || !items_[item].deleted) return item;
  if (item == kNoItem) return item;
  flush(sequence);
  Spot spot = before(sequence, item);
  const bool found = seek_on(
      spot, [&](std::uint32_t node, std::uint32_t slot) { return has_live(sequence, node, slot); },
      [&](const Leaf& leaf, std::uint32_t slot) { return is_live(leaf, slot); });
  return found ? leaves_[spot.leaf].handles()[spot.slot - 1] : kNoItem;
}

Handle SequencePool::live_before(const Sequence& sequence, Handle item) const {
  item = item == kNoItem ? sequence.last : items_[item].left;
  for (int near = 4; near > 0; --near, item = items_[item].left)
    if (item == kNoItem || !items_[item].deleted) return item;
  if (item == kNoItem) return item;
  flush(sequence);
  Spot spot = behind(sequence, item);
  const bool found = seek_back(
      spot, [&](std::uint32_t node, std::uint32_t slot) { return has_live(sequence, node, slot); },
      [&](const Leaf& leaf, std::uint32_t slot) { return is_live(leaf, slot); });
  return found ? leaves_[spot.leaf].handles()[spot.slot] : kNoItem;
}

}  // namespace syncline::crdt
