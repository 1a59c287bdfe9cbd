#include "sim/siege.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/invariants.h"
#include "store/waiting.h"
#include "workspace/waiting_changes.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kMeasureUs = 100'000;  // as backend/process/memory_watch.h does
constexpr std::uint64_t kEasyPercent = 30;
// What a connection may send before it is slowed down although its network has used up its rate: a
// 50th of its burst (session/meter.cpp), and what one turn reads.
constexpr std::uint64_t kLittlePart = 50;
constexpr std::uint64_t kReadAtOnce = 16;
// A sync, a turn of the loop and a way through the network take far less in the plans of sieges, even
// together and at their slowest.
constexpr std::uint64_t kQuietBoundUs = 10 * kSecond;

}  // namespace

Siege::Siege(World& world, Network& network, Server& server, Freeze& freeze, const Plan& plan)
    : world_(world),
      network_(network),
      server_(server),
      freeze_(freeze),
      plan_(plan),
      percent_(kEasyPercent) {}

Siege::~Siege() = default;

void Siege::start() {
  if (!plan_.siege.on) return;
  world_.hit(Probe::siege);
  for (const HostileSettings& settings : plan_.hostiles) {
    hostiles_.push_back(std::make_unique<Hostile>(world_, network_, server_, settings,
                                                  [this] { return full_since(); }));
    hostiles_.back()->start();
  }
  for (const SiegeSettings::Spell& spell : plan_.siege.memory)
    world_.timeline.at(spell.at_us, [this, spell] {
      if (healed_) return;
      percent_ = spell.percent;
      world_.timeline.after(spell.duration_us, [this] { percent_ = kEasyPercent; });
    });
  for (const SiegeSettings::Spell& spell : plan_.siege.stalls)
    world_.timeline.at(spell.at_us, [this, spell] {
      if (!healed_) server_.stall_workers(spell.duration_us);
    });
  for (const SiegeSettings::Spell& spell : plan_.siege.freezes)
    world_.timeline.at(spell.at_us, [this, spell] {
      if (!healed_) freeze_.begin_soon(spell.duration_us);
    });
  measure();
}

void Siege::heal() {
  healed_ = true;
  percent_ = kEasyPercent;
  freeze_.begin_soon(0);
  freeze_.thaw();
  for (const auto& hostile : hostiles_) hostile->stop();
}

// ---- memory

bool Siege::same_process() const {
  const Server::Process* process = server_.process();
  return process != nullptr && process_.lock() == process->alive;
}

std::optional<std::uint64_t> Siege::full_since() const {
  return same_process() ? full_since_us_ : std::nullopt;
}

// Every tenth of a second, as in production.
void Siege::measure() {
  world_.timeline.after(kMeasureUs, [this] { measure(); });
  const Server::Process* process = server_.process();
  if (process == nullptr) return;
  if (!same_process()) {
    process_ = process->alive;
    process_since_us_ = world_.now_us();
    full_since_us_ = short_since_us_ = std::nullopt;
    networks_.clear();
    principals_.clear();
    queued_then_.clear();
  }
  MemoryBudget& memory = *process->memory;
  std::uint64_t queued = 0;
  for (const auto& wire : network_.wires()) queued += wire->queued_bytes(Side::kServer);
  memory.share(0).set(MemoryUse::kQueues, queued);
  memory.set_resident(memory.limit() / 100 * percent_ + process->shard().cache.bytes() + queued);
  const auto note = [&](std::optional<std::uint64_t>& since, bool now, Probe probe) {
    if (!now) since.reset();
    if (!now || since) return;
    since = world_.now_us();
    world_.hit(probe);
  };
  note(short_since_us_, memory.tight(), Probe::memory_short);
  note(full_since_us_, memory.full(), Probe::memory_full);
}

// ---- what is checked every second

