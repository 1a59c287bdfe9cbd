#include "crdt/client_table.h"

namespace syncline::crdt {
namespace {

std::size_t bytes_of(const ClientState& client) {
  return sizeof(ClientState) + client.structs.memory_bytes() + client.text.memory_bytes() +
         client.values.memory_bytes() + client.dead.memory_bytes();
}

}  // namespace

std::size_t ClientTable::memory_bytes() const {
  constexpr std::size_t kKept = 256;  // of the list, for the next changes
  for (const ClientIndex index : touched_) {
    if (index >= clients_.size()) continue;
    const ClientState& client = *clients_[index];
    const std::size_t now = bytes_of(client);
    counted_bytes_ += now - client.counted_bytes;
    client.counted_bytes = now;
    client.touched = false;
  }
  touched_.clear();
  if (touched_.capacity() > kKept) touched_.shrink_to_fit();
  return clients_.capacity() * sizeof(void*) + by_id_.memory_bytes() +
         touched_.capacity() * sizeof(ClientIndex) + counted_bytes_;
}

std::size_t ClientTable::measured_bytes() const {
  std::size_t bytes = clients_.capacity() * sizeof(void*) + by_id_.memory_bytes() +
                      touched_.capacity() * sizeof(ClientIndex);
  for (const auto& client : clients_) bytes += bytes_of(*client);
  return bytes;
}

}  // namespace syncline::crdt
