// Updates out of the document.
#include <algorithm>
#include <string>

#include <boost/container/small_vector.hpp>

#include "crdt/engine.h"
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

}  // namespace

UpdateWriter& Engine::writer(UpdateVersion version) const {
  std::optional<UpdateWriter>& writer = writers_[version == UpdateVersion::kV1 ? 0 : 1];
  if (!writer) writer.emplace(version);
  return *writer;
}

void Engine::write_structs(UpdateWriter& out, ClientIndex index, Clock from) const {
  const ClientState& client = store.clients[index];
  const IdIndex::Position start = client.structs.locate(from);
  out.begin_client(client.structs.count_from(start), client.id, from);
  std::string cut;
  out.write(
      store.block(store[client.structs.at(start)], from - client.structs.clock_at(start), cut));
  if (client.structs.is_last(start)) return;
  client.structs.for_each_from(client.structs.next(start),
                               [&](Handle handle) { out.write(store.block(store[handle])); });
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
  for (const ClientPart& part : parts) write_structs(out, part.index, part.from);
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
  UpdateWriter& out = writer(version);
  std::size_t text = 0;
  for (const ClientPart& part : parts)
    if (part.from == 0) text += store.clients[part.index].text.size();
  out.reserve(text);
  out.begin_clients(parts.size());
  for (const ClientPart& part : parts) write_structs(out, part.index, part.from);
  store.write_deleted(out.deletes());
  Bytes known = out.take();
  if (!pending_structs_ && pending_deletes_.empty()) return known;

  std::vector<Bytes> parts_waiting;
  if (!pending_deletes_.empty()) {
    out.begin_clients(0);
    out.write_deletes(pending_deletes_);
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

}  // namespace syncline::crdt