void Siege::look(const Clients& clients) {
  if (server_.process() != nullptr) server_.process()->jobs.look();
  if (!plan_.siege.on || world_.violation || !same_process()) return;
  check_cache();
  check_queues();
  check_rates();
  check_waiting();
  check_presence();
  if (!healed_) check_quiet(clients);
}

void Siege::check_cache() {
  const state::ObjectCache& cache = server_.process()->shard().cache;
  if (cache.residents() == 0 && cache.bytes() > 0)
    world_.violated(kBounded,
                    fmt::format("no object is in memory, and {} bytes are counted", cache.bytes()));
}

// A queue may be above the shorter limit from before, and acks and what was asked for are added.
void Siege::check_queues() {
  const bool was_short = short_since_us_ && world_.now_us() - *short_since_us_ > kSecond;
  std::map<std::pair<std::size_t, std::uint64_t>, std::size_t> queued_now;
  for (const auto& wire : network_.wires()) {
    const auto key = std::pair(wire->hello().number, wire->hello().connection);
    const std::size_t queued = wire->queued_bytes(Side::kServer);
    queued_now[key] = queued;
    const auto then = queued_then_.find(key);
    const std::size_t bound =
        plan_.server.limits.short_queue_bytes + 2 * wire->largest_message(Side::kServer) + 8'000;
    if (was_short && queued > bound && then != queued_then_.end() && queued > then->second + bound)
      world_.violated(kBounded,
                      fmt::format("{} bytes are queued for {}, more than {}, and memory is short",
                                  queued, wire->hello().client, bound));
  }
  queued_then_ = std::move(queued_now);
}

void Siege::check_rates() {
  for (const auto& wire : network_.wires()) {
    const Hello& hello = wire->hello();
    if (hello.address.empty() || wire->loop(Side::kServer) != &server_.process()->loop) continue;
    for (Sent* sent : {&networks_[hello.address], &principals_[hello.token]}) {
      const auto [place, is_new] =
          sent->taken.try_emplace((std::uint64_t{hello.number} << 32) | hello.connection, 0);
      if (is_new) ++sent->connections;
      sent->messages +=
          wire->taken(Side::kServer) - std::exchange(place->second, wire->taken(Side::kServer));
    }
  }
  const limits::Rates& rates = plan_.server.rates;
  check_rate(networks_, rates.of_network(limits::Work::kMessages));
  check_rate(principals_, rates.of_principal(limits::Work::kMessages));
}

// A network or a principal may use up its burst, and what its rate brings. Each of its connections may then
// send a little until it is slowed down, too.
void Siege::check_rate(const std::map<std::string, Sent>& all, const limits::Rate& rate) const {
  const std::uint64_t little =
      plan_.server.rates.of_connection(limits::Work::kMessages).burst / kLittlePart;
  // Clocks have an error of up to 1 %.
  const std::uint64_t seconds = (world_.now_us() - process_since_us_) / kSecond + 2;
  for (const auto& [whose, sent] : all) {
    const std::uint64_t bound = rate.burst + rate.per_second * seconds * 102 / 100 +
                                sent.connections * (little + kReadAtOnce);
    if (sent.messages > bound)
      world_.violated(kBounded, fmt::format("{} messages of {} were taken in {} s, more than {}",
                                            sent.messages, whose, seconds, bound));
  }
}

void Siege::check_waiting() {
  constexpr std::size_t kAll = 100'000;
  constexpr log::WaitingBudget kBudget;
  const DiskTables& tables = server_.process()->store->tables();
  for (const HostileSettings& hostile : plan_.hostiles) {
    if (hostile.kind != HostileSettings::kWaiting) continue;
    std::map<std::string, std::size_t> changes;
    std::size_t all = 0;
    for (std::uint64_t after = 0;;) {
      const auto page = store::read_waiting(tables, hostile.workspace, hostile.object, after, kAll);
      if (!page) return;  // another oracle reports this
      for (const log::WaitingChange& change : page->changes) ++changes[change.actor];
      all += page->changes.size();
      after = page->next;
      if (after == 0) break;
    }
    if (all > kBudget.object_changes)
      return world_.violated(kBounded, fmt::format("{} changes wait in one object", all));
    for (const auto& [actor, count] : changes)
      if (count > workspace::WaitingChanges::kAuthorChanges)
        return world_.violated(
            kBounded, fmt::format("{} changes of {} wait in one object, more "
                                  "than {}",
                                  count, actor, workspace::WaitingChanges::kAuthorChanges));
  }
}

