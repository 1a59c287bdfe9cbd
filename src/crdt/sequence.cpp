#include "crdt/sequence.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace syncline::crdt {
namespace {

constexpr std::uint32_t kNone = Sequence::kNone;
constexpr std::uint32_t kUnknown = Sequence::kUnknown;

std::uint32_t grown(std::uint32_t capacity, std::uint32_t limit) {
  return std::min(limit, capacity < 4 ? capacity * 2 : capacity + capacity / 2);
}

}  // namespace

// ---- leaves and nodes

std::uint32_t SequencePool::new_leaf(std::uint32_t capacity) {
  std::uint32_t index = static_cast<std::uint32_t>(leaves_.size());
  if (free_leaves_->empty()) {
    leaves_.emplace_back();
  } else {
    index = free_leaves_->back();
    free_leaves_.make().pop_back();
  }
  reserve(leaves_[index], capacity);
  return index;
}

void SequencePool::free_leaf(std::uint32_t leaf) {
  leaves_[leaf] = Leaf{};
  free_leaves_.make().push_back(leaf);
}

std::uint32_t SequencePool::new_node() {
  std::uint32_t index = static_cast<std::uint32_t>(nodes_.size());
  if (free_nodes_->empty()) {
    nodes_.emplace_back();
    if (!marks_.empty()) marks_.emplace_back();
  } else {
    index = free_nodes_->back();
    free_nodes_.make().pop_back();
    if (!marks_.empty()) marks_[index] = {};
  }
  return index;
}

void SequencePool::free_node(std::uint32_t node) {
  nodes_[node].parent = kNone;
  nodes_[node].size = 0;
  free_nodes_.make().push_back(node);
}

void SequencePool::reserve(Leaf& leaf, std::uint32_t capacity) {
  auto data = std::make_unique_for_overwrite<std::uint32_t[]>(std::size_t{capacity} * 2);
  std::copy_n(leaf.handles(), leaf.size, data.get());
  if (leaf.size > 0) std::copy_n(leaf.lengths(), leaf.size, data.get() + capacity);
  leaf.data = std::move(data);
  leaf.capacity = static_cast<std::uint16_t>(capacity);
}

std::uint32_t SequencePool::slot_of(const Sequence& sequence, Handle item) const {
  const Leaf& leaf = leaves_[items_[item].place];
  const std::uint32_t* handles = leaf.handles();
  // Tries the place of the last search and the slots next to it.
  const std::uint32_t near = sequence.hot_slot;
  if (near < leaf.size && handles[near] == item) return near;
  if (near + 1 < leaf.size && handles[near + 1] == item) return near + 1;
  if (near - 1 < leaf.size && handles[near - 1] == item) return near - 1;
  const auto slot =
      static_cast<std::uint32_t>(std::find(handles, handles + leaf.size, item) - handles);
  SYNCLINE_ASSERT(slot < leaf.size);
  if (items_[item].place == sequence.hot_leaf) seek(sequence, slot);
  return slot;
}

std::uint32_t SequencePool::child_slot(const Node& node, std::uint32_t child) {
  std::uint32_t slot = 0;
  while (node.child[slot] != child) {
    ++slot;
    SYNCLINE_ASSERT(slot < node.size);
  }
  return slot;
}

std::uint32_t SequencePool::sum_of(const Leaf& leaf) {
  std::uint32_t sum = 0;
  const std::uint32_t* lengths = leaf.lengths();
  for (std::uint32_t i = 0; i < leaf.size; ++i) sum += lengths[i];
  return sum;
}

std::uint32_t SequencePool::parent_of(std::uint32_t level, std::uint32_t child) const {
  return level == 0 ? leaves_[child].parent : nodes_[child].parent;
}

void SequencePool::set_parent(std::uint32_t level, std::uint32_t child, std::uint32_t parent) {
  (level == 0 ? leaves_[child].parent : nodes_[child].parent) = parent;
}

// ---- the hot leaf

void SequencePool::flush(const Sequence& sequence) const {
  if (sequence.hot_delta == 0) return;
  std::uint32_t child = sequence.hot_leaf;
  std::uint32_t parent = leaves_[child].parent;
  while (parent != kNone) {
    Node& node = nodes_[parent];
    node.sum[child_slot(node, child)] += sequence.hot_delta;
    child = parent;
    parent = node.parent;
  }
  sequence.hot_delta = 0;
}

