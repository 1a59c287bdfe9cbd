// Applies updates from outside to the document.
#include <algorithm>
#include <functional>

#include "crdt/bulk_load.h"
#include "crdt/engine.h"
#include "crdt/update_order.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {

// Refuses everything that could fail later, before the first change.
Result<void> Engine::validate(ByteView update, const DecodedUpdate& decoded) const {
  if (store.clients.size() + decoded.clients.size() >= kMaxClients)
    return fail(ErrorCode::kTooLarge, "too many clients in one document");
  // In memory a value takes at most a few times its size in the update.
  constexpr std::size_t kGrowth = 4;
  for (const DecodedUpdate::ClientBlocks& blocks : decoded.clients) {
    const ClientIndex index = store.clients.find(blocks.client);
    if (index == kNoClient) continue;
    const ClientState& client = store.clients[index];
    if (!client.text.fits(update.size()) || !client.values.fits(update.size() * kGrowth))
      return fail(ErrorCode::kTooLarge, "a client's content is over 4 GiB");
  }
  return {};
}

// The scratch is for the frequent small updates. After a large update, its memory is released.
void Engine::keep_scratch(std::unique_ptr<DecodedUpdate> decoded) {
  constexpr std::size_t kKeptBlocks = 256;
  if (decoded->blocks.capacity() > kKeptBlocks) return;
  decoded->clear();
  scratch_ = std::move(decoded);
}

Result<ApplyResult> Engine::apply_update(ByteView update, UpdateVersion version, Origin origin) {
  ApplyResult result;
  if (version == UpdateVersion::kV1 && apply_small(update, origin, result)) return result;
  if (BulkLoad::possible(*this, update)) {
    BulkLoad load(*this);
    const Result<bool> decoded = load.decode(update, version);
    if (!decoded) return std::unexpected(decoded.error());
    if (*decoded) return load.apply(origin);
  }
  // An observer may apply an update while an outer call uses the scratch. Then this call makes its
  // own.
  std::unique_ptr<DecodedUpdate> decoded = std::move(scratch_);
  if (decoded == nullptr) decoded = std::make_unique<DecodedUpdate>();
  Result<void> valid = decode_update(update, version, *decoded);
  if (valid) valid = validate(update, *decoded);
  if (valid) {
    transact(
        [&](Transaction& transaction) {
          transaction.local = false;
          const std::uint64_t before = changes_;
          result.waiting = apply_decoded(*decoded);
          result.changed = changes_ != before;
          keep_scratch(std::move(decoded));
        },
        origin, false);
    return result;
  }
  keep_scratch(std::move(decoded));
  return std::unexpected(valid.error());
}

// Applies an update, then updates that waited for it. True if a part of the update itself waits.
bool Engine::apply_decoded(DecodedUpdate& update) {
  bool waiting = false;
  bool retry = apply_once(update, waiting);
  while (retry) {
    const Bytes bytes = std::move(pending_structs_->update);
    pending_structs_.reset();
    if (!decode_update(bytes, UpdateVersion::kV2, update)) break;
    bool still = false;
    retry = apply_once(update, still);
  }
  return waiting;
}

// The frequent updates hold structs of one client that depend only on known structs. Then the order
// of the structs can be used directly. False if something is left.
bool Engine::apply_single_client(const DecodedUpdate& update) {
  if (update.clients.size() != 1 || !store.redone->empty()) return false;
  const ClientId client = update.clients.front().client;
  const auto known = [&](bool used, Id id) {
    return !used || id.client == client || id.clock < store.clients.state(id.client);
  };
  Clock clock = store.clients.state(client);
  for (const Block& block : update.blocks) {
    if (block.end() <= clock || block.kind == BlockKind::kSkip) continue;
    if (block.clock > clock || !known(block.has_origin, block.origin) ||
        !known(block.has_right_origin, block.right_origin) ||
        !known(block.parent_kind == ParentKind::kItem, block.parent_id))
      return false;
    integrate_block(block, store.clients.intern(client), clock - block.clock);
    clock = block.end();
  }
  return true;
}

std::optional<Engine::PendingStructs> Engine::apply_structs(const DecodedUpdate& update) {
  if (update.clients.empty() || apply_single_client(update)) return std::nullopt;
  UpdateOrder order(store.clients, update);
  if (!store.redone->empty()) order.tell_known();
  for (UpdateOrder::Step step = order.next(); step.block != nullptr; step = order.next()) {
    if (step.offset < step.block->len) {
      integrate_block(*step.block, store.clients.intern(step.block->client), step.offset);
    } else {
      cut_redone(*step.block);
    }
  }
  if (!order.waits()) return std::nullopt;
  return PendingStructs{order.missing(), order.rest(writer(UpdateVersion::kV2))};
}

