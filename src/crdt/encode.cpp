// Encodes updates from the document.
#include <algorithm>
#include <functional>
#include <string>

#include <boost/container/small_vector.hpp>

#include "base/assert.h"
#include "crdt/engine.h"
#include "crdt/update_sink.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {
namespace {

struct ClientPart {
  ClientId id;
  ClientIndex index;
  Clock from;
};

using ClientParts = boost::container::small_vector<ClientPart, 4>;

// Yjs writes the highest client first.
void sort_parts(ClientParts& parts) {
  std::sort(parts.begin(), parts.end(),
            [](const ClientPart& a, const ClientPart& b) { return a.id > b.id; });
}

// The ranges of one client in a list of the ranges of all clients.
struct DeletedPart {
  ClientId client;
  std::size_t first;
  std::size_t end;
};

// A stored struct in the form that update_sink.h needs.
class StoredFields {
 public:
  StoredFields(const Store& store, const ClientState& client, const Item& item)
      : store_(store), client_(client), item_(item) {}

  BlockKind kind() const { return item_.kind(); }
  Clock len() const { return item_.len; }
  bool has_origin() const { return item_.origin.exists(); }
  Id origin() const { return id(item_.origin); }
  bool has_right_origin() const { return item_.right_origin.exists(); }
  Id right_origin() const { return id(item_.right_origin); }
  bool has_key() const { return item_.keyed; }
  bool in_root() const { return parent().item == kNoItem; }
  std::string_view root_name() const { return store_.keys[parent().name]; }
  Id holder() const { return store_.id(store_[parent().item].id()); }
  std::string_view key() const { return store_.keys[item_.place]; }

  std::string_view text(std::string&) const {
    return client_.text.view(item_.content, item_.bytes);
  }
  ByteView values() const { return client_.values.values(item_.content, item_.len); }
  ByteView value() const {
    const bool named = kind() == BlockKind::kFormat || kind() == BlockKind::kDoc;
    return named ? store_.named_value(item_) : store_.value(item_);
  }
  std::string_view name() const {
    if (kind() != BlockKind::kType) return store_.keys[store_.name(item_)];
    const KeyIndex name = store_.types[item_.content].name;
    return name == kNoKey ? std::string_view() : store_.keys[name];
  }
  TypeKind type() const { return store_.types[item_.content].kind; }

 private:
  const TypeState& parent() const { return store_.types[item_.parent]; }
  Id id(DenseId id) const {
    return {id.client == item_.client ? client_.id : store_.clients[id.client].id, id.clock};
  }

  const Store& store_;
  const ClientState& client_;
  const Item& item_;
};

// Yjs writes the highest client first.
void write_deleted(std::vector<DeletedPart>& parts, const std::vector<ClockRange>& ranges,
                   DeleteSetWriter out) {
  std::ranges::sort(parts, std::ranges::greater(), &DeletedPart::client);
  out.begin(parts.size());
  for (const DeletedPart& part : parts) {
    out.begin_client(part.client, part.end - part.first);
    for (std::size_t i = part.first; i < part.end; ++i) out.range(ranges[i]);
  }
}

}  // namespace

UpdateWriter& Engine::writer(UpdateVersion version) const {
  std::unique_ptr<UpdateWriter>& writer = writers_[version == UpdateVersion::kV1 ? 0 : 1];
  if (writer == nullptr) writer = std::make_unique<UpdateWriter>(version);
  return *writer;
}

// Also collects the deleted ranges of these structs, if `deleted` is given.
void Engine::write_structs(UpdateWriter& writer, ClientIndex index, Clock from,
                           std::vector<ClockRange>* deleted) const {
  const ClientState& client = store.clients[index];
  IdIndex::Position start = client.structs.locate(from);
  writer.begin_client(client.structs.count_from(start), client.id, from);
  const Clock offset = from - client.structs.clock_at(start);
  if (offset > 0) {
    std::string cut;
    writer.write(store.block(store[client.structs.at(start)], offset, cut));
    if (client.structs.is_last(start)) return;
    start = client.structs.next(start);
  }
  const std::size_t first = deleted != nullptr ? deleted->size() : 0;
  writer.write_with([&](auto& sink) {
    client.structs.for_each_from(start, [&](Handle handle) {
      const Item& item = store[handle];
      write_struct(sink, StoredFields(store, client, item));
      if (deleted != nullptr) Store::add_deleted(item, first, *deleted);
    });
  });
}

void Engine::encode_transaction(const Transaction& transaction, UpdateVersion version,
                                Bytes& bytes) const {
  if (version == UpdateVersion::kV1 && encode_small(transaction, bytes)) return;
  ClientParts parts;
  for (const Transaction::Advance& advance : transaction.advances) {
    const ClientState& client = store.clients[advance.client];
    if (client.clock > advance.before) parts.push_back({client.id, advance.client, advance.before});
  }
  if (parts.size() > 1) sort_parts(parts);
  UpdateWriter& out = writer(version);
  out.begin_clients(parts.size());
  for (const ClientPart& part : parts) write_structs(out, part.index, part.from, nullptr);
  transaction.write_deleted(store.clients, out.deletes());
  out.take(bytes);
}

