#include "crdt/conflict_index.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <tuple>

#include "base/assert.h"

namespace syncline::crdt {
namespace {

constexpr std::uint64_t kRootLabel = std::uint64_t{1} << 63;
constexpr std::uint64_t kBehindAll = ~std::uint64_t{0};

// The distance from a node's label to the ends of what its subtree may use, and twice the distance
// to the labels of its children.
std::uint64_t reach(std::uint64_t label) {
  return label & (~label + 1);
}

// Half of the logarithm to the base of the square root of two: a deeper node shows that some subtree
// above it has a child with more than 0.707 of its entries.
unsigned depth_limit(std::size_t entries) {
  return 2 * static_cast<unsigned>(std::bit_width(entries));
}

std::tuple<ClientIndex, Clock> sortable(DenseId id) {
  return {id.client, id.clock};
}

}  // namespace

std::strong_ordering ConflictIndex::Record::operator<=>(const Record& other) const {
  return std::tuple(sortable(origin), sortable(right_origin), client) <=>
         std::tuple(sortable(other.origin), sortable(other.right_origin), other.client);
}

ConflictIndex::ConflictIndex(const Store& store, Handle first) : store_(store) {
  std::vector<DenseId> before;  // for each entry: the last id before it
  std::vector<DenseId> right_origins;
  DenseId last;
  for (Handle handle = first; handle != kNoItem; handle = store_[handle].right) {
    const Item& item = store_[handle];
    const auto entry = static_cast<Node>(entries_.size());
    entries_.push_back({.id = item.id(),
                        .origin = item.origin,
                        .client = store_.clients[item.client].id,
                        .below = {}});
    by_id_.emplace(item.id(), entry);
    before.push_back(last);
    right_origins.push_back(item.right_origin);
    last = item.last_id();
  }
  const auto count = static_cast<Node>(entries_.size());
  for (Node entry = 0; entry < count; ++entry) {
    scratch_.push_back(entry);
    Entry& made = entries_[entry];
    if (!made.origin.exists()) continue;
    made.origin_entry = containing(made.origin);
    made.stray = made.origin_entry > entry;
  }
  root_ = build(0, count, kNone, kRootLabel);
  sum_up_all(root_);
  bool crossed = false;
  for (Node entry = 0; entry < count; ++entry) {
    if (entries_[entry].stray) continue;
    note_record(entry, right_origins[entry]);
    if (before[entry] == entries_[entry].origin) continue;
    const Spot origin{entries_[entry].origin, entries_[entry].origin_entry};
    const Spot behind{before[entry], entry == 0 ? kNone : entry - 1};
    entries_[entry].crosser = first_crosser(origin, behind);
    crossed |= entries_[entry].crosser != kNever;
  }
  if (crossed) sum_up_all(root_);
  scratch_.clear();
  store_.work += count * std::uint64_t{std::bit_width(count)};
}

// ---- ids

ConflictIndex::Node ConflictIndex::containing(DenseId id) const {
  const auto behind = by_id_.upper_bound(id);
  SYNCLINE_ASSERT(behind != by_id_.begin());
  return std::prev(behind)->second;
}

// The entry that begins with this item. An item without one is the rest of a run that was cut.
ConflictIndex::Node ConflictIndex::entry_of(Handle handle) {
  const Item& item = store_[handle];
  const auto found = by_id_.find(item.id());
  if (found != by_id_.end()) return found->second;
  const DenseId before{item.client, item.clock - 1};
  SYNCLINE_ASSERT(item.origin == before);
  const Spot behind = spot(before);
  const Node entry = insert(behind, item.id(), before, item.right_origin);
  entries_[entry].next = entries_[behind.entry].next;
  entries_[behind.entry].next = entry;
  return entry;
}

// Makes sure that an entry begins with this item.
void ConflictIndex::cut_before(Handle handle) {
  const Item& item = store_[handle];
  if (item.origin.client == item.client && item.origin.clock + 1 == item.clock) entry_of(handle);
}

ConflictIndex::Node ConflictIndex::resolved_origin(Node index) const {
  Entry& entry = entries_[index];
  const Node next = entries_[entry.origin_entry].next;
  if (next != kNone && entry.origin.clock >= entries_[next].id.clock)
    entry.origin_entry = containing(entry.origin);
  return entry.origin_entry;
}

int ConflictIndex::compare_origin(Node index, const Spot& spot) const {
  if (entries_[index].stray) return -1;
  const DenseId origin = entries_[index].origin;
  if (origin == spot.id) return 0;
  if (!origin.exists()) return -1;
  if (!spot.id.exists()) return 1;
  const Node entry = resolved_origin(index);
  if (entry == spot.entry) return origin.clock < spot.id.clock ? -1 : 1;
  return is_before(entry, spot.entry) ? -1 : 1;
}

int ConflictIndex::compare_origins(Node a, Node b) const {
  if (entries_[b].stray) return entries_[a].stray ? 0 : 1;
  const DenseId origin = entries_[b].origin;
  return compare_origin(a, {origin, origin.exists() ? resolved_origin(b) : kNone});
}

// ---- the tree

ConflictIndex::Summary ConflictIndex::alone(Node entry) const {
  const Entry& made = entries_[entry];
  return {.lowest = entry,
          .second = kNone,
          .origin = made.origin,
          .crosser = made.crosser,
          .stray = made.stray,
          .client = made.client};
}

ConflictIndex::Node ConflictIndex::lower(Node a, Node b) const {
  if (a == kNone) return b;
  return b != kNone && compare_origins(b, a) < 0 ? b : a;
}

ConflictIndex::Summary ConflictIndex::joined(const Summary& a, const Summary& b) const {
  if (a.lowest == kNone) return b;
  if (b.lowest == kNone) return a;
  const bool equal = a.origin == b.origin && !a.stray && !b.stray;
  const int order = equal ? 0 : compare_origins(a.lowest, b.lowest);
  Summary sum = order <= 0 ? a : b;
  if (order != 0) {
    sum.second = order < 0 ? lower(a.second, b.lowest) : lower(b.second, a.lowest);
    return sum;
  }
  sum.second = lower(a.second, b.second);
  sum.client = std::min(a.client, b.client);
  if (a.crosser != kNever)
    sum.crosser = b.crosser == kNever || is_before(a.crosser, b.crosser) ? b.crosser : a.crosser;
  return sum;
}

void ConflictIndex::sum_up(Node index) {
  Entry& entry = entries_[index];
  entry.size = 1;
  entry.below = alone(index);
  for (const Node child : {entry.left, entry.right}) {
    if (child == kNone) continue;
    entry.size += entries_[child].size;
    entry.below = joined(entry.below, entries_[child].below);
  }
}

// Makes a balanced subtree of a part of scratch_, without the summaries: they depend on the labels
// of all entries.
ConflictIndex::Node ConflictIndex::build(std::size_t first, std::size_t end, Node parent,
                                         std::uint64_t label) {
  if (first == end) return kNone;
  const std::size_t middle = first + (end - first) / 2;
  const Node index = scratch_[middle];
  Entry& entry = entries_[index];
  entry.parent = parent;
  entry.label = label;
  entry.left = build(first, middle, index, label - reach(label) / 2);
  entry.right = build(middle + 1, end, index, label + reach(label) / 2);
  return index;
}

void ConflictIndex::sum_up_all(Node root) {
  if (root == kNone) return;
  sum_up_all(entries_[root].left);
  sum_up_all(entries_[root].right);
  sum_up(root);
}

void ConflictIndex::rebuild(Node root) {
  scratch_.clear();
  std::vector<Node> path;
  for (Node next = root; next != kNone || !path.empty();) {
    for (; next != kNone; next = entries_[next].left) path.push_back(next);
    scratch_.push_back(path.back());
    next = entries_[path.back()].right;
    path.pop_back();
  }
  store_.work += scratch_.size();
  const Node parent = entries_[root].parent;
  const Node built = build(0, scratch_.size(), parent, entries_[root].label);
  sum_up_all(built);
  if (parent == kNone)
    root_ = built;
  else
    (entries_[parent].left == root ? entries_[parent].left : entries_[parent].right) = built;
}

// Puts an entry directly behind another one (kNone: at the start).
void ConflictIndex::attach(Node behind, Node index) {
  Node parent = behind;
  bool at_left = false;
  if (behind == kNone || entries_[behind].right != kNone) {
    parent = behind == kNone ? root_ : entries_[behind].right;
    at_left = true;
    while (parent != kNone && entries_[parent].left != kNone) parent = entries_[parent].left;
  }
  Entry& entry = entries_[index];
  entry.parent = parent;
  entry.below = alone(index);
  if (parent == kNone) {
    entry.label = kRootLabel;
    root_ = index;
    return;
  }
  const std::uint64_t above = entries_[parent].label;
  entry.label = at_left ? above - reach(above) / 2 : above + reach(above) / 2;
  (at_left ? entries_[parent].left : entries_[parent].right) = index;
  unsigned depth = 0;
  for (Node up = parent; up != kNone; up = entries_[up].parent, ++depth) {
    ++entries_[up].size;
    entries_[up].below = joined(entries_[up].below, entry.below);
  }
  store_.work += depth;
  if (depth > depth_limit(entries_.size())) balance(index, depth);
}

// Rebuilds the lowest subtree on the way up in which one child has over 0.707 of the entries.
void ConflictIndex::balance(Node index, unsigned depth) {
  for (; depth > 0; --depth) {
    const std::uint64_t child = entries_[index].size;
    index = entries_[index].parent;
    const std::uint64_t all = entries_[index].size;
    if (2 * child * child > all * all) break;
  }
  rebuild(index);
}

// The first entry (or the last, if not `forward`) with a label between `low` and `high` for which
// `one` holds. `whole` must tell from the summary of a subtree, all of it in that range, whether it
// contains such an entry.
template <typename Whole, typename One>
ConflictIndex::Node ConflictIndex::search(Node index, std::uint64_t low, std::uint64_t high,
                                          bool forward, const Whole& whole, const One& one) const {
  if (index == kNone) return kNone;
  ++store_.work;
  const Entry& entry = entries_[index];
  const std::uint64_t around = reach(entry.label) - 1;
  if (entry.label + around <= low || entry.label - around >= high) return kNone;
  if (entry.label - around > low && entry.label + around < high && !whole(entry.below))
    return kNone;
  const Node near = search(forward ? entry.left : entry.right, low, high, forward, whole, one);
  if (near != kNone) return near;
  if (entry.label > low && entry.label < high && one(index)) return index;
  return search(forward ? entry.right : entry.left, low, high, forward, whole, one);
}

// ---- insertion

ConflictIndex::Node ConflictIndex::insert(const Spot& behind, DenseId id, DenseId origin,
                                          DenseId right_origin) {
  const Spot from = spot(origin);
  const auto index = static_cast<Node>(entries_.size());
  const bool stray = from.id.exists() && is_behind(from, behind);
  const Node crosser = stray || origin == behind.id ? kNever : first_crosser(from, behind);
  entries_.push_back({.id = id,
                      .origin = origin,
                      .client = store_.clients[id.client].id,
                      .origin_entry = from.entry,
                      .crosser = crosser,
                      .below = {}});
  by_id_.emplace(id, index);
  entries_[index].stray = stray;
  attach(behind.entry, index);
  if (!stray) note_record(index, right_origin);
  return index;
}

bool ConflictIndex::is_behind(const Spot& a, const Spot& b) const {
  if (!b.id.exists() || a.entry == b.entry) return !b.id.exists() || a.id.clock > b.id.clock;
  return is_before(b.entry, a.entry);
}

// The first entry behind this spot whose origin is behind `origin` and not behind the spot. kNever
// also if an entry whose origin is before `origin` comes first, because every scan stops there.
ConflictIndex::Node ConflictIndex::first_crosser(const Spot& origin, const Spot& behind) const {
  const auto crosses = [&](Node entry) { return compare_origin(entry, behind) <= 0; };
  const auto one = [&](Node entry) {
    const int order = compare_origin(entry, origin);
    return order < 0 || (order > 0 && crosses(entry));
  };
  const auto whole = [&](const Summary& below) {
    const int order = compare_origin(below.lowest, origin);
    if (order != 0) return order < 0 || crosses(below.lowest);
    return below.second != kNone && crosses(below.second);
  };
  const std::uint64_t low = behind.entry == kNone ? 0 : entries_[behind.entry].label;
  const Node found = search(root_, low, kBehindAll, true, whole, one);
  return found == kNone || compare_origin(found, origin) < 0 ? kNever : found;
}

// Keeps the siblings with one right origin of which each has a higher client than all before it.
void ConflictIndex::note_record(Node entry, DenseId right_origin) {
  const Record record{entries_[entry].origin, right_origin, entries_[entry].client};
  auto at = records_.lower_bound(record);
  if (at != records_.end() && at->first.same_group(record)) {
    if (is_before(at->second, entry)) return;
    if (at->first.client == record.client) at = records_.erase(at);
  }
  at = records_.emplace_hint(at, record, entry);
  while (at != records_.begin() && std::prev(at)->first.same_group(record) &&
         is_before(entry, std::prev(at)->second))
    records_.erase(std::prev(at));
}

void ConflictIndex::add(Handle handle) {
  ++idle_;
  const Item& item = store_[handle];
  if (item.right != kNoItem) cut_before(item.right);
  const Spot behind = item.left == kNoItem ? Spot{} : spot(store_[item.left].last_id());
  insert(behind, item.id(), item.origin, item.right_origin);
}

// ---- places

bool ConflictIndex::reaches(Node crosser, Node stop) const {
  return crosser == kNever || (stop != kNone && !is_before(crosser, stop));
}

// The entry at which Yjs's scan stops; kNone: at the end.
ConflictIndex::Node ConflictIndex::stop(const Newcomer& at, const Spot& origin, Node right) const {
  const auto is_outside = [&](Node entry) { return compare_origin(entry, origin) < 0; };
  const std::uint64_t low = origin.entry == kNone ? 0 : entries_[origin.entry].label;
  Node stop = search(
      root_, low, kBehindAll, true, [&](const Summary& below) { return is_outside(below.lowest); },
      is_outside);
  const auto earlier = [&](Node entry) {
    if (entry != kNone && (stop == kNone || is_before(entry, stop))) stop = entry;
  };
  if (right != kNone && entries_[right].label > low) earlier(right);
  const Record record{at.origin, at.right_origin, at.client};
  const auto sibling = records_.lower_bound(record);
  if (sibling != records_.end() && sibling->first.same_group(record)) earlier(sibling->second);
  return stop;
}

Handle ConflictIndex::place(const Newcomer& at) {
  idle_ = 0;
  // Cuts the entries at the places between which the scan would walk.
  const Handle next = at.left == kNoItem ? kNoItem : store_[at.left].right;
  if (next != kNoItem) cut_before(next);
  const Node right = at.right == kNoItem ? kNone : entry_of(at.right);
  const Spot origin = spot(at.origin);
  const Node stop = this->stop(at, origin, right);
  const std::uint64_t low = origin.entry == kNone ? 0 : entries_[origin.entry].label;
  const std::uint64_t high = stop == kNone ? kBehindAll : entries_[stop].label;

  const auto is_sibling = [&](Node entry) { return entries_[entry].origin == at.origin; };
  const Node behind = search(
      root_, low, high, false,
      [&](const Summary& below) { return below.origin == at.origin && below.client < at.client; },
      [&](Node entry) { return is_sibling(entry) && entries_[entry].client < at.client; });
  if (behind == kNone) return at.left;
  const Node wall = search(
      root_, entries_[behind].label, high, true,
      [&](const Summary& below) {
        return below.origin == at.origin && reaches(below.crosser, stop);
      },
      [&](Node entry) { return is_sibling(entry) && reaches(entries_[entry].crosser, stop); });
  const Node before = wall != kNone ? wall : stop;
  return before == kNone ? at.last : store_[store_.find(entries_[before].id)].left;
}

std::size_t ConflictIndex::memory_bytes() const {
  constexpr std::size_t kTreeNode = 4 * sizeof(void*);
  return sizeof(ConflictIndex) + entries_.capacity() * sizeof(Entry) +
         by_id_.size() * (kTreeNode + sizeof(*by_id_.begin())) +
         records_.size() * (kTreeNode + sizeof(*records_.begin())) +
         scratch_.capacity() * sizeof(Node);
}

}  // namespace syncline::crdt
