// Edits by our own client: find the neighbours of an index, then insert or delete.
#include <algorithm>

#include "base/assert.h"
#include "crdt/engine.h"

namespace syncline::crdt {
namespace {

// The most clocks and bytes that one edit may use.
constexpr Clock kHeadroom = Clock{1} << 30;

}  // namespace

Result<void> Engine::require(TypeIndex index, std::initializer_list<TypeKind> kinds) const {
  const TypeKind kind = store.types[index].kind;
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
    return fail(ErrorCode::kInvalid, "the type is of another kind");
  if (is_deleted(index)) return fail(ErrorCode::kInvalid, "the type is deleted");
  if (!has_room(0)) return fail(ErrorCode::kTooLarge, "this client has used up its ids");
  return {};
}

bool Engine::has_room(std::uint64_t amount) const {
  constexpr std::uint64_t kMost = 0xffffffff;
  if (amount > kMost) return false;
  static const ClientState kNothing;
  const ClientState& own = own_client_ == kNoClient ? kNothing : store.clients[own_client_];
  return own.clock + amount + kHeadroom <= kMost && own.text.fits(amount + kHeadroom) &&
         own.values.fits(amount + kHeadroom);
}

// ---- by id

Handle Engine::split(Transaction& transaction, Handle item, Clock offset) {
  if (offset == 0) return item;
  const Handle right = store.split(item, offset);
  transaction.merge_candidates.push_back(store[right].id());
  return right;
}

Handle Engine::split(Handle item, Clock offset) {
  return split(*current_, item, offset);
}

Handle Engine::item_starting_at(DenseId id) {
  const Handle handle = store.find(id);
  const Item& item = store[handle];
  return item.is_gc() ? handle : split(handle, id.clock - item.clock);
}

Handle Engine::item_ending_at(DenseId id) {
  const Handle handle = store.find(id);
  const Item& item = store[handle];
  if (!item.is_gc() && id.clock + 1 != item.end()) split(handle, id.clock - item.clock + 1);
  return handle;
}

// ---- inserting

Handle Engine::insert(TypeIndex parent, Handle left, Handle right, const NewContent& content) {
  Placement at;
  at.client = own_client();
  at.clock = store.clients[at.client].clock;
  at.left = left;
  at.right = right;
  if (left != kNoItem) at.origin = store[left].last_id();
  if (right != kNoItem) at.right_origin = store[right].id();
  at.parent = parent;
  return integrate(at, content);
}

Handle Engine::insert_keyed(TypeIndex parent, KeyIndex key, const NewContent& content) {
  Placement at;
  at.client = own_client();
  at.clock = store.clients[at.client].clock;
  at.left = store.types.value(parent, key);
  if (at.left != kNoItem) at.origin = store[at.left].last_id();
  at.parent = parent;
  at.key = key;
  return integrate(at, content);
}

// ---- by index

Handle Engine::left_of(TypeIndex type, std::uint32_t index) {
  const Sequence& sequence = store.types[type].sequence;
  if (index == sequence.length) return sequence.last;
  const auto [item, offset] = store.sequences.find(sequence, index);
  if (offset == 0) return store[item].left;
  split(item, offset);
  return item;
}

Handle Engine::array_position(TypeIndex type, std::uint32_t index) {
  if (index == 0) return kNoItem;
  const auto [item, offset] = store.sequences.find(store.types[type].sequence, index - 1);
  if (offset + 1 < store[item].len) split(item, offset + 1);
  return item;
}

void Engine::erase_range(TypeIndex type, std::uint32_t index, std::uint32_t length) {
  if (length == 0) return;
  const auto [found, offset] = store.sequences.find(store.types[type].sequence, index);
  const Clock rest = store[found].len - offset;
  if (length <= rest && erase_border(found, offset, length)) return;
  Handle item = split(found, offset);
  while (length > 0) {
    const Clock visible = store[item].visible();
    if (visible > length) split(item, length);
    if (visible > 0) {
      remove(item);
      length -= std::min(length, visible);
    }
    item = store[item].right;
  }
}

void Engine::plain_insert(TypeIndex type, std::uint32_t index, std::string_view text, Clock units) {
  NewContent content;
  content.kind = BlockKind::kString;
  content.len = units;
  content.text = text;
  const Handle left = left_of(type, index);
  const Handle right = left != kNoItem ? store[left].right : store.types[type].sequence.first;
  insert(type, left, right, content);
}

}  // namespace syncline::crdt