void SequencePool::heat(const Sequence& sequence, std::uint32_t leaf) const {
  if (sequence.hot_leaf == leaf) return;
  cool(sequence);
  sequence.hot_leaf = leaf;
}

// Propagates the pending change of length; after that no leaf is hot.
void SequencePool::cool(const Sequence& sequence) const {
  flush(sequence);
  sequence.hot_leaf = kNone;
  sequence.hot_base = kUnknown;
  sequence.hot_slot = 0;
  sequence.hot_before = 0;
}

// Moves the hot slot to this slot of the hot leaf.
void SequencePool::seek(const Sequence& sequence, std::uint32_t slot) const {
  const std::uint32_t* lengths = leaves_[sequence.hot_leaf].lengths();
  while (sequence.hot_slot < slot) sequence.hot_before += lengths[sequence.hot_slot++];
  while (sequence.hot_slot > slot) sequence.hot_before -= lengths[--sequence.hot_slot];
}

void SequencePool::add_length(Sequence& sequence, std::uint32_t leaf, std::uint32_t delta) {
  heat(sequence, leaf);
  sequence.hot_delta += delta;
  sequence.length += delta;
}

// ---- growing

void SequencePool::insert(Sequence& sequence, Handle left, Handle item, std::uint32_t visible) {
  std::uint32_t leaf_index = sequence.root;
  std::uint32_t slot = 0;
  if (left != kNoItem) {
    leaf_index = items_[left].place;
    slot = slot_of(sequence, left) + 1;
  } else if (leaf_index == kNone) {
    leaf_index = sequence.root = new_leaf(2);
  } else {
    for (std::uint32_t level = sequence.height; level > 0; --level)
      leaf_index = nodes_[leaf_index].child[0];
  }

  if (leaves_[leaf_index].size == kLeafMax) {
    split_leaf(sequence, leaf_index);
    const std::uint32_t kept = leaves_[leaf_index].size;
    if (slot > kept) {
      slot -= kept;
      leaf_index = items_[left].place;
    }
  }
  Leaf& leaf = leaves_[leaf_index];
  if (leaf.size == leaf.capacity) reserve(leaf, grown(leaf.capacity, kLeafMax));
  std::copy_backward(leaf.handles() + slot, leaf.handles() + leaf.size,
                     leaf.handles() + leaf.size + 1);
  std::copy_backward(leaf.lengths() + slot, leaf.lengths() + leaf.size,
                     leaf.lengths() + leaf.size + 1);
  leaf.handles()[slot] = item;
  leaf.lengths()[slot] = visible;
  ++leaf.size;
  items_[item].place = leaf_index;
  if (left == kNoItem) sequence.first = item;
  if (left == sequence.last) sequence.last = item;
  if (items_[item].kind() != BlockKind::kString) note_kind(sequence, items_[item]);
  add_length(sequence, leaf_index, visible);
  if (slot < sequence.hot_slot) {
    ++sequence.hot_slot;
    sequence.hot_before += visible;
  }
}

void SequencePool::split_leaf(Sequence& sequence, std::uint32_t index) {
  cool(sequence);
  // People type at the end more often than elsewhere, so the last leaf is left nearly full.
  const bool at_end = leaves_[index].handles()[leaves_[index].size - 1] == sequence.last;
  const std::uint32_t kept = at_end ? kLeafMax * 7 / 8 : kLeafMax / 2;
  const std::uint32_t moved = kLeafMax - kept;
  const std::uint32_t other_index = new_leaf(std::max(moved * 2, kLeafMax / 2));
  Leaf& leaf = leaves_[index];
  Leaf& other = leaves_[other_index];
  std::copy_n(leaf.handles() + kept, moved, other.handles());
  std::copy_n(leaf.lengths() + kept, moved, other.lengths());
  other.size = static_cast<std::uint16_t>(moved);
  leaf.size = static_cast<std::uint16_t>(kept);
  for (std::uint32_t i = 0; i < moved; ++i) items_[other.handles()[i]].place = other_index;
  add_child(sequence, 0, index, other_index, sum_of(other));
}

