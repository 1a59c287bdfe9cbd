// The fast path for typing. Nearly always, a key press extends the run that was typed last by one
// character: no new item, no cut, no search for neighbours. This file does only that, for a local
// key press and for its update on other replicas. Everything else takes the general way (local.cpp,
// integrate.cpp, apply.cpp, encode.cpp), with the same results.
#include "base/utf8.h"
#include "crdt/engine.h"
#include "crdt/small_update.h"

namespace syncline::crdt {
namespace {

constexpr std::size_t kShort = 256;  // bytes that are typed at once; more need not be fast

// The number of UTF-16 units; 0 if the text is empty or invalid.
Clock units_of(std::string_view text) {
  if (text.size() == 1) return static_cast<unsigned char>(text.front()) < 0x80 ? 1 : 0;
  std::size_t units = 0;
  return text.size() <= kShort && measure_utf8(text, units) ? static_cast<Clock>(units) : 0;
}

}  // namespace

// ---- a run that grows

// True if text that continues this client's clocks may be added to this item. The conditions are
// those of Engine::extend.
bool Engine::may_grow(const Item& run, ClientIndex index) const {
  const ClientState& client = store.clients[index];
  return run.client == index && run.end() == client.clock && run.kind() == BlockKind::kString &&
         !run.deleted && !run.keyed && !run.redone && !run.keep &&
         run.content + run.bytes == client.text.size();
}

bool Engine::type_on(TypeIndex type, std::uint32_t index, std::string_view text) {
  TypeState& state = store.types[type];
  const Handle handle = store.sequences.ending_at(state.sequence, index);
  if (handle == kNoItem || !is_text(state.kind) || type_observers_ != nullptr) return false;
  Item& run = store[handle];
  if (own_client_ == kNoClient || !may_grow(run, own_client_)) return false;
  // The right neighbour must be the one that the run had when it began. And no tombstone or format
  // may follow the run, because the text would go after those.
  if (run.right == kNoItem) {
    if (run.right_origin.exists()) return false;
  } else {
    const Item& right = store[run.right];
    if (right.id() != run.right_origin || right.visible() == 0) return false;
  }
  const Clock units = units_of(text);
  if (units == 0 || !has_room(0)) return false;

  const bool outermost = begin(0, true);
  store.sequences.grow(state.sequence, units);
  grow_text(run, own_client_, text, units);
  if (outermost) end();
  return true;
}

// The caller updates the length in the tree.
void Engine::grow_text(Item& run, ClientIndex index, std::string_view text, Clock units) {
  ClientState& client = store.clients[index];
  client.text.append(text);
  run.bytes += static_cast<std::uint32_t>(text.size());
  run.len += units;
  std::vector<Transaction::Advance>& advances = current_->advances;
  if (begun_ == 1 && advances.empty()) advances.push_back({index, client.clock, client.clock});
  if (begun_ == 1 && advances.size() == 1 && advances.front().client == index) {
    client.clock += units;
    ++changes_;
  } else {
    advance(index, units);
  }
  mark_sequence_changed(run.parent);
}

// ---- a deletion

bool Engine::erase_on(TypeIndex type, std::uint32_t index, std::uint32_t length) {
  const TypeState& state = store.types[type];
  const std::uint32_t size = state.sequence.length;
  if (!is_text(state.kind) || state.sequence.formatted || length == 0 || length > size ||
      index > size - length || !has_room(0))
    return false;
  const bool outermost = begin(0, true);
  erase_range(type, index, length);
  if (outermost) end();
  return true;
}

// ---- small updates

// Appends text of a client after what it wrote last, if nothing separates the two here.
bool Engine::type_behind(const Block& block, ClientIndex index) {
  if (type_observers_ != nullptr || !block.has_origin || block.origin.client != block.client ||
      block.origin.clock + 1 != block.clock)
    return false;
  const Handle handle = store.clients[index].structs.newest().handle;
  Item& run = store[handle];
  if (!may_grow(run, index) || block.has_right_origin != run.right_origin.exists()) return false;
  if (run.right == kNoItem) {
    if (block.has_right_origin) return false;
  } else {
    const DenseId right = store[run.right].id();
    if (right != run.right_origin || store.id(right) != block.right_origin) return false;
  }
  store.sequences.resize(store.types[run.parent].sequence, handle, run.len + block.len);
  grow_text(run, index, as_text(block.payload), block.len);
  return true;
}

// Applies an update that needs no decoder and depends only on known structs. False if the update is
// of another kind.
bool Engine::apply_small(ByteView update, Origin origin, ApplyResult& result) {
  if (current_ != nullptr || pending_structs_ || !pending_deletes_->empty() ||
      !store.redone->empty())
    return false;
  SmallUpdate small;
  if (!read_small_update(update, small)) return false;
  const Block& block = small.block;
  const ClientIndex index = store.clients.find(block.client);
  if (index == kNoClient) return false;
  const ClientState& client = store.clients[index];
  const auto known = [&](bool used, Id id) {
    return !used || id.clock < store.clients.state(id.client);
  };
  const bool deletes = small.deleted.len > 0;
  if (deletes ? small.deleted.end() > client.clock
              : block.clock != client.clock || !client.text.fits(update.size()) ||
                    !known(block.has_origin, block.origin) ||
                    !known(block.has_right_origin, block.right_origin))
    return false;

  const std::uint64_t before = changes_;
  begin(origin, false);
  if (deletes)
    delete_range(index, small.deleted.clock, small.deleted.end());
  else if (!type_behind(block, index))
    integrate_block(block, index, 0);
  result.changed = changes_ != before;
  end();
  return true;
}

// The update of a transaction that inserted a short text or deleted one range. False for other
// transactions.
bool Engine::encode_small(const Transaction& transaction, Bytes& out) const {
  const std::vector<Transaction::DeletedRange>& deleted = transaction.deleted;
  if (transaction.advances.size() == 1 && deleted.empty())
    return encode_small_run(transaction.advances.front(), out);
  if (!transaction.advances.empty() || deleted.size() != 1) return false;
  const Transaction::DeletedRange& range = deleted.front();
  write_small_deletion(store.clients[range.client].id, {range.clock, range.len}, out);
  return true;
}

bool Engine::encode_small_run(const Transaction::Advance& advance, Bytes& out) const {
  const ClientState& client = store.clients[advance.client];
  const Clock from = advance.before;
  if (client.clock == from) return false;
  const Item& item = store[client.structs.newest().handle];
  const bool ascii = item.bytes == item.len;
  if (item.clock > from || item.kind() != BlockKind::kString || item.keyed || !ascii) return false;
  const Clock offset = from - item.clock;
  Block block;
  block.client = client.id;
  block.clock = from;
  block.has_origin = offset > 0 || item.origin.exists();
  if (block.has_origin) block.origin = offset > 0 ? Id{client.id, from - 1} : store.id(item.origin);
  block.has_right_origin = item.right_origin.exists();
  if (block.has_right_origin) block.right_origin = store.id(item.right_origin);
  if (!block.has_origin && !block.has_right_origin) return false;
  block.payload = as_bytes(store.text(item)).subspan(offset);
  return write_small_update(block, out);
}

}  // namespace syncline::crdt
