#include "crdt/store.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "base/assert.h"
#include "base/utf8.h"

namespace syncline::crdt {
namespace {

// The byte offset at which a text of `before` + `behind` UTF-16 units is cut. Searches from the
// nearer end. For `inside_pair`, see utf16_offset.
std::uint32_t text_offset(std::string_view text, Clock before, Clock behind, bool& inside_pair) {
  inside_pair = false;
  if (text.size() == std::size_t{before} + behind) return before;  // ASCII
  return static_cast<std::uint32_t>(before < behind
                                        ? utf16_offset(text, before, inside_pair)
                                        : utf16_offset_from_end(text, behind, inside_pair));
}

}  // namespace

StateVector Store::state_vector() const {
  StateVector vector;
  for (ClientIndex i = 0; i < clients.size(); ++i) vector.set(clients[i].id, clients[i].clock);
  return vector;
}

DeleteSet Store::delete_set() const {
  DeleteSet deletes;
  for (ClientIndex i = 0; i < clients.size(); ++i) {
    std::vector<ClockRange> ranges;
    add_deleted(i, ranges);
    deletes.add(clients[i].id, std::move(ranges));
  }
  return deletes;
}

void Store::add_deleted(ClientIndex client, std::vector<ClockRange>& ranges) const {
  const IdIndex& structs = clients[client].structs;
  if (structs.empty()) return;
  const std::size_t first = ranges.size();
  structs.for_each_from(structs.first(),
                        [&](Handle handle) { add_deleted(items[handle], first, ranges); });
}

// ---- splitting

Handle Store::split(Handle left_handle, Clock offset) {
  const Handle right_handle = items.allocate();
  Item& left = items[left_handle];
  Item& right = items[right_handle];
  SYNCLINE_ASSERT(offset > 0 && offset < left.len && !left.is_gc());
  right = left;
  right.clock += offset;
  right.len -= offset;
  right.origin = {left.client, right.clock - 1};
  right.left = left_handle;
  left.len = offset;
  left.right = right_handle;
  if (right.right != kNoItem) items[right.right].left = right_handle;
  if (left.redone) {
    const DenseId target = redone->at(left_handle);
    redone.make()[right_handle] = {target.client, target.clock + offset};
  }
  split_content(left, right, offset);

  IdIndex& structs = clients[left.client].structs;
  structs.insert_after(structs.locate(left.clock), right.clock, right_handle);
  if (left.keyed) {
    if (right.right == kNoItem) types.set_value(right.parent, right.place, right_handle);
  } else {
    Sequence& sequence = types[left.parent].sequence;
    sequences.resize(sequence, left_handle, left.visible());
    sequences.insert(sequence, left_handle, right_handle, right.visible());
  }
  return right_handle;
}

void Store::split_content(Item& left, Item& right, Clock offset) {
  if (left.kind() == BlockKind::kString) {
    split_text(left, right, offset);
  } else if (has_values(left.kind())) {
    right.content += offset;
  }
}

void Store::split_text(Item& left, Item& right, Clock offset) {
  bool inside_pair = false;
  const std::uint32_t cut = text_offset(text(left), offset, right.len, inside_pair);
  if (!inside_pair) {
    right.content += cut;
    right.bytes -= cut;
    left.bytes = cut;
    return;
  }
  // The four bytes of the pair become U+FFFD for one side. The shorter side is written again.
  constexpr std::uint32_t kPair = 4;
  const auto mark = static_cast<std::uint32_t>(kReplacementCharacter.size());
  TextArena& arena = clients[left.client].text;
  const std::uint32_t start = left.content;
  const std::uint32_t rest = left.bytes - cut - kPair;
  if (cut < rest) {
    std::copy_n(kReplacementCharacter.data(), mark, arena.data(start + cut + 1));
    right.content = start + cut + 1;
    right.bytes = rest + mark;
    left.content = arena.append_copy(start, cut);
    arena.append(kReplacementCharacter);
    left.bytes = cut + mark;
    arena.drop(cut + 1);
  } else {
    std::copy_n(kReplacementCharacter.data(), mark, arena.data(start + cut));
    left.bytes = cut + mark;
    right.content = arena.append(kReplacementCharacter);
    arena.append_copy(start + cut + kPair, rest);
    right.bytes = rest + mark;
    arena.drop(rest + 1);
  }
}

// ---- merging

bool Store::mergeable(const Item& left, Handle right_handle, const Item& right) const {
  if (left.kind_bits != right.kind_bits || left.deleted != right.deleted) return false;
  switch (left.kind()) {
    case BlockKind::kGc: return true;
    case BlockKind::kDeleted:
    case BlockKind::kString:
    case BlockKind::kAny:
    case BlockKind::kJson: break;
    default: return false;
  }
  return left.right == right_handle && right.origin == left.last_id() &&
         left.right_origin == right.right_origin && !left.redone && !right.redone;
}

// ---- moving the border between a run and what was deleted beside it

bool Store::can_give(const Item& item, const Item& to, Clock count) const {
  const bool run = item.kind() == BlockKind::kString || item.kind() == BlockKind::kAny;
  const bool gone = to.kind() == BlockKind::kDeleted || (to.deleted && to.kind() == item.kind());
  return run && gone && !item.deleted && !item.keyed && count < item.len &&
         to.client == item.client && to.right_origin == item.right_origin && !item.redone &&
         !to.redone && !item.keep && !to.keep;
}

bool Store::give_end(Handle handle, Clock count) {
  Item& item = items[handle];
  if (item.right == kNoItem) return false;
  Item& to = items[item.right];
  if (!can_give(item, to, count) || to.clock != item.end() || to.origin != item.last_id())
    return false;
  ClientState& client = clients[item.client];
  const Clock kept = item.len - count;
  if (item.kind() == BlockKind::kString) {
    bool inside_pair = false;
    const std::uint32_t cut = text_offset(text(item), kept, count, inside_pair);
    if (inside_pair) return false;
    const std::uint32_t given = item.bytes - cut;
    if (to.kind() == BlockKind::kDeleted) {
      client.text.drop(given);
    } else {
      if (item.content + item.bytes != to.content) return false;
      to.content -= given;
      to.bytes += given;
    }
    item.bytes = cut;
  } else if (to.kind() == BlockKind::kDeleted) {
    client.values.drop(item.content + kept, count);
  } else {
    if (item.content + item.len != to.content) return false;
    to.content -= count;
  }
  client.structs.set_clock(client.structs.locate(to.clock), to.clock - count);
  item.len = kept;
  to.clock -= count;
  to.len += count;
  to.origin.clock -= count;
  sequences.resize(types[item.parent].sequence, handle, kept);
  return true;
}

bool Store::give_start(Handle handle, Clock count) {
  Item& item = items[handle];
  if (item.left == kNoItem) return false;
  Item& to = items[item.left];
  if (!can_give(item, to, count) || item.clock != to.end() || item.origin != to.last_id())
    return false;
  ClientState& client = clients[item.client];
  const Clock kept = item.len - count;
  if (item.kind() == BlockKind::kString) {
    bool inside_pair = false;
    const std::uint32_t cut = text_offset(text(item), count, kept, inside_pair);
    if (inside_pair) return false;
    if (to.kind() == BlockKind::kDeleted) {
      client.text.drop(cut);
    } else {
      if (to.content + to.bytes != item.content) return false;
      to.bytes += cut;
    }
    item.content += cut;
    item.bytes -= cut;
  } else {
    if (to.kind() == BlockKind::kDeleted)
      client.values.drop(item.content, count);
    else if (to.content + to.len != item.content)
      return false;
    item.content += count;
  }
  client.structs.set_clock(client.structs.locate(item.clock), item.clock + count);
  item.len = kept;
  item.clock += count;
  item.origin.clock += count;
  to.len += count;
  sequences.resize(types[item.parent].sequence, handle, kept);
  return true;
}

void Store::merge_with_left(ClientState& client, IdIndex::Position& p) {
  const Handle right_handle = client.structs.at(p);
  const Handle left_handle = client.structs.at(client.structs.prev(p));
  Item& left = items[left_handle];
  const Item& right = items[right_handle];
  if (left.is_gc()) {
    left.len += right.len;
  } else {
    merge_content(left, right);
    left.keep |= right.keep;
    if (!left.keyed) sequences.erase(types[left.parent].sequence, right_handle);
    left.right = right.right;
    if (left.right != kNoItem) items[left.right].left = left_handle;
    left.len += right.len;
    if (left.keyed) {
      if (types.value(left.parent, left.place) == right_handle)
        types.set_value(left.parent, left.place, left_handle);
    } else {
      sequences.resize(types[left.parent].sequence, left_handle, left.visible());
    }
  }
  items.free(right_handle);
  p = client.structs.erase(p);
}

void Store::merge_content(Item& left, const Item& right) {
  if (left.kind() == BlockKind::kString) {
    TextArena& arena = clients[left.client].text;
    if (left.content + left.bytes != right.content) {
      if (left.content + left.bytes != arena.size()) {
        work += left.bytes;
        arena.drop(left.bytes);
        left.content = arena.append_copy(left.content, left.bytes);
      }
      work += right.bytes;
      arena.drop(right.bytes);
      arena.append_copy(right.content, right.bytes);
    }
    left.bytes += right.bytes;
  } else if (has_values(left.kind())) {
    ValueArena& arena = clients[left.client].values;
    if (left.content + left.len != right.content) {
      if (left.content + left.len != arena.size()) {
        arena.drop(left.content, left.len);
        left.content = arena.append_copy(left.content, left.len);
      }
      arena.drop(right.content, right.len);
      arena.append_copy(right.content, right.len);
    }
  }
}

// ---- content

void Store::drop_content(Item& item) {
  ClientState& client = clients[item.client];
  if (item.kind() == BlockKind::kString) {
    client.text.drop(item.bytes);
  } else if (has_values(item.kind())) {
    client.values.drop(item.content, item.len);
  }
  item.set_kind(BlockKind::kDeleted);
  item.content = 0;
  item.bytes = 0;
}

Block Store::block(const Item& item) const {
  Block block;
  block.kind = item.kind();
  block.client = clients[item.client].id;
  block.clock = item.clock;
  block.len = item.len;
  if (item.is_gc()) return block;
  if (item.origin.exists()) {
    block.has_origin = true;
    block.origin = id(item.origin);
  }
  if (item.right_origin.exists()) {
    block.has_right_origin = true;
    block.right_origin = id(item.right_origin);
  }
  if (item.keyed) {
    block.has_parent_sub = true;
    block.parent_sub = keys[item.place];
  }
  if (!block.has_origin && !block.has_right_origin) {
    const TypeState& parent = types[item.parent];
    if (parent.item == kNoItem) {
      block.parent_kind = ParentKind::kRoot;
      block.parent_name = keys[parent.name];
    } else {
      block.parent_kind = ParentKind::kItem;
      block.parent_id = id(items[parent.item].id());
    }
  }
  switch (item.kind()) {
    case BlockKind::kString: block.payload = as_bytes(text(item)); break;
    case BlockKind::kAny:
    case BlockKind::kJson: block.payload = values(item); break;
    case BlockKind::kBinary:
    case BlockKind::kEmbed: block.payload = value(item); break;
    case BlockKind::kFormat:
    case BlockKind::kDoc:
      block.name = keys[name(item)];
      block.payload = named_value(item);
      break;
    case BlockKind::kType: {
      const TypeState& type = types[item.content];
      block.type = type.kind;
      if (type.name != kNoKey) block.name = keys[type.name];
      break;
    }
    default: break;
  }
  return block;
}

Block Store::block(const Item& item, Clock offset, std::string& cut) const {
  Block block = this->block(item);
  if (offset == 0) return block;
  block.clock += offset;
  block.len -= offset;
  if (item.is_gc()) return block;
  block.has_origin = true;
  block.origin = {block.client, block.clock - 1};
  block.parent_kind = ParentKind::kNone;
  if (item.kind() == BlockKind::kString) {
    bool inside_pair = false;
    const std::uint32_t at = text_offset(text(item), offset, block.len, inside_pair);
    block.payload = block.payload.subspan(at);
    if (inside_pair) {
      cut.assign(kReplacementCharacter).append(as_text(block.payload).substr(4));
      block.payload = as_bytes(cut);
    }
  } else if (has_values(item.kind())) {
    block.payload = clients[item.client].values.values(item.content + offset, block.len);
  }
  return block;
}

void Store::compact(ClientIndex index) {
  ClientState& client = clients[index];
  const IdIndex& structs = client.structs;
  const bool text = client.text.wants_compaction() && client.text.dead() > structs.size();
  const bool values = client.values.wants_compaction() && client.values.dead() > structs.size();
  if (!text && !values) return;
  TextArena new_text;
  ValueArena new_values;
  for (IdIndex::Position p = structs.first();; p = structs.next(p)) {
    Item& item = items[structs.at(p)];
    if (text && item.kind() == BlockKind::kString) {
      item.content = new_text.append(client.text.view(item.content, item.bytes));
    } else if (values && has_values(item.kind())) {
      const std::uint32_t first = new_values.size();
      for (Clock n = 0; n < item.len; ++n) new_values.append(client.values.value(item.content + n));
      item.content = first;
    }
    if (structs.is_last(p)) break;
  }
  if (text) client.text = std::move(new_text);
  if (values) client.values = std::move(new_values);
}

std::size_t Store::memory_bytes() const {
  work += clients.touched();
  return items.memory_bytes() + clients.memory_bytes() + keys.memory_bytes() +
         types.memory_bytes() + sequences.memory_bytes() + redone.memory_bytes() +
         redone->size() * 16;
}

}  // namespace syncline::crdt