void SequencePool::add_child(Sequence& sequence, std::uint32_t level, std::uint32_t sibling,
                             std::uint32_t child, std::uint32_t sum) {
  std::uint32_t parent = parent_of(level, sibling);
  if (parent == kNone) {
    parent = new_node();
    Node& root = nodes_[parent];
    root.parent = kNone;
    root.size = 1;
    root.child[0] = sibling;
    root.sum[0] = sequence.length;
    set_parent(level, sibling, parent);
    sequence.root = parent;
    sequence.height = static_cast<std::uint16_t>(level + 1);
  } else if (nodes_[parent].size == kNodeMax) {
    const std::uint32_t other_index = new_node();
    Node& node = nodes_[parent];
    Node& other = nodes_[other_index];
    const std::uint32_t kept = kNodeMax / 2;
    other.size = kNodeMax - kept;
    std::uint32_t other_sum = 0;
    for (std::uint32_t i = 0; i < other.size; ++i) {
      other.child[i] = node.child[kept + i];
      other.sum[i] = node.sum[kept + i];
      other_sum += other.sum[i];
      set_parent(level, other.child[i], other_index);
    }
    node.size = kept;
    if (sequence.formatted)
      std::copy_n(marks_[parent].child + kept, other.size, marks_[other_index].child);
    add_child(sequence, level + 1, parent, other_index, other_sum);
    parent = parent_of(level, sibling);
  }
  Node& node = nodes_[parent];
  const std::uint32_t slot = child_slot(node, sibling);
  std::copy_backward(node.child + slot + 1, node.child + node.size, node.child + node.size + 1);
  std::copy_backward(node.sum + slot + 1, node.sum + node.size, node.sum + node.size + 1);
  node.child[slot + 1] = child;
  node.sum[slot + 1] = sum;
  node.sum[slot] -= sum;
  ++node.size;
  set_parent(level, child, parent);
  if (!sequence.formatted) return;
  FormatMarks* marks = marks_[parent].child;
  std::copy_backward(marks + slot + 1, marks + node.size - 1, marks + node.size);
  marks[slot] = marks_of(level, sibling);
  marks[slot + 1] = marks_of(level, child);
}

// ---- shrinking

void SequencePool::resize(Sequence& sequence, Handle item, std::uint32_t visible) {
  const std::uint32_t leaf_index = items_[item].place;
  Leaf& leaf = leaves_[leaf_index];
  const std::uint32_t slot = slot_of(sequence, item);
  std::uint32_t& length = leaf.lengths()[slot];
  const std::uint32_t delta = visible - length;
  if (delta == 0) return;
  length = visible;
  add_length(sequence, leaf_index, delta);
  if (slot < sequence.hot_slot) sequence.hot_before += delta;
}

void SequencePool::erase(Sequence& sequence, Handle item) {
  const std::uint32_t leaf_index = items_[item].place;
  Leaf& leaf = leaves_[leaf_index];
  const std::uint32_t slot = slot_of(sequence, item);
  if (sequence.first == item) sequence.first = items_[item].right;
  if (sequence.last == item) sequence.last = items_[item].left;
  const std::uint32_t visible = leaf.lengths()[slot];
  if (visible != 0) add_length(sequence, leaf_index, 0 - visible);
  if (sequence.hot_leaf == leaf_index && slot < sequence.hot_slot) {
    --sequence.hot_slot;
    sequence.hot_before -= visible;
  }
  std::copy(leaf.handles() + slot + 1, leaf.handles() + leaf.size, leaf.handles() + slot);
  std::copy(leaf.lengths() + slot + 1, leaf.lengths() + leaf.size, leaf.lengths() + slot);
  --leaf.size;
  if (leaf.size < kLeafMax / 4) join_leaf(sequence, leaf_index);
}