Bytes Engine::encode_state_as_update(const StateVector& since, UpdateVersion version) const {
  ClientParts parts;
  for (ClientIndex i = 0; i < store.clients.size(); ++i) {
    const ClientState& client = store.clients[i];
    const Clock from = since.get(client.id);
    if (client.clock > from) parts.push_back({client.id, i, from});
  }
  sort_parts(parts);
  // Not the one that is kept for the updates of transactions: a state is asked for rarely, and documents are many.
  UpdateWriter out(version);
  std::size_t text = 0;
  for (const ClientPart& part : parts)
    if (part.from == 0) text += store.clients[part.index].text.size();
  out.reserve(text);
  out.begin_clients(parts.size());
  std::vector<ClockRange> ranges;
  std::vector<DeletedPart> deleted;
  const auto add_part = [&](ClientId client, std::size_t first) {
    if (ranges.size() > first) deleted.push_back({client, first, ranges.size()});
  };
  for (const ClientPart& part : parts) {
    const std::size_t first = ranges.size();
    write_structs(out, part.index, part.from, part.from == 0 ? &ranges : nullptr);
    add_part(part.id, first);
  }
  // The other clients, too: the delete set is always that of the whole document.
  for (ClientIndex i = 0; i < store.clients.size(); ++i) {
    const std::size_t first = ranges.size();
    if (since.get(store.clients[i].id) > 0) store.add_deleted(i, ranges);
    add_part(store.clients[i].id, first);
  }
  write_deleted(deleted, ranges, out.deletes());
  return with_waiting(out.take(), since, version);
}

// `known`, together with what waits for other updates.
Bytes Engine::with_waiting(Bytes known, const StateVector& since, UpdateVersion version) const {
  if (!pending_structs_ && pending_deletes_->empty()) return known;
  UpdateWriter& out = writer(version);
  std::vector<Bytes> parts_waiting;
  if (!pending_deletes_->empty()) {
    out.begin_clients(0);
    out.write_deletes(*pending_deletes_);
    parts_waiting.push_back(out.take());
  }
  if (pending_structs_) {
    Result<Bytes> rest = diff_update(pending_structs_->update, since, UpdateVersion::kV2);
    if (rest && version == UpdateVersion::kV1)
      rest = convert_update(*rest, UpdateVersion::kV2, UpdateVersion::kV1);
    if (rest) parts_waiting.push_back(std::move(*rest));
  }
  std::vector<ByteView> all{known};
  for (const Bytes& part : parts_waiting) all.push_back(part);
  Result<Bytes> merged = merge_updates(all, version);
  return merged ? std::move(*merged) : known;
}

void Engine::mark() {
  mark_ = std::make_unique<Mark>();
  Mark& mark = *mark_;
  for (ClientIndex i = 0; i < store.clients.size(); ++i)
    mark.clocks.push_back(store.clients[i].clock);
}

void Engine::note_since_mark(const Transaction& transaction) {
  std::vector<Transaction::DeletedRange>& noted = mark_->deleted;
  for (const Transaction::DeletedRange& range : transaction.deleted) {
    Transaction::DeletedRange* last = noted.empty() ? nullptr : &noted.back();
    const bool same = last != nullptr && last->client == range.client;
    if (same && last->clock + last->len == range.clock) {
      last->len += range.len;
    } else if (same && range.clock + range.len == last->clock) {
      last->clock = range.clock;
      last->len += range.len;
    } else {
      noted.push_back(range);
    }
  }
}

// Needs no list of elements that came deleted or were collected since: their structs say that
// themselves.
Bytes Engine::encode_since_mark(UpdateVersion version) const {
  SYNCLINE_ASSERT(marked());
  StateVector since;
  ClientParts parts;
  for (ClientIndex i = 0; i < store.clients.size(); ++i) {
    const ClientState& client = store.clients[i];
    const Clock from = i < mark_->clocks.size() ? mark_->clocks[i] : 0;
    if (from > 0) since.set(client.id, from);
    if (client.clock > from) parts.push_back({client.id, i, from});
  }
  sort_parts(parts);
  UpdateWriter& out = writer(version);
  out.begin_clients(parts.size());
  for (const ClientPart& part : parts) write_structs(out, part.index, part.from, nullptr);
  std::map<ClientIndex, IdSet::Ranges> ranges;
  for (const Transaction::DeletedRange& range : mark_->deleted)
    ranges[range.client].push_back({range.clock, range.len});
  DeleteSet deleted;
  for (auto& [client, each] : ranges) deleted.add(store.clients[client].id, std::move(each));
  out.write_deletes(deleted);
  return with_waiting(out.take(), since, version);
}

}  // namespace syncline::crdt
