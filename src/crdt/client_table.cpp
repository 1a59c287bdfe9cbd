#include "crdt/client_table.h"

namespace syncline::crdt {

std::size_t ClientTable::memory_bytes() const {
  std::size_t bytes = clients_.capacity() * sizeof(void*) + by_id_.bucket_count() * 24;
  for (const auto& client : clients_) {
    bytes += sizeof(ClientState) + client->structs.memory_bytes() + client->text.memory_bytes() +
             client->values.memory_bytes() + client->dead.memory_bytes();
  }
  return bytes;
}

}  // namespace syncline::crdt