void SequencePool::join_leaf(Sequence& sequence, std::uint32_t index) {
  const std::uint32_t parent = leaves_[index].parent;
  if (parent == kNone) {
    if (leaves_[index].size > 0) return;
    free_leaf(index);
    cool(sequence);
    sequence.root = kNone;
    return;
  }
  if (leaves_[index].size == 0) {
    cool(sequence);
    remove_child(sequence, 0, parent, index);
    free_leaf(index);
    return;
  }
  // Merges the leaf into its left sibling, if both fit with some room left.
  const Node& node = nodes_[parent];
  const std::uint32_t slot = child_slot(node, index);
  if (slot == 0) return;
  const std::uint32_t left_index = node.child[slot - 1];
  const std::uint32_t size = leaves_[left_index].size + leaves_[index].size;
  if (size > kLeafMax * 3 / 4) return;
  cool(sequence);
  Leaf& left = leaves_[left_index];
  Leaf& leaf = leaves_[index];
  if (size > left.capacity) reserve(left, kLeafMax);
  std::copy_n(leaf.handles(), leaf.size, left.handles() + left.size);
  std::copy_n(leaf.lengths(), leaf.size, left.lengths() + left.size);
  for (std::uint32_t i = 0; i < leaf.size; ++i) items_[leaf.handles()[i]].place = left_index;
  left.size = static_cast<std::uint16_t>(size);
  nodes_[parent].sum[slot - 1] += nodes_[parent].sum[slot];
  nodes_[parent].sum[slot] = 0;
  if (sequence.formatted) {
    FormatMarks* marks = marks_[parent].child;
    marks[slot - 1] = marks[slot - 1] | marks[slot];
  }
  remove_child(sequence, 0, parent, index);
  free_leaf(index);
}

void SequencePool::remove_child(Sequence& sequence, std::uint32_t level, std::uint32_t parent,
                                std::uint32_t child) {
  Node& node = nodes_[parent];
  const std::uint32_t slot = child_slot(node, child);
  SYNCLINE_ASSERT(node.sum[slot] == 0);
  std::copy(node.child + slot + 1, node.child + node.size, node.child + slot);
  std::copy(node.sum + slot + 1, node.sum + node.size, node.sum + slot);
  if (sequence.formatted) {
    FormatMarks* marks = marks_[parent].child;
    std::copy(marks + slot + 1, marks + node.size, marks + slot);
  }
  --node.size;
  if (node.size == 0) {
    const std::uint32_t above = node.parent;
    if (above == kNone) {
      sequence.root = kNone;
      sequence.height = 0;
    } else {
      remove_child(sequence, level + 1, above, parent);
    }
    free_node(parent);
  } else if (node.size == 1 && parent == sequence.root) {
    sequence.root = node.child[0];
    sequence.height = static_cast<std::uint16_t>(level);
    set_parent(level, sequence.root, kNone);
    free_node(parent);
  }
}

void SequencePool::build(Sequence& sequence) {
  SYNCLINE_ASSERT(sequence.root == kNone);
  std::vector<std::uint32_t> children;
  std::vector<std::uint32_t> sums;
  std::uint32_t handles[kLeafMax];
  std::uint32_t lengths[kLeafMax];
  for (Handle item = sequence.first; item != kNoItem;) {
    std::uint32_t size = 0;
    std::uint32_t sum = 0;
    for (; item != kNoItem && size < kLeafMax; item = items_[item].right, ++size) {
      handles[size] = item;
      sum += lengths[size] = items_[item].visible();
      if (items_[item].kind() != BlockKind::kString) note_kind(sequence, items_[item]);
    }
    const std::uint32_t index = new_leaf(size);
    Leaf& leaf = leaves_[index];
    leaf.size = static_cast<std::uint16_t>(size);
    std::copy_n(handles, size, leaf.handles());
    std::copy_n(lengths, size, leaf.lengths());
    for (std::uint32_t i = 0; i < size; ++i) items_[handles[i]].place = index;
    children.push_back(index);
    sums.push_back(sum);
    sequence.length += sum;
  }
  if (children.empty()) return;
  for (; children.size() > 1; ++sequence.height) join_level(sequence, children, sums);
  sequence.root = children.front();
}

