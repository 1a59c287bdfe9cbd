#include "workspace/presence.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/mutation.h"
#include "workspace/live_object.h"

namespace syncline::workspace {

using crdt::AwarenessEntry;
using crdt::ClientId;

namespace {

// States over the limits are handled here, one by one: a whole message is not refused for them.
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
constexpr crdt::AwarenessLimits kAnySize{.max_state_bytes = kNoLimit, .max_total_bytes = kNoLimit};
constexpr std::size_t kMaxStateBytes = crdt::AwarenessLimits().max_state_bytes;

// A published client renews its state after 15 s, and looks every 3 s whether it is time.
constexpr std::uint64_t kSilentMs = 20'000;

// No client reaches it in a year of moving its cursor a hundred times a second.
constexpr std::uint64_t kMaxFreeClock = std::uint64_t{1} << 32;

// The next clock, if JavaScript clients can read it.
std::optional<std::uint64_t> next_clock(std::uint64_t clock) {
  if (clock >= kMaxSafeInteger) return std::nullopt;
  return clock + 1;
}

// The clock to tell for one over `known`, so that there is always a higher one.
std::uint64_t told_clock(std::uint64_t clock, std::uint64_t known) {
  return std::min(clock, std::max(known + 1, kMaxFreeClock));
}

// What a client needs here beside its state.
constexpr std::uint64_t kClientBytes = 512;

// A connection that holds no more than this is not refused when there is no room: it is not who has
// taken it.
constexpr std::uint64_t kLittleBytes = 2048;

void add_client(std::vector<ClientId>& clients, ClientId client) {
  const auto place = std::ranges::lower_bound(clients, client);
  if (place == clients.end() || *place != client) clients.insert(place, client);
}

void remove_client(std::vector<ClientId>& clients, ClientId client) {
  const auto place = std::ranges::lower_bound(clients, client);
  if (place != clients.end() && *place == client) clients.erase(place);
}

Error too_large(std::string message) {
  return {ErrorCode::kTooLarge, std::move(message)};
}

}  // namespace

// The state of one call of update(). Entries are views into the message.
struct Presence::Taking {
  std::vector<AwarenessEntry> sender;  // with the clocks for the sender
  std::vector<AwarenessEntry> others;
  std::optional<Error> dropped;
  bool full = false;           // the object is, and the sender holds most of it
  bool crowded = false;        // the sender speaks for as many clients as it may
  std::vector<bool> are_json;  // states that were looked at, by entry
  std::size_t bytes = 0;       // of states that may still be parsed
  const Stamp* stamp = nullptr;
  std::deque<std::string> rewritten = {};  // states; entries view them
};

Presence::Presence(PresenceLimits limits, SharedCell memory)
    : limits_(limits),
      awareness_({.max_clients = kNoLimit,
                  .max_state_bytes = kMaxStateBytes,
                  .max_total_bytes = kNoLimit}),
      orphans_charge_(std::move(memory)) {}

void Presence::join(const Subscriber& connection, SharedCell memory) {
  Connection& joining = of(connection);
  if (joining.joined != 0) return;
  joining.joined = ++turn_;
  joining.charge = MemoryCharge(std::move(memory));
}

Presence::Connection& Presence::of(const Subscriber& connection) {
  return connection.presence_;
}

// The connection with clients, present or gone, for which `size` is largest; nullptr: there is none. Of several, the
// one that joined last: the order of addresses differs from run to run.
template <typename Size>
const Subscriber* Presence::who_has_most(Size size) const {
  const Subscriber* most = nullptr;
  const auto look = [&](const Subscriber* each) {
    if (each == nullptr) return;
    const auto rank = [&](const Subscriber& whose) {
      return std::pair(size(of(whose)), of(whose).joined);
    };
    if (most == nullptr || rank(*each) > rank(*most)) most = each;
  };
  for (const auto& [client, owner] : owners_) look(owner.connection);
  for (const auto& [client, gone] : *gone_) look(gone.connection);
  return most;
}

void Presence::charge(Connection& connection) {
  const std::uint64_t bytes = connection.bytes + connection.clients() * kClientBytes;
  memory_bytes_ += bytes - connection.charge.bytes();
  connection.charge.set(bytes);
}

void Presence::forget_lists() {
  if (shared_[0] == nullptr && shared_[1] == nullptr) return;
  shared_ = {};
  charge_orphans();
}

void Presence::charge_orphans() {
  std::uint64_t bytes = orphans_->size() * kClientBytes;
  for (const auto& list : shared_) bytes += list ? list->change.size() : 0;
  memory_bytes_ += bytes - orphans_charge_.bytes();
  orphans_charge_.set(bytes);
}

Result<Presence::News> Presence::update(const Subscriber& sender, ByteView update,
                                        std::uint64_t now_ms, const Stamp* stamp) {
  auto entries = crdt::split_awareness(update, kAnySize);
  if (!entries) {
    if (entries.error().code == ErrorCode::kTooLarge)
      return News{.dropped = std::move(entries.error())};
    return std::unexpected(std::move(entries.error()));
  }
  Taking taking{.stamp = stamp};
  if (auto checked = check_states(sender, *entries, taking); !checked)
    return std::unexpected(std::move(checked.error()));
  join(sender);
  if (stamp != nullptr) of(sender).more().stamp = *stamp;
  if (!std::exchange(of(sender).spoke, true) && entries->size() == 1)
    note_heir(sender, entries->front());
  for (std::size_t i = 0; i < entries->size(); ++i)
    take(sender, (*entries)[i], taking.are_json[i], now_ms, taking);
  News news{.dropped = std::move(taking.dropped)};
  if (!taking.others.empty()) news.others = crdt::encode_awareness(taking.others);
  if (!taking.sender.empty()) news.sender = crdt::encode_awareness(taking.sender);
  return news;
}

// Parsing states is what costs most. So only those are looked at that may be taken: not those of clients of other
// connections, which many clients send back, and no more than a connection may have.
Result<void> Presence::check_states(const Subscriber& sender, std::span<AwarenessEntry> entries,
                                    Taking& taking) {
  taking.are_json.resize(entries.size());
  taking.bytes = limits_.connection_bytes + kMaxStateBytes;
  std::size_t looks = 2 * limits_.connection_clients;
  for (std::size_t i = 0; i < entries.size() && looks > 0; ++i) {
    AwarenessEntry& entry = entries[i];
    const auto owner = owners_.find(entry.client);
    if (owner != owners_.end() && owner->second.connection != &sender) continue;
    if (entry.state.size() > std::min(kMaxStateBytes, taking.bytes)) continue;
    --looks;
    if (!look_at(entry, taking))
      return fail(ErrorCode::kMalformed, "awareness: a state that is not JSON");
    taking.are_json[i] = true;
  }
  return {};
}

// False: the state is no JSON. Otherwise the entry has it as it may be told.
bool Presence::look_at(AwarenessEntry& entry, Taking& taking) {
  taking.bytes -= std::min(taking.bytes, entry.state.size());
  parsed_bytes_ += entry.state.size();
  if (entry.gone) return true;
  if (taking.stamp == nullptr && !crdt::is_awareness_state(entry.state)) return false;
  auto told =
      taking.stamp != nullptr ? stamped(entry.state, *taking.stamp) : without_claim(entry.state);
  if (!told) return false;
  if (*told) entry.state = taking.rewritten.emplace_back(std::move(**told));
  return true;
}

void Presence::take(const Subscriber& sender, AwarenessEntry& entry, bool checked,
                    std::uint64_t now_ms, Taking& taking) {
  // The rest of a message with very many clients is dropped at this cost.
  if (taking.crowded && !awareness_.clients().contains(entry.client)) return;
  const auto clock = news_clock(sender, entry, now_ms);
  if (!clock && is_mutated(Mutation::echo_claims) && !entry.gone &&
      !awareness_.state(entry.client).empty())
    own(sender, entry);
  if (!clock) return;
  AwarenessEntry news{entry.client, *clock, entry.state, entry.gone};
  if (!entry.gone) {
    auto share = check_share(sender, entry);
    if (share && !checked && entry.state.size() > taking.bytes)
      share = std::unexpected(too_large("a message has more presence than a connection may have"));
    if (share && !checked) {
      if (!look_at(entry, taking)) {
        taking.dropped = Error{ErrorCode::kMalformed, "awareness: a state that is not JSON"};
        return;
      }
      news.state = entry.state;
      share = check_share(sender, entry);
    }
    if (!share) {
      taking.dropped = std::move(share.error());
      taking.crowded |= of(sender).clients() >= limits_.connection_clients;
      return drop_state(news, now_ms, taking);
    }
    if (!make_room(sender, entry, now_ms, taking)) {
      taking.dropped = too_large("this document holds too much presence");
      return drop_state(news, now_ms, taking);
    }
  }
  apply(news, now_ms);
  taking.others.push_back(news);
  taking.sender.push_back(news);
  if (entry.gone) return depart(entry.client);
  own(sender, entry);
  taking.sender.back().clock = tell_clock(sender, entry.client, *clock);
}

// The sender is not told, because it would answer that it is there, with the same state.
void Presence::drop_state(AwarenessEntry news, std::uint64_t now_ms, Taking& taking) {
  if (awareness_.state(news.client).empty()) return;
  news.gone = true;
  news.state = {};
  apply(news, now_ms);
  depart(news.client);
  taking.others.push_back(news);
}

void Presence::apply(const AwarenessEntry& news, std::uint64_t now_ms) {
  forget_lists();
  (void)awareness_.apply_checked({&news, 1}, now_ms);
}

// The clock that others get with an entry; empty if the entry is not news.
std::optional<Presence::Clock> Presence::news_clock(const Subscriber& sender,
                                                    const AwarenessEntry& entry,
                                                    std::uint64_t now_ms) {
  const auto known = awareness_.clients().find(entry.client);
  if (known == awareness_.clients().end()) {
    // As in all clients: an unknown client has clock 0.
    if (entry.gone || entry.clock == 0) return std::nullopt;
    return told_clock(std::max(entry.clock, forgotten_clock_ + 1), forgotten_clock_);
  }
  const crdt::Awareness::Client& client = known->second;
  const auto owner = owners_.find(entry.client);
  if (owner != owners_.end() && owner->second.connection == &sender)
    return own_news_clock(owner->second, client, entry);
  if (owner != owners_.end()) {
    const bool announced = hear_heir(sender, entry);
    if (now_ms - client.heard_ms < kSilentMs || entry.gone) return std::nullopt;
    if (entry.clock > client.clock) return told_clock(entry.clock, client.clock);
    return announced ? next_clock(client.clock) : std::nullopt;
  }
  if (entry.clock > client.clock) return told_clock(entry.clock, client.clock);
  if (!client.state.empty() || entry.gone) return std::nullopt;
  // The client is back with an old clock, unless this is an echo of what this connection was told
  // before.
  if (is_mutated(Mutation::return_under_old_clock)) return std::nullopt;
  const auto gone = gone_->find(entry.client);
  const bool came_later = gone != gone_->end() && of(sender).joined > gone->second.turn;
  return came_later ? next_clock(client.clock) : std::nullopt;
}

std::optional<Presence::Clock> Presence::own_news_clock(Owner& owner,
                                                        const crdt::Awareness::Client& client,
                                                        const AwarenessEntry& entry) const {
  if (entry.gone) {
    if (entry.clock < owner.clock) return std::nullopt;
    return std::max(client.clock, told_clock(entry.clock, client.clock));
  }
  if (entry.clock <= owner.clock) return std::nullopt;
  if (entry.clock > client.clock) return told_clock(entry.clock, client.clock);
  if (entry.clock == owner.told && entry.state == client.state) {
    owner.clock = entry.clock;  // it has adopted the clock that it was told
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
  if (!may_inherit(of(sender), owner->second)) return;
  heirs_.make()[entry.client] = {.connection = &sender, .clock = entry.clock};
  of(sender).more().heir_of = entry.client;
}

// An heir takes over the state with its stamp.
bool Presence::may_inherit(const Connection& heir, const Owner& owner) const {
  const auto stamp_of_connection = [](const Connection& connection) {
    return connection.further == nullptr ? std::nullopt : connection.further->stamp;
  };
  return stamp_of_connection(heir) == stamp_of_connection(of(*owner.connection));
}

// True if the sender is the heir, and announces itself.
bool Presence::hear_heir(const Subscriber& sender, const AwarenessEntry& entry) {
  if (!heirs_.exists()) return false;
  auto& heirs = heirs_.make();
  const auto heir = heirs.find(entry.client);
  if (heir == heirs.end() || heir->second.connection != &sender) return false;
  if (entry.gone) {
    heirs.erase(heir);
    return false;
  }
  Clock& clock = heir->second.clock;
  const bool announced = entry.clock >= clock;
  clock = std::max(clock, entry.clock);
  return announced;
}

// ---- limits

Result<void> Presence::check_share(const Subscriber& sender, const AwarenessEntry& entry) const {
  const std::size_t bytes = entry.state.size();
  if (bytes > kMaxStateBytes)
    return std::unexpected(too_large("an awareness state of " + std::to_string(bytes) +
                                     " bytes, more than " + std::to_string(kMaxStateBytes)));
  const Connection& connection = of(sender);
  const auto owner = owners_.find(entry.client);
  const bool owned = owner != owners_.end() && owner->second.connection == &sender;
  const auto gone = gone_->find(entry.client);
  const bool counted = owned || (gone != gone_->end() && gone->second.connection == &sender);
  if (!counted && connection.clients() >= limits_.connection_clients)
    return std::unexpected(too_large("one connection speaks for at most " +
                                     std::to_string(limits_.connection_clients) +
                                     " awareness clients"));
  if (connection.bytes - (owned ? owner->second.bytes : 0) + bytes > limits_.connection_bytes)
    return std::unexpected(too_large("the awareness states of one connection have at most " +
                                     std::to_string(limits_.connection_bytes) + " bytes together"));
  const std::uint64_t before = owned ? owner->second.bytes : 0;
  const std::uint64_t more = (counted ? 0 : kClientBytes) + bytes - std::min(before, bytes);
  if (more > 0 && connection.charge.bytes() + more > kLittleBytes &&
      !connection.charge.has_room(more))
    return std::unexpected(too_large("the server holds too much presence; show it again later"));
  return {};
}

// Makes room for an entry of the sender in the object. False if the sender itself would hold most.
bool Presence::make_room(const Subscriber& sender, const AwarenessEntry& entry,
                         std::uint64_t now_ms, Taking& taking) {
  if (is_mutated(Mutation::unlimited_presence)) return true;
  while (true) {
    const auto known = awareness_.clients().find(entry.client);
    const bool is_known = known != awareness_.clients().end();
    const std::size_t before = is_known ? known->second.state.size() : 0;
    const bool too_many = clients() + (is_known ? 0 : 1) > limits_.object_clients;
    if (!too_many && bytes_ - before + entry.state.size() <= limits_.object_bytes) return true;
    if (too_many && !orphans_->empty()) {
      forget(orphans_->begin()->second);
      continue;
    }
    if (taking.full) return false;
    const auto size = [too_many](const Connection& connection) -> std::size_t {
      return too_many ? connection.clients() : connection.bytes;
    };
    const Subscriber* const most = who_has_most(size);
    const std::size_t sender_then = size(of(sender)) + (too_many ? 1 : entry.state.size() - before);
    if (most == nullptr || most == &sender || sender_then >= size(of(*most))) {
      taking.full = true;
      return false;
    }
    for (const AwarenessEntry& gone : evict(*most, now_ms)) {
      taking.others.push_back(gone);
      taking.sender.push_back(gone);
    }
  }
}

// Takes from a connection all its clients. Returns the news of it.
std::vector<AwarenessEntry> Presence::evict(const Subscriber& connection, std::uint64_t now_ms) {
  std::vector<AwarenessEntry> news;
  forget_lists();
  const Connection& evicted = of(connection);
  const auto owned = evicted.owned.all();
  const Clients clients(owned.begin(), owned.end());
  const Clients gone = evicted.further ? evicted.further->gone : Clients();
  steps_ += clients.size() + gone.size();
  awareness_.remove(clients, now_ms);
  for (const ClientId client : clients) {
    news.push_back(
        {.client = client, .clock = awareness_.clients().at(client).clock, .gone = true});
    depart(client);
  }
  for (const ClientId client : gone) forget(client);
  ++evictions_;
  return news;
}

std::optional<Bytes> Presence::shed(std::uint64_t much, std::uint64_t now_ms) {
  const Subscriber* const most =
      who_has_most([](const Connection& connection) { return connection.charge.bytes(); });
  if (most == nullptr || of(*most).charge.bytes() < much) return std::nullopt;
  const auto news = evict(*most, now_ms);
  return news.empty() ? std::nullopt : std::optional(crdt::encode_awareness(news));
}

void Presence::forget(ClientId client) {
  const auto known = awareness_.clients().find(client);
  if (known != awareness_.clients().end()) remember_clock(known->second.clock);
  forget_lists();
  disown(client);
  come_back(client);
  awareness_.forget(client);
}

void Presence::remember_clock(Clock clock) {
  if (clock >= kMaxFreeClock) forgotten_clock_ = std::max(forgotten_clock_, clock);
}

// ---- owners

void Presence::own(const Subscriber& sender, const AwarenessEntry& entry) {
  const auto before = owners_.find(entry.client);
  const bool remains = before != owners_.end() && before->second.connection == &sender;
  const Owner owner{.connection = &sender,
                    .clock = entry.clock,
                    .bytes = static_cast<std::uint32_t>(entry.state.size())};
  std::map<ClientId, Heir>::node_type heir;
  if (remains && heirs_.exists()) heir = heirs_.make().extract(entry.client);
  disown(entry.client);
  if (heir) heirs_.make().insert(std::move(heir));
  come_back(entry.client);
  Connection& connection = of(sender);
  connection.owned.add(entry.client);
  connection.bytes += owner.bytes;
  charge(connection);
  bytes_ += owner.bytes;
  owners_.emplace(entry.client, owner);
}

void Presence::disown(ClientId client) {
  const auto owner = owners_.find(client);
  if (owner == owners_.end()) return;
  bytes_ -= owner->second.bytes;
  if (Connection& connection = of(*owner->second.connection); connection.joined != 0) {
    connection.owned.remove(client);
    connection.bytes -= owner->second.bytes;
    charge(connection);
  }
  if (heirs_.exists()) heirs_.make().erase(client);
  owners_.erase(owner);
}

// The client has gone. It still counts as its connection's.
void Presence::depart(ClientId client) {
  const auto owner = owners_.find(client);
  const Subscriber* connection = owner == owners_.end() ? nullptr : owner->second.connection;
  if (connection != nullptr && of(*connection).joined == 0) connection = nullptr;
  disown(client);
  come_back(client);
  const Gone gone{.turn = ++turn_, .connection = connection};
  gone_.make().emplace(client, gone);
  if (gone.connection == nullptr) {
    orphans_.make().emplace(gone.turn, client);
    return charge_orphans();
  }
  add_client(of(*connection).more().gone, client);
  charge(of(*connection));
}

// The client does not count as gone any more.
void Presence::come_back(ClientId client) {
  const auto gone = gone_->find(client);
  if (gone == gone_->end()) return;
  if (gone->second.connection == nullptr) {
    orphans_.make().erase(gone->second.turn);
    charge_orphans();
  } else {
    Connection& connection = of(*gone->second.connection);
    remove_client(connection.more().gone, client);
    charge(connection);
  }
  gone_.make().erase(gone);
}

std::optional<Bytes> Presence::leave(const Subscriber& connection, std::uint64_t now_ms) {
  Connection& leaving = of(connection);
  Connection::Further further;
  if (leaving.further) further = std::move(*std::exchange(leaving.further, nullptr));
  steps_ += leaving.owned.size() + further.gone.size() + further.untold.size();
  for (const ClientId client : further.gone) {
    Gone& gone = gone_.make().at(client);
    gone.connection = nullptr;
    orphans_.make().emplace(gone.turn, client);
  }
  if (further.heir_of) {
    const auto heir = heirs_->find(*further.heir_of);
    if (heir != heirs_->end() && heir->second.connection == &connection) heirs_.make().erase(heir);
  }
  std::vector<ClientId> clients;
  const auto owned = leaving.owned.all();
  for (const ClientId client : Clients(owned.begin(), owned.end())) {
    const auto heir = heirs_->find(client);
    if (heir == heirs_->end()) {
      clients.push_back(client);
      continue;
    }
    const Heir next = heir->second;
    const std::string state(awareness_.state(client));
    own(*next.connection, {.client = client, .clock = next.clock, .state = state});
  }
  if (is_mutated(Mutation::forget_untold)) further.untold.clear();
  memory_bytes_ -= leaving.charge.bytes();
  leaving = Connection();
  charge_orphans();
  if (is_mutated(Mutation::ghost_after_leave)) {
    for (const ClientId client : clients) disown(client);
    return std::nullopt;
  }
  if (!clients.empty()) forget_lists();
  auto change = awareness_.remove(clients, now_ms);
  for (const ClientId client : change.removed) depart(client);
  // What was put off is told now, or never.
  std::vector<ClientId> all = change.all();
  for (const ClientId client : further.untold)
    if (awareness_.clients().contains(client) && std::ranges::find(all, client) == all.end())
      all.push_back(client);
  if (all.empty()) return std::nullopt;
  return awareness_.encode(all);
}

std::vector<Presence::Told> Presence::expire(std::uint64_t now_ms) {
  forget_lists();
  charge_orphans();
  std::vector<Told> all;
  hand_over(now_ms, all);
  std::vector<std::pair<ClientId, crdt::Awareness::Client>> forgotten;
  const auto change = awareness_.expire(now_ms, crdt::kAwarenessTimeoutMs, &forgotten);
  steps_ += change.removed.size() + forgotten.size();
  if (auto update = told(change)) all.push_back({std::move(*update)});
  for (const auto& [client, last] : forgotten) {
    remember_clock(last.clock);
    come_back(client);
  }
  return all;
}

// Those whose owner is silent, and whose heir is there. Others would think that they have gone, so
// they are told of the client again.
void Presence::hand_over(std::uint64_t now_ms, std::vector<Told>& all) {
  for (const auto& [id, heir] : std::map(*heirs_)) {
    ++steps_;
    const crdt::Awareness::Client& client = awareness_.clients().at(id);
    const auto clock = next_clock(client.clock);
    if (now_ms - client.heard_ms < kSilentMs || !clock) continue;
    const std::string state = client.state;
    const AwarenessEntry news{.client = id, .clock = *clock, .state = state};
    apply(news, now_ms);
    own(*heir.connection, {.client = id, .clock = heir.clock, .state = state});
    all.push_back({crdt::encode_awareness({&news, 1}), heir.connection});
  }
}

// ---- telling

std::string Presence::name_of(const Subscriber& connection) const {
  const auto owned = of(connection).owned.all();
  return owned.empty() ? std::string() : claimed_name(awareness_.state(owned.front()));
}

void Presence::leave_untold(const Subscriber& sender, const News& news) {
  const auto entries = crdt::split_awareness(news.others, kAnySize);
  if (!entries) return;  // never: this class has encoded it
  Clients& untold = of(sender).more().untold;
  for (const AwarenessEntry& entry : *entries) add_client(untold, entry.client);
}

Presence::News Presence::take_untold(const Subscriber& sender) {
  if (of(sender).further == nullptr) return {};
  std::vector<AwarenessEntry> others;
  std::vector<AwarenessEntry> mine;
  for (const ClientId id : std::exchange(of(sender).further->untold, {})) {
    const auto known = awareness_.clients().find(id);
    if (known == awareness_.clients().end()) continue;
    const crdt::Awareness::Client& client = known->second;
    others.push_back({id, client.clock, client.state, client.state.empty()});
    const auto owner = owners_.find(id);
    if (owner == owners_.end() || owner->second.connection != &sender) continue;
    mine.push_back(others.back());
    mine.back().clock = tell_clock(sender, id, client.clock);
  }
  News news;
  if (!others.empty()) news.others = crdt::encode_awareness(others);
  if (!mine.empty()) news.sender = crdt::encode_awareness(mine);
  return news;
}

std::shared_ptr<const Diff> Presence::everybody(const Subscriber& to) {
  return list_for(to, false);
}

std::shared_ptr<const Diff> Presence::everybody_and_gone(const Subscriber& to) {
  return list_for(to, true);
}

std::shared_ptr<const Diff> Presence::list_for(const Subscriber& to, bool with_gone) {
  if (!may_share(to)) return states_for(to, with_gone);
  std::shared_ptr<const Diff>& list = shared_[with_gone ? 1 : 0];
  if (!list) {
    list = states_for(to, with_gone);
    charge_orphans();
  }
  return list;
}

// True if this connection is told of its own clients, and of the one whose heir it is, with the clocks that
// everybody is told.
bool Presence::may_share(const Subscriber& to) {
  const auto as_others = [&](ClientId client) {
    ++steps_;
    const auto known = awareness_.clients().find(client);
    return known == awareness_.clients().end() ||
           tell_clock(to, client, known->second.clock) == known->second.clock;
  };
  const Connection& its = of(to);
  const auto heir_of = its.further ? its.further->heir_of : std::nullopt;
  return std::ranges::all_of(its.owned.all(), as_others) && (!heir_of || as_others(*heir_of));
}

std::shared_ptr<const Diff> Presence::states_for(const Subscriber& to, bool with_gone) {
  ++lists_;
  std::vector<AwarenessEntry> entries;
  for (const auto& [id, client] : awareness_.clients()) {
    const bool gone = client.state.empty();
    if (gone && !with_gone) continue;
    entries.push_back({id, tell_clock(to, id, client.clock), client.state, gone});
  }
  if (entries.empty()) return nullptr;
  return std::make_shared<const Diff>(Diff{crdt::encode_awareness(entries)});
}

// The clock under which a connection is told of a client: its own client has at most the next one.
Presence::Clock Presence::tell_clock(const Subscriber& to, ClientId client, Clock clock) {
  const auto found = owners_.find(client);
  if (found == owners_.end()) return clock;
  if (const auto heir = heirs_->find(client);
      heir != heirs_->end() && heir->second.connection == &to)
    return std::min(clock, heir->second.clock + 1);
  Owner& owner = found->second;
  if (owner.connection != &to) return clock;
  const Clock next = std::min(clock, owner.clock + 1);
  owner.told = std::max(owner.told, next);
  return next;
}

std::optional<Bytes> Presence::told(const crdt::AwarenessChange& change) {
  for (const ClientId client : change.removed) depart(client);
  if (change.empty()) return std::nullopt;
  return awareness_.encode(change.all());
}

}  // namespace syncline::workspace
