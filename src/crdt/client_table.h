// ClientTable: what the document knows of each client, under a dense index that items refer to.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "crdt/dead_clocks.h"
#include "crdt/id_index.h"
#include "crdt/short_list_index.h"
#include "crdt/text_arena.h"
#include "crdt/value_arena.h"
#include "syncline/crdt/id.h"

namespace syncline::crdt {

struct ClientState {
  ClientId id = 0;
  Clock clock = 0;         // the first clock that is not known
  std::uint32_t rank = 0;  // clients in the order in which something of them was first known
  IdIndex structs;
  TextArena text;
  ValueArena values;
  // For ClientTable::memory_bytes: what was counted, and whether it may have changed since.
  mutable std::size_t counted_bytes = 0;
  mutable bool touched = false;
  mutable DeadClocks dead;  // mutable: readers note what they passed over, too
};

class ClientTable {
  auto id_at() const {
    return [this](ClientIndex index) { return clients_[index]->id; };
  }

 public:
  // Whoever may change a client comes this way, so memory_bytes() need not look at all of them. The
  // reference must not be kept over a call of memory_bytes().
  ClientState& operator[](ClientIndex index) {
    touch(index);
    return *clients_[index];
  }
  const ClientState& operator[](ClientIndex index) const { return *clients_[index]; }
  ClientIndex size() const { return static_cast<ClientIndex>(clients_.size()); }

  // The index of a client, or kNoClient.
  ClientIndex find(ClientId id) const {
    if (last_ < clients_.size() && clients_[last_]->id == id) return last_;
    const ClientIndex found = by_id_.find(id, size(), id_at());
    return found == kNoClient ? kNoClient : last_ = found;
  }
  // The index of a client, which is added if need be. The table holds at most kMaxClients.
  ClientIndex intern(ClientId id) {
    const ClientIndex found = find(id);
    if (found != kNoClient) return found;
    clients_.push_back(std::make_unique<ClientState>());
    clients_.back()->id = id;
    touch(size() - 1);
    by_id_.added(size(), id_at());
    return size() - 1;
  }
  // Forgets the clients that were added last, which nothing may refer to.
  void truncate(ClientIndex size) {
    for (; clients_.size() > size; clients_.pop_back()) {
      by_id_.removed(clients_.back()->id);
      counted_bytes_ -= clients_.back()->counted_bytes;
    }
  }
  // First unknown clock; 0 for a client never heard of.
  Clock state(ClientId id) const {
    const ClientIndex index = find(id);
    return index == kNoClient ? 0 : clients_[index]->clock;
  }

  // The memory of this client has to be measured again.
  void touch(ClientIndex index) const {
    const ClientState& client = *clients_[index];
    if (client.touched) return;
    client.touched = true;
    touched_.push_back(index);
  }
  std::size_t touched() const { return touched_.size(); }
  // Measures the clients that were touched since the last call.
  std::size_t memory_bytes() const;
  // The same, with each client measured. O(clients).
  std::size_t measured_bytes() const;

 private:
  std::vector<std::unique_ptr<ClientState>> clients_;
  ShortListIndex<ClientId> by_id_;
  static_assert(ShortListIndex<ClientId>::kNone == kNoClient);
  mutable std::vector<ClientIndex> touched_;
  mutable std::size_t counted_bytes_ = 0;  // of all clients
  mutable ClientIndex last_ = 0;           // most lookups are for the client of the one before
};

}  // namespace syncline::crdt
