// Store::check: walks all structures and compares each with the others.
#include <string>

#include "base/utf8.h"
#include "crdt/store.h"

namespace syncline::crdt {
namespace {

std::unexpected<Error> broken(const std::string& what) {
  return fail(ErrorCode::kCorrupt, "document structure: " + what);
}

}  // namespace

Result<void> Store::check_client(ClientIndex index) const {
  const ClientState& client = clients[index];
  Clock expected = 0;
  std::size_t count = 0;
  if (!client.structs.empty()) {
    for (IdIndex::Position p = client.structs.first();; p = client.structs.next(p)) {
      const Item& item = items[client.structs.at(p)];
      ++count;
      if (item.client != index) return broken("a struct is listed under another client");
      if (item.clock != expected || client.structs.clock_at(p) != expected)
        return broken("a client's structs have a hole or an overlap");
      if (item.len == 0) return broken("a struct of no length");
      if (!item.deleted && client.dead.any(item.clock, item.end()))
        return broken("live elements are noted as deleted");
      expected = item.end();
      if (client.structs.find(item.end() - 1) != client.structs.at(p))
        return broken("an id is not found");
      if (item.is_gc()) {
        if (!item.deleted) return broken("a GC struct that is not deleted");
      } else {
        if (item.kind() == BlockKind::kDeleted && !item.deleted)
          return broken("forgotten content that is not deleted");
        if (item.parent >= types.size() || types[item.parent].collected)
          return broken("an item in no type");
        if (item.left != kNoItem && items[item.left].right != client.structs.at(p))
          return broken("an item's left neighbour has another right neighbour");
        if (item.right != kNoItem && items[item.right].left != client.structs.at(p))
          return broken("an item's right neighbour has another left neighbour");
        if (item.keyed && item.right == kNoItem &&
            types.value(item.parent, item.place) != client.structs.at(p))
          return broken("a key's last value is not its current one");
        if (item.keyed && item.right != kNoItem && !item.deleted)
          return broken("an older value of a key is not deleted");
      }
      if (item.kind() == BlockKind::kString) {
        std::size_t units = 0;
        if (!measure_utf8(text(item), units) || units != item.len)
          return broken("text of another length than its item");
      }
      if (item.kind() == BlockKind::kFormat && item.format_key() != name(item))
        return broken("a format of another name than its value");
      if (client.structs.is_last(p)) break;
    }
  }
  if (expected != client.clock) return broken("a client's clock differs from its structs");
  if (count != client.structs.size()) return broken("a client's structs are miscounted");
  return {};
}

Result<void> Store::check_type(TypeIndex index) const {
  const TypeState& type = types[index];
  const std::string problem = sequences.check(type.sequence);
  if (!problem.empty()) return broken(problem);
  for (Handle h = type.sequence.first; h != kNoItem; h = items[h].right)
    if (items[h].parent != index || items[h].keyed) return broken("an item in a strange sequence");
  for (EntryIndex e = type.first_entry; e != kNoEntry; e = types.entry(e).next) {
    const MapEntry& entry = types.entry(e);
    for (Handle h = entry.item; h != kNoItem; h = items[h].left)
      if (items[h].parent != index || items[h].key() != entry.key)
        return broken("an item under a strange key");
  }
  if (type.item != kNoItem &&
      (items[type.item].kind() != BlockKind::kType || items[type.item].content != index))
    return broken("a type's item does not hold it");
  return {};
}

Result<void> Store::check() const {
  std::size_t count = 0;
  for (ClientIndex i = 0; i < clients.size(); ++i) {
    if (Result<void> result = check_client(i); !result) return result;
    count += clients[i].structs.size();
  }
  if (count != items.live()) return broken("items that no client lists");
  if (clients.memory_bytes() != clients.measured_bytes())
    return broken("the memory of the clients is miscounted");
  for (TypeIndex i = 0; i < types.size(); ++i)
    if (Result<void> result = check_type(i); !result) return result;
  return {};
}

}  // namespace syncline::crdt