// Puts the leaves or nodes of a level, in order, under as few new nodes as possible. These nodes
// replace the level.
void SequencePool::join_level(const Sequence& sequence, std::vector<std::uint32_t>& children,
                              std::vector<std::uint32_t>& sums) {
  const std::uint32_t level = sequence.height;
  std::size_t parents = 0;
  for (std::size_t first = 0; first < children.size(); first += kNodeMax, ++parents) {
    const std::uint32_t index = new_node();
    Node& node = nodes_[index];
    node.parent = kNone;
    node.size =
        static_cast<std::uint32_t>(std::min<std::size_t>(kNodeMax, children.size() - first));
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < node.size; ++i) {
      node.child[i] = children[first + i];
      sum += node.sum[i] = sums[first + i];
      set_parent(level, node.child[i], index);
      if (sequence.formatted) marks_[index].child[i] = marks_of(level, node.child[i]);
    }
    children[parents] = index;
    sums[parents] = sum;
  }
  children.resize(parents);
  sums.resize(parents);
}

void SequencePool::clear(Sequence& sequence) {
  if (sequence.root != kNone) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> work{{sequence.height, sequence.root}};
    while (!work.empty()) {
      const auto [level, index] = work.back();
      work.pop_back();
      if (level == 0) {
        free_leaf(index);
        continue;
      }
      const Node& node = nodes_[index];
      for (std::uint32_t i = 0; i < node.size; ++i) work.emplace_back(level - 1, node.child[i]);
      free_node(index);
    }
  }
  sequence = Sequence{};
}

// ---- lookup

// Finds the element at `index` of the hot leaf, starting from the hot slot, and moves the hot slot
// there. No item if the element is after the leaf.
SequencePool::Place SequencePool::scan(const Sequence& sequence, std::uint32_t index) const {
  const Leaf& leaf = leaves_[sequence.hot_leaf];
  const std::uint32_t* lengths = leaf.lengths();
  std::uint32_t slot = sequence.hot_slot;
  std::uint32_t before = sequence.hot_before;
  while (before > index) before -= lengths[--slot];
  while (slot < leaf.size && index - before >= lengths[slot]) before += lengths[slot++];
  if (slot == leaf.size) return {};
  sequence.hot_slot = slot;
  sequence.hot_before = before;
  return {leaf.handles()[slot], index - before};
}

SequencePool::Place SequencePool::find(const Sequence& sequence, std::uint32_t index) const {
  SYNCLINE_ASSERT(index < sequence.length);
  if (sequence.hot_base != kUnknown && index >= sequence.hot_base) {
    const Place place = scan(sequence, index - sequence.hot_base);
    if (place.item != kNoItem) return place;
  }
  flush(sequence);
  std::uint32_t rest = index;
  std::uint32_t child = sequence.root;
  for (std::uint32_t level = sequence.height; level > 0; --level) {
    const Node& node = nodes_[child];
    std::uint32_t slot = 0;
    while (rest >= node.sum[slot]) rest -= node.sum[slot++];
    child = node.child[slot];
  }
  heat(sequence, child);
  sequence.hot_base = index - rest;
  const Place place = scan(sequence, rest);
  SYNCLINE_ASSERT(place.item != kNoItem);
  return place;
}

Handle SequencePool::ending_at(const Sequence& sequence, std::uint32_t index) const {
  if (sequence.hot_leaf == kNone || sequence.hot_base == kUnknown) return kNoItem;
  const Leaf& leaf = leaves_[sequence.hot_leaf];
  const std::uint32_t* lengths = leaf.lengths();
  const std::uint32_t rest = index - sequence.hot_base - sequence.hot_before;
  if (rest == 0) {  // the search for that place has moved on to the next item
    if (sequence.hot_slot == 0 || lengths[sequence.hot_slot - 1] == 0) return kNoItem;
    sequence.hot_before -= lengths[--sequence.hot_slot];
  } else if (sequence.hot_slot == leaf.size || lengths[sequence.hot_slot] != rest) {
    return kNoItem;
  }
  return leaf.handles()[sequence.hot_slot];
}

std::uint32_t SequencePool::position(const Sequence& sequence, Handle item) const {
  const std::uint32_t leaf_index = items_[item].place;
  heat(sequence, leaf_index);
  const Leaf& leaf = leaves_[leaf_index];
  if (sequence.hot_base == kUnknown) {
    std::uint32_t base = 0;
    std::uint32_t child = leaf_index;
    for (std::uint32_t parent = leaf.parent; parent != kNone; parent = nodes_[parent].parent) {
      const Node& node = nodes_[parent];
      const std::uint32_t slot = child_slot(node, child);
      for (std::uint32_t i = 0; i < slot; ++i) base += node.sum[i];
      child = parent;
    }
    sequence.hot_base = base;
  }
  std::uint32_t position = sequence.hot_base;
  const std::uint32_t slot = slot_of(sequence, item);
  for (std::uint32_t i = 0; i < slot; ++i) position += leaf.lengths()[i];
  return position;
}

