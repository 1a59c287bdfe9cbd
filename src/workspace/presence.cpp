#include "workspace/presence.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/mutation.h"

namespace syncline::workspace {

using crdt::AwarenessEntry;
using crdt::ClientId;

namespace {

// States over the limit are handled here, one by one, because crdt::Awareness would refuse the
// whole message.
constexpr crdt::AwarenessLimits kAnyStateSize{.max_state_bytes =
                                                  std::numeric_limits<std::size_t>::max()};
constexpr crdt::AwarenessLimits kPresenceLimits;

// The next clock, if JavaScript clients can read it.
std::optional<std::uint64_t> next_clock(std::uint64_t clock) {
  if (clock >= kMaxSafeInteger) return std::nullopt;
  return clock + 1;
}

}  // namespace

// The state of one call of update(). Entries are views into the message.
struct Presence::Taking {
  std::vector<AwarenessEntry> sender;  // with the clocks for the sender
  std::vector<AwarenessEntry> others;
  std::vector<AwarenessEntry> said;  // the entries of `others`, as the sender sent them
  std::size_t claims = 0;            // number of clients that the sender will own
  std::optional<Error> dropped;
};

void Presence::join(const Subscriber& connection) {
  connections_.try_emplace(&connection, Connection{.joined = ++turn_});
}

Result<Presence::News> Presence::update(const Subscriber& sender, ByteView update,
                                        std::uint64_t now_ms) {
  auto entries = crdt::decode_awareness(update, kAnyStateSize);
  if (!entries) {
    if (entries.error().code == ErrorCode::kTooLarge)
      return News{.dropped = std::move(entries.error())};
    return std::unexpected(std::move(entries.error()));
  }
  join(sender);
  if (!std::exchange(connections_.at(&sender).spoke, true) && entries->size() == 1)
    note_heir(sender, entries->front());
  Taking taking;
  for (const AwarenessEntry& entry : *entries) take(sender, entry, taking);
  News news{.dropped = std::move(taking.dropped)};
  if (taking.others.empty()) return news;
  Bytes others = crdt::encode_awareness(taking.others);
  if (auto applied = awareness_.apply(others, now_ms); !applied) {
    news.dropped = std::move(applied.error());
    return news;
  }
  for (const AwarenessEntry& entry : taking.said) own(sender, entry);
  news.others = std::move(others);
  if (!taking.sender.empty()) news.sender = crdt::encode_awareness(taking.sender);
  return news;
}

void Presence::take(const Subscriber& sender, const AwarenessEntry& entry, Taking& taking) {
  const auto clock = news_clock(sender, entry);
  if (!clock && is_mutated(Mutation::echo_claims) && !entry.gone &&
      !awareness_.state(entry.client).empty())
    own(sender, entry);
  if (!clock) return;
  if (entry.state.size() > kPresenceLimits.max_state_bytes) {
    taking.dropped =
        Error{ErrorCode::kTooLarge, "an awareness state of " + std::to_string(entry.state.size()) +
                                        " bytes, more than " +
                                        std::to_string(kPresenceLimits.max_state_bytes)};
    if (awareness_.state(entry.client).empty()) return;
    // The sender is not told, because it would answer that it is there, with the same state.
    taking.others.push_back({.client = entry.client, .clock = *clock, .gone = true});
    taking.said.push_back(taking.others.back());
    return;
  }
  if (!entry.gone && !may_speak_for(sender, entry.client, taking.claims)) {
    taking.dropped = Error{ErrorCode::kTooLarge, "one connection speaks for at most " +
                                                     std::to_string(kMaxPresenceClientsPerOwner) +
                                                     " awareness clients"};
    return;
  }
  if (!entry.gone) ++taking.claims;
  taking.said.push_back(entry);
  taking.others.push_back(entry);
  taking.others.back().clock = *clock;
  taking.sender.push_back(taking.others.back());
  if (!entry.gone) taking.sender.back().clock = std::min(*clock, entry.clock + 1);
}

// The clock that others get with an entry; empty if the entry is not news.
std::optional<Presence::Clock> Presence::news_clock(const Subscriber& sender,
                                                    const AwarenessEntry& entry) {
  const auto known = awareness_.clients().find(entry.client);
  if (known == awareness_.clients().end()) {
    // As in all clients: an unknown client has clock 0.
    if (entry.gone || entry.clock == 0) return std::nullopt;
    return entry.clock;
  }
  const crdt::Awareness::Client& client = known->second;
  const auto owner = owners_.find(entry.client);
  if (owner != owners_.end() && owner->second.connection == &sender)
    return own_news_clock(owner->second, client, entry);
  if (entry.clock > client.clock) return entry.clock;
  if (client.state.empty()) {
    // The client is back with an old clock, unless this is an echo of what this connection was told
    // before.
    const auto gone = gone_.find(entry.client);
    const bool came_later = gone != gone_.end() && connections_.at(&sender).joined > gone->second;
    if (is_mutated(Mutation::return_under_old_clock)) return std::nullopt;
    return entry.gone || !came_later ? std::nullopt : next_clock(client.clock);
  }
  if (entry.gone && entry.clock == client.clock) return entry.clock;
  return std::nullopt;
}

std::optional<Presence::Clock> Presence::own_news_clock(Owner& owner,
                                                        const crdt::Awareness::Client& client,
                                                        const AwarenessEntry& entry) const {
  if (entry.gone) {
    if (entry.clock < owner.clock) return std::nullopt;
    return std::max(client.clock, entry.clock);
  }
  if (entry.clock <= owner.clock) return std::nullopt;
  if (entry.clock > client.clock) return entry.clock;
  if (entry.state == client.state) {
    owner.clock = entry.clock;  // it has adopted a clock of ours
    return std::nullopt;
  }
  return next_clock(client.clock);
}

// If the first message on a connection names exactly one client, this is the client's own state,
// because the client has not heard of others yet.
void Presence::note_heir(const Subscriber& sender, const AwarenessEntry& entry) {
  const auto owner = owners_.find(entry.client);
  if (owner == owners_.end() || owner->second.connection == &sender || entry.gone) return;
  if (is_mutated(Mutation::forget_heir)) return;
  owner->second.heir = &sender;
  owner->second.heir_clock = entry.clock;
}

bool Presence::may_speak_for(const Subscriber& sender, ClientId client, std::size_t more) const {
  const auto owner = owners_.find(client);
  if (owner != owners_.end() && owner->second.connection == &sender) return true;
  return connections_.at(&sender).clients + more < kMaxPresenceClientsPerOwner;
}

void Presence::own(const Subscriber& sender, const AwarenessEntry& entry) {
  if (entry.gone) {
    disown(entry.client);
    gone_[entry.client] = ++turn_;
    return;
  }
  if (const auto before = owners_.find(entry.client);
      before == owners_.end() || before->second.connection != &sender) {
    disown(entry.client);
    ++connections_.at(&sender).clients;
  }
  owners_[entry.client] = {.connection = &sender, .clock = entry.clock};
  gone_.erase(entry.client);
}

void Presence::disown(ClientId client) {
  const auto owner = owners_.find(client);
  if (owner == owners_.end()) return;
  if (const auto found = connections_.find(owner->second.connection); found != connections_.end())
    --found->second.clients;
  owners_.erase(owner);
}

std::optional<Bytes> Presence::leave(const Subscriber& connection, std::uint64_t now_ms) {
  connections_.erase(&connection);
  std::vector<ClientId> clients;
  for (auto& [client, owner] : owners_) {
    if (owner.heir == &connection) owner.heir = nullptr;
    if (owner.connection != &connection) continue;
    if (owner.heir == nullptr) {
      clients.push_back(client);
    } else {
      owner = {.connection = owner.heir, .clock = owner.heir_clock};
      ++connections_.at(owner.connection).clients;
    }
  }
  if (is_mutated(Mutation::ghost_after_leave)) return std::nullopt;
  return told(awareness_.remove(clients, now_ms));
}

std::optional<Bytes> Presence::expire(std::uint64_t now_ms) {
  auto update = told(awareness_.expire(now_ms));
  std::erase_if(gone_,
                [this](const auto& entry) { return !awareness_.clients().contains(entry.first); });
  return update;
}

std::optional<Bytes> Presence::everybody(const Subscriber& to) const {
  return states_for(to, false);
}

std::optional<Bytes> Presence::everybody_and_gone(const Subscriber& to) const {
  return states_for(to, true);
}

std::optional<Bytes> Presence::states_for(const Subscriber& to, bool with_gone) const {
  std::vector<AwarenessEntry> entries;
  for (const auto& [id, client] : awareness_.clients()) {
    const bool gone = client.state.empty();
    if (gone && !with_gone) continue;
    entries.push_back({id, clock_for(to, id, client.clock), client.state, gone});
  }
  if (entries.empty()) return std::nullopt;
  return crdt::encode_awareness(entries);
}

Presence::Clock Presence::clock_for(const Subscriber& to, ClientId client, Clock clock) const {
  const auto owner = owners_.find(client);
  if (owner == owners_.end() || owner->second.connection != &to) return clock;
  return std::min(clock, owner->second.clock + 1);
}

std::optional<Bytes> Presence::told(const crdt::AwarenessChange& change) {
  for (const ClientId client : change.removed) {
    disown(client);
    gone_[client] = ++turn_;
  }
  if (change.empty()) return std::nullopt;
  return awareness_.encode(change.all());
}

}  // namespace syncline::workspace
