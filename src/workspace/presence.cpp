#include "workspace/presence.h"

#include <algorithm>
#include <vector>

namespace syncline::workspace {

Result<Bytes> Presence::update(const Subscriber& owner, ByteView update, std::uint64_t now_ms) {
  auto entries = crdt::decode_awareness(update);
  if (!entries) return std::unexpected(std::move(entries.error()));
  const auto owned =
      std::ranges::count_if(owners_, [&](const auto& entry) { return entry.second == &owner; });
  const auto claimed = std::ranges::count_if(*entries, [&](const crdt::AwarenessEntry& entry) {
    return !entry.gone && !owners_.contains(entry.client);
  });
  if (static_cast<std::size_t>(owned + claimed) > kMaxPresenceClientsPerOwner) {
    return fail(ErrorCode::kTooLarge, "one connection speaks for at most " +
                                          std::to_string(kMaxPresenceClientsPerOwner) +
                                          " awareness clients");
  }
  auto change = awareness_.apply(update, now_ms);
  if (!change) return std::unexpected(std::move(change.error()));
  // y-websocket sends back what it hears of others: only news shows who speaks for a client.
  for (const crdt::ClientId client : change->added) owners_[client] = &owner;
  for (const crdt::ClientId client : change->updated) owners_[client] = &owner;
  for (const crdt::ClientId client : change->removed) owners_.erase(client);
  if (change->empty()) return Bytes{};
  return awareness_.encode(change->all());
}

std::optional<Bytes> Presence::leave(const Subscriber& owner, std::uint64_t now_ms) {
  std::vector<crdt::ClientId> clients;
  for (const auto& [client, connection] : owners_) {
    if (connection == &owner) clients.push_back(client);
  }
  return told(awareness_.remove(clients, now_ms));
}

std::optional<Bytes> Presence::expire(std::uint64_t now_ms) {
  return told(awareness_.expire(now_ms));
}

std::optional<Bytes> Presence::everybody() const {
  if (awareness_.present() == 0) return std::nullopt;
  return awareness_.encode_all();
}

std::optional<Bytes> Presence::everybody_and_gone() const {
  std::vector<crdt::ClientId> clients;
  for (const auto& [client, state] : awareness_.clients()) clients.push_back(client);
  if (clients.empty()) return std::nullopt;
  return awareness_.encode(clients);
}

std::optional<Bytes> Presence::told(const crdt::AwarenessChange& change) {
  for (const crdt::ClientId client : change.removed) owners_.erase(client);
  if (change.empty()) return std::nullopt;
  return awareness_.encode(change.all());
}

}  // namespace syncline::workspace