// A client whose queue was full is told later who has gone. So are all clients if the one for whom others had to make
// room announces more than its rate.
void Siege::check_presence() {
  if (plan_.server.rates.of_connection(limits::Work::kPresence).burst <= 1) return;
  const std::size_t most = plan_.server.presence.object_clients;
  for (const auto& hostile : hostiles_) {
    const std::size_t told = hostile->told_present();
    if (told <= most) continue;
    for (const auto& wire : network_.wires())
      if (wire->hello().number == hostile->settings().number &&
          wire->hello().connection == hostile->connections() && !wire->was_congested(Side::kServer))
        world_.violated(kBounded,
                        fmt::format("{} was told of {} who are present on one object, more than {}",
                                    wire->hello().client, told, most));
  }
}

void Siege::check_quiet(const Clients& clients) {
  if (!plan_.siege.quiet || *plan_.siege.quiet >= clients.size()) return;
  const Client& client = *clients[*plan_.siege.quiet];
  const Replica& replica = client.replicas().front();
  std::shared_ptr<Wire> wire;
  for (const auto& each : network_.wires())
    if (each->hello().number == client.settings().number &&
        each->hello().connection == client.connections())
      wire = each;
  if (!wire || !client.synced() || replica.unacked.empty()) {
    watched_ = {};
    return;
  }
  if (watched_.connection != client.connections() || watched_.acks != replica.acks) {
    world_.hit(Probe::quiet_edit_timed);
    watched_ = {client.connections(), wire->sent(Side::kClient), replica.acks, {}};
    return;
  }
  if (!watched_.read_us && wire->taken(Side::kServer) >= watched_.sent)
    watched_.read_us = world_.now_us();
  if (watched_.read_us && world_.now_us() - *watched_.read_us > kQuietBoundUs)
    world_.violated(kLiveness,
                    fmt::format("{} edits an object of its own, nothing fails, and an edit that "
                                "the server has read was not confirmed within {} s",
                                client.name(), kQuietBoundUs / kSecond));
}

// ---- the end

std::string Siege::what_remains() {
  Server::Process* process = server_.process();
  if (process == nullptr || !same_process()) return "the server is not up";
  node::Shard& shard = process->shard();
  if (const auto wires = network_.wires().size(); wires > 0)
    return fmt::format("{} connections", wires);
  if (shard.host.busy()) return "changes on their way to the disk";
  while (shard.cache.shrink(0)) continue;
  if (shard.cache.residents() > 0)
    return fmt::format("{} objects in memory", shard.cache.residents());
  if (shard.cache.bytes() > 0)
    return fmt::format("{} bytes counted as objects", shard.cache.bytes());
  if (process->jobs.jobs() > 0) return fmt::format("{} jobs", process->jobs.jobs());
  constexpr std::pair<MemoryUse, std::string_view> kCounted[] = {
      {MemoryUse::kQueues, "queues"},     {MemoryUse::kObjects, "objects of the loop"},
      {MemoryUse::kPresence, "presence"}, {MemoryUse::kWaiting, "changes that wait"},
      {MemoryUse::kAnswers, "answers"},   {MemoryUse::kChanges, "changes under way"}};
  for (const auto& [use, name] : kCounted) {
    const std::uint64_t kept = use == MemoryUse::kObjects ? process->workers.kept_bytes() : 0;
    if (const std::uint64_t used = process->memory->used(use); used != kept)
      return fmt::format("{} bytes counted as {}", used - kept, name);
  }
  return {};
}

}  // namespace syncline::sim