std::size_t SequencePool::memory_bytes() const {
  std::size_t bytes = leaves_.capacity() * sizeof(Leaf) + nodes_.capacity() * sizeof(Node) +
                      marks_.capacity() * sizeof(NodeMarks) +
                      (free_leaves_->capacity() + free_nodes_->capacity()) * sizeof(std::uint32_t);
  for (const Leaf& leaf : leaves_) bytes += std::size_t{leaf.capacity} * 2 * sizeof(std::uint32_t);
  return bytes;
}

// ---- check

std::string SequencePool::check_node(const Sequence& sequence, std::uint32_t level,
                                     std::uint32_t index, std::uint32_t parent,
                                     std::vector<Handle>& order, std::uint32_t& sum) const {
  if (parent_of(level, index) != parent) return "a tree node does not know its parent";
  sum = 0;
  if (level == 0) {
    const Leaf& leaf = leaves_[index];
    if (leaf.size == 0) return "an empty leaf";
    for (std::uint32_t i = 0; i < leaf.size; ++i) {
      const Item& item = items_[leaf.handles()[i]];
      if (item.place != index) return "an item does not know its leaf";
      if (leaf.lengths()[i] != item.visible()) return "a leaf has a wrong visible length";
      if (item.is_live_format() && !sequence.formatted) return "a format that the tree ignores";
      sum += leaf.lengths()[i];
      order.push_back(leaf.handles()[i]);
    }
    return {};
  }
  const Node& node = nodes_[index];
  if (node.size == 0) return "an empty tree node";
  for (std::uint32_t i = 0; i < node.size; ++i) {
    std::uint32_t child_sum = 0;
    std::string problem = check_node(sequence, level - 1, node.child[i], index, order, child_sum);
    if (!problem.empty()) return problem;
    if (child_sum != node.sum[i]) return "a tree node has a wrong sum";
    if (sequence.formatted && marks_[index].child[i] != marks_of(level - 1, node.child[i]))
      return "a tree node has wrong marks of formats";
    sum += child_sum;
  }
  return {};
}

std::string SequencePool::check(const Sequence& sequence) const {
  flush(sequence);
  std::vector<Handle> order;
  std::uint32_t sum = 0;
  if (sequence.root != kNone) {
    std::string problem = check_node(sequence, sequence.height, sequence.root, kNone, order, sum);
    if (!problem.empty()) return problem;
  }
  if (sum != sequence.length) return "a sequence has a wrong length";
  if (sequence.first != (order.empty() ? kNoItem : order.front())) return "wrong first item";
  if (sequence.last != (order.empty() ? kNoItem : order.back())) return "wrong last item";
  Handle left = kNoItem;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Item& item = items_[order[i]];
    if (item.left != left) return "an item's left link differs from the tree";
    if (item.right != (i + 1 < order.size() ? order[i + 1] : kNoItem))
      return "an item's right link differs from the tree";
    left = order[i];
  }
  if (sequence.hot_leaf != kNone) {
    const Leaf& leaf = leaves_[sequence.hot_leaf];
    if (sequence.hot_slot > leaf.size) return "the hot slot is beyond its leaf";
    std::uint32_t before = 0;
    for (std::uint32_t i = 0; i < sequence.hot_slot; ++i) before += leaf.lengths()[i];
    if (before != sequence.hot_before) return "what is visible before the hot slot is wrong";
  }
  if (sequence.hot_base != kUnknown) {
    std::uint32_t base = 0;
    for (const Handle handle : order) {
      if (items_[handle].place == sequence.hot_leaf) break;
      base += items_[handle].visible();
    }
    if (base != sequence.hot_base) return "the hot leaf's base is wrong";
  }
  return {};
}

}  // namespace syncline::crdt
