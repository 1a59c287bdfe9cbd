#include "sim/presence_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/invariants.h"

namespace syncline::sim {
namespace {

// Presence expires 30 s after its last renewal, by clocks with an error of up to 1 %.
constexpr std::uint64_t kSurelyPresentUs = 27 * kSecond;
constexpr std::uint64_t kSurelyExpiredUs = 36 * kSecond;
// The server remembers for 30 s who has left.
constexpr std::uint64_t kRememberedUs = 25 * kSecond;
// A client renews its presence after 15 s, and checks every 3 s.
constexpr std::uint64_t kRenewedUs = 22 * kSecond;

// With a token a second, an announcement waits for a second, and for a busy loop.
constexpr std::uint64_t kPutOffUs = 4 * kSecond;

}  // namespace

PresenceOracle::PresenceOracle(World& world, Network& network, const limits::Rates& rates,
                               HoldsBack holds_back)
    : world_(world),
      network_(network),
      put_off_us_(rates.of_connection(limits::Work::kPresence).burst > 1 ? 0 : kPutOffUs),
      holds_back_(std::move(holds_back)) {}

void PresenceOracle::look(std::vector<std::unique_ptr<Client>>& clients) {
  if (world_.violation) return;
  const std::uint64_t now = world_.now_us();
  const Loop* server = network_.server();
  if (server == nullptr || server != std::exchange(server_, server) || server->paused())
    server_since_us_ = now;
  for (auto& [connection, heard] : heard_)
    if (const auto wire = heard.wire.lock(); wire && wire->taken(Side::kServer) != heard.taken) {
      heard.taken = wire->taken(Side::kServer);
      heard.since_us = now;
    }
  for (const auto& client : clients) {
    follow(*client);
    note_ids(*client);
  }
  for (auto& [id, known] : ids_) note_gone(known);
  confirm();
  for (const auto& client : clients) {
    const Line& line = lines_[client.get()];
    if (!line.wire) continue;
    for (std::size_t i = 0; i < line.standings.size(); ++i) {
      const std::uint64_t told = line.standings[i].told_until_us;
      check_told_gone(clients, *client, client->replicas()[i], line.standings[i].told_before_us);
      if (told == 0) continue;
      check_present(clients, *client, client->replicas()[i], told);
      if (line.advanced) check_gone(*client, client->replicas()[i], told);
    }
  }
}

// ---- following connections

void PresenceOracle::follow(const Client& client) {
  Line& line = lines_[&client];
  if (!client.connected() || line.connection != client.connections()) line = Line();
  if (!client.connected()) return;
  if (line.connection == 0) {
    line.connection = client.connections();
    line.standings.resize(client.replicas().size());
    for (const auto& wire : network_.wires())
      if (wire->hello().number == client.settings().number &&
          wire->hello().connection == line.connection)
        line.wire = wire;
  }
  if (line.wire && (!line.wire->open(Side::kServer) || !line.wire->open(Side::kClient)))
    line.wire = nullptr;
  if (line.wire) mark(line, client);
}

void PresenceOracle::mark(Line& line, const Client& client) {
  const std::uint64_t now = world_.now_us();
  const Wire& wire = *line.wire;
  line.advanced = false;
  for (Standing& standing : line.standings) standing.told_before_us = standing.told_until_us;
  for (; !line.down.empty() && line.down.front().sent <= wire.taken(Side::kClient);
       line.down.pop_front())
    for (std::size_t i = 0; i < line.standings.size(); ++i)
      if (line.down.front().announced_us[i] > 0) {
        line.standings[i].told_until_us = line.down.front().at_us;
        line.advanced = true;
      }
  for (; !line.up.empty() && line.up.front().sent <= wire.taken(Side::kServer); line.up.pop_front())
    for (std::size_t i = 0; i < line.standings.size(); ++i)
      line.standings[i].heard_us = line.up.front().announced_us[i];
  Mark at{.at_us = now};
  for (const Replica& replica : client.replicas())
    at.announced_us.push_back(replica.synced ? replica.announced_us : 0);
  if (wire.queued_bytes(Side::kServer) == 0 && !holds_back_(wire.hello().workspace)) {
    at.sent = wire.sent(Side::kServer);
    line.down.push_back(at);
    if (std::exchange(line.congested_us, 0) > 0) world_.hit(Probe::presence_caught_up);
  } else if (wire.queued_bytes(Side::kServer) > network_.speed().dropping_limit()) {
    line.congested_us = now;
  }
  at.sent = wire.sent(Side::kClient);
  line.up.push_back(std::move(at));
  for (Standing& standing : line.standings) {
    const bool present = standing.heard_us > 0 && now - standing.heard_us < kSurelyPresentUs;
    if (!present) standing.present_since_us = 0;
    // The server tells nobody later while it stands still, so that time does not count.
    const bool not_yet = standing.present_since_us == 0 ||
                         (server_since_us_ == now && standing.present_since_us > now);
    if (present && not_yet) standing.present_since_us = now + put_off_us_;
  }
}

void PresenceOracle::note_ids(const Client& client) {
  const std::size_t number = client.settings().number;
  for (const Replica& replica : client.replicas())
    for (const auto& [id, connection] : replica.announced_on) {
      Id& known = ids_[id];
      if (known.connection != connection) known.gone_since_us = 0;
      known.object = replica.name;
      known.client = number;
      known.connection = connection;
    }
  const Line& line = lines_[&client];
  if (line.wire && client.synced())
    heard_.try_emplace({number, line.connection},
                       Heard{line.wire, line.wire->taken(Side::kServer), world_.now_us()});
}

void PresenceOracle::note_gone(Id& known) {
  known.expired = network_.attached(known.client, 1, known.connection);
  if (known.expired && !is_silent(known.client, known.connection)) {
    known.gone_since_us = 0;
  } else if (known.gone_since_us == 0) {
    known.gone_since_us = world_.now_us();
  }
}

// True if nothing has arrived for a long time on any connection that the server still has.
bool PresenceOracle::is_silent(std::size_t client, std::uint64_t up_to) const {
  for (std::uint64_t connection = 1; connection <= up_to; ++connection) {
    if (!network_.attached(client, connection, connection)) continue;
    const auto heard = heard_.find({client, connection});
    if (heard == heard_.end()) return false;
    const std::uint64_t since = std::max(heard->second.since_us, server_since_us_);
    if (world_.now_us() - since < kSurelyExpiredUs) return false;
  }
  return true;
}

// ---- checks

void PresenceOracle::check_present(const std::vector<std::unique_ptr<Client>>& clients,
                                   const Client& watcher, const Replica& seen,
                                   std::uint64_t told_until_us) {
  const std::uint64_t now = world_.now_us();
  for (const auto& subject : clients) {
    if (subject.get() == &watcher) continue;
    const Line& line = lines_[subject.get()];
    for (std::size_t i = 0; line.wire && i < line.standings.size(); ++i) {
      const Replica& replica = subject->replicas()[i];
      const std::uint64_t since = line.standings[i].present_since_us;
      if (replica.name != seen.name || since == 0 || told_until_us < since) continue;
      const auto known = seen.told.clients().find(replica.presence_id);
      if (known != seen.told.clients().end() && !known->second.state.empty()) {
        world_.hit(Probe::presence_shown);
        continue;
      }
      // A client that returns after the server has forgotten it may be taken for its old self until
      // it renews itself.
      const bool was_gone = known != seen.told.clients().end();
      if (was_gone && since - known->second.heard_ms * 1000 > kRememberedUs &&
          now - since < kRenewedUs)
        continue;
      suspicions_.push_back({&watcher, subject.get(), i, line.connection, now});
    }
  }
}

// What was told since the last check was sent after everything that had been told by then. So a
// client that was present all the time must not be reported as gone, not even briefly.
void PresenceOracle::check_told_gone(const std::vector<std::unique_ptr<Client>>& clients,
                                     const Client& watcher, Replica& seen,
                                     std::uint64_t told_before_us) {
  const std::set<crdt::ClientId> gone = std::exchange(seen.told_gone, {});
  if (gone.empty() || told_before_us == 0) return;
  for (const auto& subject : clients) {
    const Line& line = lines_[subject.get()];
    for (std::size_t i = 0; line.wire && i < line.standings.size(); ++i) {
      const std::uint64_t since = line.standings[i].present_since_us;
      if (subject.get() != &watcher && since > 0 && since <= told_before_us &&
          gone.contains(subject->replicas()[i].presence_id))
        suspicions_.push_back({&watcher, subject.get(), i, line.connection, world_.now_us()});
    }
  }
}

void PresenceOracle::confirm() {
  std::erase_if(suspicions_, [this](const Suspicion& suspicion) {
    const Line& line = lines_[suspicion.subject];
    if (!line.wire || line.connection != suspicion.connection ||
        line.standings[suspicion.replica].present_since_us == 0)
      return true;
    if (line.standings[suspicion.replica].told_until_us < suspicion.at_us) return false;
    world_.violated(
        kPresence,
        fmt::format("{} was not shown, or not for a moment, at {:.1f} s that {} is present on {}",
                    suspicion.watcher->name(), static_cast<double>(suspicion.at_us) / 1e6,
                    suspicion.subject->name(),
                    shown(suspicion.subject->replicas()[suspicion.replica].name)));
    return true;
  });
}

void PresenceOracle::check_gone(const Client& watcher, const Replica& seen,
                                std::uint64_t told_until_us) {
  for (const auto& [id, known] : ids_) {
    if (known.object != seen.name || id == seen.presence_id || known.gone_since_us == 0) continue;
    if (told_until_us < known.gone_since_us || told_until_us > known.gone_since_us + kRememberedUs)
      continue;
    world_.hit(known.expired ? Probe::presence_expired : Probe::presence_left);
    if (seen.told.state(id).empty()) continue;
    return world_.violated(
        kPresence,
        fmt::format("{} is shown client {} on {}, who is gone since {:.1f} s", watcher.name(), id,
                    shown(seen.name), static_cast<double>(known.gone_since_us) / 1e6));
  }
}

}  // namespace syncline::sim