// Handles a struct that is already known. Yjs cuts the neighbours at its place all the same, and
// merges them again at the end. This matters for items that undo brought back, because they do not
// merge.
void Engine::cut_redone(const Block& block) {
  const auto redone_at = [&](bool exists, Id id, DenseId& at) {
    at = {exists ? store.clients.find(id.client) : kNoClient, id.clock};
    return at.exists() && store.known(at) && store[store.find(at)].redone;
  };
  DenseId at;
  if (redone_at(block.has_origin, block.origin, at)) item_ending_at(at);
  if (redone_at(block.has_right_origin, block.right_origin, at)) item_starting_at(at);
}

// True if something that waited may be applicable now.
bool Engine::apply_once(const DecodedUpdate& update, bool& waiting) {
  std::optional<PendingStructs> rest = apply_structs(update);
  waiting = rest.has_value();
  bool retry = false;
  if (!pending_structs_) {
    if (rest) pending_structs_ = std::make_unique<PendingStructs>(std::move(*rest));
  } else {
    for (const auto& [client, clock] : pending_structs_->missing)
      retry = retry || clock < store.clients.state(client);
    if (rest) {
      for (const auto& [client, clock] : rest->missing) {
        const auto [found, added] = pending_structs_->missing.try_emplace(client, clock);
        if (!added && clock < found->second) found->second = clock;
      }
      const ByteView both[] = {pending_structs_->update, rest->update};
      if (Result<Bytes> merged = merge_updates(both, UpdateVersion::kV2))
        pending_structs_->update = std::move(*merged);
    }
  }
  if (update.deletes.empty() && pending_deletes_->empty()) return retry;
  DeleteSet later;
  const DeleteSet::Clients& all = update.deletes.clients();
  for (auto entry = all.rbegin(); entry != all.rend(); ++entry)
    apply_deletes(entry->first, entry->second, later);
  waiting = waiting || !later.empty();
  apply_waiting_deletes(later);
  if (later.empty()) return retry;
  if (pending_deletes_->empty())
    pending_deletes_.make() = std::move(later);
  else
    pending_deletes_.make().add(later);
  return retry;
}

// Deletes the known elements of the ranges. The others go into `waiting`.
void Engine::apply_deletes(ClientId client, const DeleteSet::Ranges& ranges, DeleteSet& waiting) {
  const ClientIndex index = store.clients.find(client);
  const Clock known = index == kNoClient ? 0 : store.clients[index].clock;
  DeleteSet::Ranges unknown;
  store.work += ranges.size();
  for (const ClockRange& range : ranges) {
    if (range.end() > known) {
      const Clock from = std::max(range.clock, known);
      unknown.push_back({from, range.end() - from});
    }
    if (range.clock < known) delete_range(index, range.clock, std::min(range.end(), known));
  }
  waiting.add(client, std::move(unknown));
}

// Deletes what waits for clocks that are known now; what still waits of those clients goes into
// `waiting`. Looks only at clients that may have advanced since it was called last.
void Engine::apply_waiting_deletes(DeleteSet& waiting) {
  if (pending_deletes_->empty()) return;
  std::vector<ClientId> advanced;
  const auto add = [&](ClientId client) {
    const DeleteSet::Ranges* ranges = pending_deletes_->find(client);
    if (ranges != nullptr && ranges->front().clock < store.clients.state(client))
      advanced.push_back(client);
  };
  const std::size_t clients = pending_deletes_->clients().size();
  if (own_edits_ || clients < current_->advances.size()) {
    store.work += clients;
    for (const auto& [client, ranges] : pending_deletes_->clients()) add(client);
  } else {
    store.work += current_->advances.size();
    for (const Transaction::Advance& advance : current_->advances)
      add(store.clients[advance.client].id);
  }
  own_edits_ = false;
  std::ranges::sort(advanced, std::greater());
  for (const ClientId client : advanced)
    apply_deletes(client, pending_deletes_.make().take(client), waiting);
}

void Engine::delete_range(ClientIndex index, Clock clock, Clock end) {
  store.visit_live(index, clock, end, [&](Handle handle, Clock from, Clock to) {
    const bool to_its_end = to == store[handle].end();
    if (erase_border(handle, from - store[handle].clock, to - from)) return true;
    handle = split(handle, from - store[handle].clock);
    if (!to_its_end) split(handle, to - from);
    remove(handle);
    return true;
  });
}

StateVector Engine::missing() const {
  StateVector vector;
  if (pending_structs_)
    for (const auto& [client, clock] : pending_structs_->missing) vector.set(client, clock + 1);
  return vector;
}

}  // namespace syncline::crdt
