#include "sim/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/invariants.h"
#include "sim/lodgers.h"
#include "sim/rights.h"
#include "sim/siege_plan.h"

namespace syncline::sim {
namespace {

struct FaultInfo {
  FaultKind kind;
  Family family;
  std::string_view name;
  Probe probe;
};

// In the order of FaultKind.
constexpr FaultInfo kFaults[] = {
    {FaultKind::kLatencySpike, Family::kNetwork, "latency spike", Probe::latency_spike},
    {FaultKind::kClog, Family::kNetwork, "clog", Probe::clog},
    {FaultKind::kPartition, Family::kNetwork, "partition", Probe::partition},
    {FaultKind::kPartitionIn, Family::kNetwork, "partition towards the server",
     Probe::partition_in},
    {FaultKind::kPartitionOut, Family::kNetwork, "partition towards the client",
     Probe::partition_out},
    {FaultKind::kIsolateServer, Family::kNetwork, "isolate the server", Probe::isolate_server},
    {FaultKind::kSwizzle, Family::kNetwork, "swizzle", Probe::swizzle},
    {FaultKind::kSlowLink, Family::kNetwork, "slow link", Probe::slow_link},
    {FaultKind::kReset, Family::kNetwork, "reset", Probe::reset},
    {FaultKind::kCorrupt, Family::kNetwork, "corrupt", Probe::corrupt},
    {FaultKind::kHalfOpen, Family::kNetwork, "half-open", Probe::half_open},
    {FaultKind::kReconnectStorm, Family::kNetwork, "reconnect storm", Probe::reconnect_storm},
    {FaultKind::kPowerLoss, Family::kProcess, "power loss", Probe::power_loss},
    {FaultKind::kKill, Family::kProcess, "kill", Probe::kill},
    {FaultKind::kCrashAtIo, Family::kProcess, "crash at an I/O operation", Probe::crash_at_io},
    {FaultKind::kCrashInRecovery, Family::kProcess, "crash in recovery", Probe::crash_in_recovery},
    {FaultKind::kPause, Family::kProcess, "pause", Probe::pause},
    {FaultKind::kSlowCpu, Family::kProcess, "slow processor", Probe::slow_cpu},
    {FaultKind::kDrain, Family::kProcess, "drain", Probe::drain},
    {FaultKind::kDiskFull, Family::kStorage, "disk full", Probe::disk_full},
    {FaultKind::kWriteError, Family::kStorage, "write error", Probe::write_error},
    {FaultKind::kSyncError, Family::kStorage, "sync error", Probe::sync_error},
    {FaultKind::kSlowDisk, Family::kStorage, "slow disk", Probe::slow_disk},
    {FaultKind::kBitRotEvent, Family::kStorage, "bit rot in an event", Probe::bit_rot_event},
    {FaultKind::kBitRotSnapshot, Family::kStorage, "bit rot in a snapshot",
     Probe::bit_rot_snapshot},
    {FaultKind::kBitRotAtRest, Family::kStorage, "bit rot at rest", Probe::bit_rot_at_rest},
    {FaultKind::kMisdirectedWrite, Family::kStorage, "misdirected write", Probe::misdirected_write},
    {FaultKind::kMisdirectedRead, Family::kStorage, "misdirected read", Probe::misdirected_read},
    {FaultKind::kOlderDisk, Family::kStorage, "older copy of the disk", Probe::older_disk},
    {FaultKind::kClockJump, Family::kClock, "clock jump", Probe::clock_jump},
    {FaultKind::kClockStrobe, Family::kClock, "clock strobe", Probe::clock_strobe},
    {FaultKind::kClientOffline, Family::kClients, "client offline", Probe::client_offline},
    {FaultKind::kClientStale, Family::kClients, "client away for long", Probe::client_stale},
    {FaultKind::kClientRestart, Family::kClients, "client restart", Probe::client_restart},
    {FaultKind::kClientDoubled, Family::kClients, "client doubled", Probe::client_doubled},
    {FaultKind::kClientPause, Family::kClients, "client pause", Probe::client_pause},
    {FaultKind::kSlowReader, Family::kClients, "slow reader", Probe::slow_reader},
    {FaultKind::kRevoke, Family::kPolicy, "rights revoked", Probe::revoke},
    {FaultKind::kDowngrade, Family::kPolicy, "write right withdrawn", Probe::downgrade},
    {FaultKind::kImport, Family::kPolicy, "workspace shut for an import", Probe::import},
};
static_assert(std::size(kFaults) == static_cast<std::size_t>(FaultKind::kCount));

const FaultInfo& info(FaultKind kind) {
  return kFaults[static_cast<std::size_t>(kind)];
}

ClockSkew draw_skew(Dice& dice) {
  ClockSkew skew;
  skew.origin_ms = dice.scale(1, 1'000'000'000);
  if (dice.chance(0.5)) {
    skew.offset_ms = static_cast<std::int64_t>(dice.between(0, 576'000)) - 288'000;
    skew.drift_ppm = static_cast<std::int64_t>(dice.between(0, 20'000)) - 10'000;
  }
  return skew;
}

void draw_speeds(Plan& plan, Dice dice) {
  plan.network.latency_us = dice.scale(100, 100'000);
  plan.network.jitter_us = dice.scale(10, 2 * plan.network.latency_us);
  plan.network.slow_tail = dice.chance(0.5) ? 0.02 : 0;
  plan.network.bytes_per_ms = dice.scale(125, 100'000);
  plan.network.window_bytes = dice.scale(1'000, 64'000);
  plan.network.ping_ms = dice.scale(5'000, 30'000);
  plan.disk.write_us = dice.scale(10, 1'000);
  plan.disk.sync_us = dice.scale(100, 20'000);
  plan.disk.slow_sync = dice.chance(0.3) ? 0.02 : 0;
}

// Limits are small in about half of the runs, so that the code behind them is reached.
void draw_server(ServerSettings& server, Dice dice) {
  session::Limits& limits = server.limits;
  if (dice.chance(0.6)) limits.queue_bytes = dice.scale(500, 64'000);
  if (dice.chance(0.6)) limits.inflight_updates = dice.scale(1, 64);
  if (dice.chance(0.4)) limits.inflight_bytes = dice.scale(500, 64'000);
  if (dice.chance(0.5)) limits.auth_ms = dice.scale(8'000, 20'000);
  if (dice.chance(0.7)) server.cache.budget_bytes = dice.scale(1'000, 4'000'000);
  if (dice.chance(0.7)) server.cache.snapshot_min_bytes = dice.scale(200, 64'000);
  server.cache.evict_snapshot_events = static_cast<std::uint32_t>(dice.scale(1, 64));
  if (dice.chance(0.3)) server.store.queue_bytes = dice.scale(2'000, 100'000);
  // Documents are small here, so the limit above which snapshots are files is, too.
  Dice apart = dice.fork("snapshots");
  if (apart.chance(0.4))
    server.store.snapshots = {.inline_bytes = apart.scale(1, 2'000),
                              .queue_bytes = apart.scale(1'000, 200'000)};
  server.store.wake_us = dice.scale(10, 2'000);
  server.store.read_us = dice.scale(10, 20'000);
  server.recovery_us = dice.scale(10'000, 2 * kSecond);
  server.restart_us = dice.scale(100'000, 5 * kSecond);
  server.turn_us = dice.scale(5, 500);
  server.skew = draw_skew(dice);
  server.lanes = dice.fork("lanes").chance(0.4);
  // Most documents of a run are small, so what is long is drawn as well.
  Dice jobs = dice.fork("jobs");
  if (jobs.chance(0.6)) {
    server.loop_share.bytes = jobs.scale(1, 4'000);
    server.loop_share.memory = jobs.scale(1, 20'000);
    server.worker_turn_us = jobs.scale(50, 200'000);
    // If everything is long and takes that long, a vandal's flood keeps the worker busy for hours.
    if (server.loop_share.bytes < 100)
      server.worker_turn_us = std::min<std::uint64_t>(server.worker_turn_us, 10'000);
  }
  Dice pool = dice.fork("workers");
  if (pool.chance(0.6)) server.workers = pool.between(2, 4);
  if (pool.chance(0.4)) {
    server.loop_share.steps = pool.scale(8, 4'096);
    if (server.loop_share.steps < 100)
      server.worker_turn_us = std::min<std::uint64_t>(server.worker_turn_us, 10'000);
  }
  Dice presence = dice.fork("presence rate");
  if (presence.chance(0.25))
    server.rates.of[static_cast<std::size_t>(limits::Work::kPresence)] = {1, 1};
  Dice upkeep = dice.fork("checkpoints");
  server.checkpoints.interval_ms = upkeep.scale(500, 60'000);
  server.checkpoints.events = upkeep.scale(5, 10'000);
}

// If a custodian drops old history, the server does so often, too, and a little at a time.
void draw_retention(Plan& plan, Dice dice) {
  if (!dice.chance(0.5)) return;
  plan.custodian.works = true;
  plan.custodian.every_us = dice.scale(kSecond, 30 * kSecond);
  plan.custodian.max_events = dice.scale(10, 1'000);
  plan.custodian.max_age_ms = dice.scale(1'000, 200'000);
  plan.server.retention_by_hand = dice.scale(1, 200);
  plan.server.retention.interval_ms = dice.scale(300, 30'000);
  plan.server.retention.events_a_turn = dice.scale(1, 1'024);
  plan.server.retention.pause_ms = dice.scale(1, 500);
}

void draw_clients(Plan& plan, Dice dice) {
  const std::uint64_t workspaces = dice.between(1, 3);
  const std::uint64_t objects = dice.between(1, 3);
  const std::uint64_t count = dice.between(2, 8);
  const std::uint64_t edit_every_us = dice.scale(30'000, 3 * kSecond);
  const bool one_habit = dice.chance(0.5);
  const Habit habit = static_cast<Habit>(dice.below(kHabits));
  const bool oscillating = dice.chance(0.25);
  const std::uint64_t max_edits = dice.scale(30, 500);
  for (std::size_t number = 0; number < count; ++number) {
    ClientSettings client;
    client.number = number;
    client.echoes_presence = true;
    client.greets_at_once = number % 3 == 2;
    client.hocuspocus = dice.chance(0.4);
    client.wants_saved = dice.chance(0.8);
    client.undoes = dice.chance(0.3);
    client.says_goodbye = dice.fork("goodbye", number).chance(0.4);
    client.read_only = number >= 2 && dice.chance(0.1);
    client.workspace = fmt::format("w{}", dice.below(workspaces));
    const std::uint64_t first = dice.below(objects);
    client.objects.push_back(fmt::format("notes/{}", first));
    if (client.hocuspocus && objects > 1 && dice.chance(0.4))
      client.objects.push_back(fmt::format("notes/{}", (first + 1) % objects));
    client.token = Rights::token_of(number);
    client.habit = one_habit ? habit : static_cast<Habit>(dice.below(kHabits));
    client.edit_every_us = dice.scale(edit_every_us / 2, edit_every_us * 2);
    client.max_edits = max_edits;
    if (oscillating && dice.chance(0.6)) {
      client.online_us = dice.scale(kSecond / 2, 10 * kSecond);
      client.offline_us = dice.scale(kSecond / 2, 20 * kSecond);
    }
    client.skew = draw_skew(dice);
    plan.clients.push_back(std::move(client));
  }
}

void draw_vandals(Plan& plan, Dice dice) {
  if (!dice.chance(0.35)) return;
  const std::uint64_t count = dice.between(1, 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    VandalSettings vandal;
    vandal.number = plan.clients.size() + plan.vandals.size();
    vandal.hocuspocus = dice.chance(0.5);
    vandal.workspace = plan.clients.front().workspace;
    vandal.may_write = dice.chance(0.6);
    vandal.object = vandal.may_write ? "junk" : plan.clients.front().objects.front();
    vandal.token = Rights::token_of(vandal.number);
    vandal.every_us = dice.scale(50'000, 2 * kSecond);
    plan.vandals.push_back(std::move(vandal));
  }
}

Fault draw_fault(FaultKind kind, std::uint64_t at_us, std::size_t clients, Dice& dice) {
  Fault fault{.at_us = at_us, .kind = kind, .client = dice.below(clients)};
  fault.duration_us = dice.scale(kSecond / 10, 8 * kSecond);
  fault.amount = dice.scale(2, 200);
  if (kind == FaultKind::kPartition || kind == FaultKind::kPartitionIn ||
      kind == FaultKind::kPartitionOut || kind == FaultKind::kIsolateServer)
    fault.duration_us = dice.scale(kSecond, 90 * kSecond);
  if (kind == FaultKind::kClog) fault.duration_us = 1 + dice.below(5 * kSecond);
  if (kind == FaultKind::kClientStale) fault.duration_us = dice.scale(20 * kSecond, 200 * kSecond);
  if (kind == FaultKind::kSlowReader) fault.duration_us *= 4;
  if (kind == FaultKind::kOlderDisk || kind == FaultKind::kRevoke ||
      kind == FaultKind::kDowngrade || kind == FaultKind::kImport)
    fault.duration_us = dice.scale(kSecond, 60 * kSecond);
  if (kind == FaultKind::kClockJump) fault.amount = dice.below(576'000);
  if (kind == FaultKind::kCrashAtIo) fault.amount = dice.scale(1, 60);
  return fault;
}

void draw_faults(Plan& plan, Dice dice) {
  std::vector<FaultKind> kinds;
  for (std::size_t family = 0; family < static_cast<std::size_t>(Family::kCount); ++family) {
    if (!dice.chance(0.45)) continue;
    for (const FaultInfo& fault : kFaults)
      if (fault.family == static_cast<Family>(family) && dice.chance(0.6))
        kinds.push_back(fault.kind);
  }
  // After a rollback, nobody knows any more that an id was used, so a copy with this id would not
  // be detected.
  if (std::ranges::find(kinds, FaultKind::kOlderDisk) != kinds.end())
    std::erase(kinds, FaultKind::kClientDoubled);
  if (kinds.empty()) return;  // a run without faults is valid, too
  const double mean_us = static_cast<double>(dice.scale(2 * kSecond, 40 * kSecond));
  for (std::uint64_t at = dice.wait(mean_us); at < plan.phase_one_us; at += 1 + dice.wait(mean_us))
    plan.faults.push_back(draw_fault(dice.pick(kinds), at, plan.clients.size(), dice));
}

void oscillate(Plan& plan, Dice& dice, std::uint64_t longest_us = 3 * kSecond) {
  for (ClientSettings& client : plan.clients) {
    if (!dice.chance(0.7)) continue;
    client.online_us = dice.scale(kSecond / 5, 4 * kSecond);
    client.offline_us = dice.scale(kSecond / 10, longest_us);
  }
}

// Everybody works fast, at one object.
void draw_crowd(Plan& plan, Dice& dice) {
  const std::uint64_t edit_every_us = dice.scale(30'000, kSecond / 2);
  for (ClientSettings& client : plan.clients) {
    client.workspace = plan.clients.front().workspace;
    client.objects = {plan.clients.front().objects.front()};
    client.edit_every_us = std::min(client.edit_every_us, edit_every_us);
  }
}

// All clients read slowly for a while, several times.
void draw_slow_readers(Plan& plan, Dice& dice) {
  for (std::uint64_t count = dice.between(3, 10); count > 0; --count)
    plan.faults.push_back({.at_us = dice.below(plan.phase_one_us),
                           .kind = FaultKind::kSlowReader,
                           .client = dice.below(plan.clients.size()),
                           .duration_us = dice.scale(kSecond, 20 * kSecond),
                           .amount = dice.scale(2, 200)});
  std::ranges::stable_sort(plan.faults, {}, &Fault::at_us);
}

// The log refuses appends for a moment, `count` times.
void draw_full_disks(Plan& plan, Dice& dice, std::uint64_t count, std::uint64_t longest_us) {
  for (; count > 0; --count)
    plan.faults.push_back({.at_us = dice.below(plan.phase_one_us),
                           .kind = FaultKind::kDiskFull,
                           .client = 0,
                           .duration_us = dice.scale(kSecond / 20, longest_us)});
  std::ranges::stable_sort(plan.faults, {}, &Fault::at_us);
}

void draw_corner(Plan& plan, Dice dice) {
  if (!dice.chance(0.35)) return;
  // The last of them has most to happen in.
  constexpr std::array kCorners = {Corner::kMemory,     Corner::kReloads,    Corner::kReloads,
                                   Corner::kStalledLog, Corner::kFullQueues, Corner::kFullQueues};
  plan.corner = dice.pick(kCorners);
  plan.visit_every_us = dice.scale(kSecond / 5, 5 * kSecond);
  switch (plan.corner) {
    case Corner::kMemory:
      plan.server.cache.budget_bytes = dice.scale(1, 2'000);
      plan.server.cache.evict_snapshot_events = static_cast<std::uint32_t>(dice.scale(1, 8));
      plan.server.store.read_us = dice.scale(500, 30'000);
      plan.disk.sync_us = dice.scale(20'000, 400'000);
      return oscillate(plan, dice);
    case Corner::kReloads:
      plan.server.cache.budget_bytes = 1;
      plan.server.store.snapshots.inline_bytes =
          ~std::size_t{0};  // files would slow the loads down
      plan.server.store.read_us = dice.scale(20'000, 300'000);
      plan.server.store.queue_bytes = dice.scale(2'000, 5'000);
      plan.server.turn_us = dice.scale(1'000, 30'000);
      plan.disk.sync_us = dice.scale(20'000, kSecond);
      // One object is loaded while the appends of another are refused.
      for (ClientSettings& client : plan.clients) client.workspace = plan.clients.front().workspace;
      draw_full_disks(plan, dice, dice.between(3, 12), 3 * kSecond);
      // Or an append is refused while the next one is being put together.
      if (dice.chance(0.5)) {
        draw_crowd(plan, dice);
        draw_full_disks(plan, dice, dice.between(20, 60), kSecond / 5);
        plan.server.turn_us = dice.scale(10'000, 50'000);
        return;
      }
      return oscillate(plan, dice);
    case Corner::kStalledLog: {
      plan.disk.sync_us = dice.scale(200'000, 2 * kSecond);
      // All edits must be confirmed before the run ends.
      std::size_t& inflight = plan.server.limits.inflight_updates;
      inflight = std::max<std::size_t>(inflight, 16);
      return;
    }
    default:
      plan.server.limits.queue_bytes = dice.scale(200, 2'000);
      plan.network.window_bytes = dice.scale(500, 3'000);
      plan.network.bytes_per_ms = dice.scale(20, 200);
      plan.disk.sync_us = dice.scale(30'000, 600'000);
      draw_crowd(plan, dice);
      draw_slow_readers(plan, dice);
      // Clients leave, and stay away for a while, while others read too slowly to be told.
      if (dice.chance(0.6)) oscillate(plan, dice, 20 * kSecond);
  }
}

// Tokens that expire, for some clients. A siege measures how long a quiet client waits.
void draw_issuer(Plan& plan, Dice dice) {
  if (plan.siege.on || !dice.chance(0.3)) return;
  plan.issuer.on = true;
  plan.issuer.lifetime_us = dice.scale(4 * kSecond, 120 * kSecond);
  if (dice.chance(0.7)) plan.issuer.revoke_every_us = dice.scale(3 * kSecond, 30 * kSecond);
  for (ClientSettings& client : plan.clients) client.expiring_tokens = dice.chance(0.7);
}

// People with names, in every thirteenth world: the others stay as they are.
void draw_names(Plan& plan, Dice dice) {
  if (plan.seed % 13 != 12 || plan.siege.on || plan.issuer.on) return;
  plan.names.on = true;
  plan.names.read_every_us = dice.scale(kSecond, 6 * kSecond);
  plan.names.erase_every_us = dice.scale(10 * kSecond, 60 * kSecond);
  plan.server.stamp_presence = dice.chance(0.5);
  for (ClientSettings& client : plan.clients)
    client.user =
        NameWatch::claim_of(client.number, (client.number + 1) % (plan.clients.size() + 1));
}

std::string count_of(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// Tenants, in every ninth world: the others stay as they are. In some, nothing but tenants is in each other's way,
// and the time that the quiet one waits is measured.
void draw_tenants(Plan& plan, Dice dice) {
  if (plan.seed % 9 != 8 || plan.siege.on || plan.issuer.on || plan.names.on) return;
  plan.server.tenants = Lodgers::tenants();
  if (plan.corner != Corner::kNone || !dice.chance(0.5)) return;
  plan.times_quiet_tenant = true;
  plan.faults.clear();
  plan.vandals.clear();
  plan.network.slow_tail = 0;
  plan.disk.slow_sync = 0;
  plan.server.lanes = true;
}

// Keys, tickets and JWTs, in every eighth world that has no other tokens. The clocks of servers run too fast or too slow
// there, and do not jump: a JWT needs a clock that is nearly right.
void draw_locksmith(Plan& plan, Dice dice) {
  if (plan.seed % 8 != 7 || plan.siege.on || plan.issuer.on || plan.names.on) return;
  if (!plan.server.tenants.empty()) return;
  plan.locksmith.on = true;
  plan.locksmith.act_every_us = dice.scale(kSecond * 2 / 5, 2 * kSecond);
  plan.locksmith.provider = {.rotate_every_us = dice.scale(5 * kSecond, 60 * kSecond),
                             .outage_every_us = dice.scale(10 * kSecond, 100 * kSecond),
                             .longest_outage_us = 120 * kSecond,
                             .times = {.fresh_ms = dice.scale(4'000, 20'000),
                                       .cooldown_ms = dice.scale(500, 5'000),
                                       .keep_ms = dice.scale(20'000, 60'000)}};
  plan.server.tickets = identity::TicketLimits{.most_ms = Locksmith::kLongestTicketS * 1000};
  plan.server.skew.offset_ms = 0;
  std::erase_if(plan.faults,
                [](const Fault& each) { return family_of(each.kind) == Family::kClock; });
}

// Deletions, in every sixth world without a siege. The disk brings back nothing older there, and clocks do not jump: whether
// a deletion can be undone depends on the time.
void draw_remover(Plan& plan, Dice dice) {
  if (plan.seed % 6 != 1 || plan.siege.on || plan.issuer.on || plan.names.on) return;
  if (!plan.server.tenants.empty() || plan.locksmith.on) return;
  plan.remover.on = true;
  plan.remover.every_us = dice.scale(kSecond / 5, 2 * kSecond);
  plan.remover.grace_ms = dice.scale(10'000, 60'000);
  const std::uint64_t interval_ms = dice.scale(500, 10'000);
  plan.server.erasure = workspace::ErasurePace{.interval_ms = interval_ms, .all_ms = interval_ms};
  plan.server.skew.offset_ms = 0;
  std::erase_if(plan.faults, [](const Fault& each) {
    return each.kind == FaultKind::kOlderDisk || family_of(each.kind) == Family::kClock;
  });
}

// A whole workspace is deleted in every second of these.
void draw_clearer(Plan& plan, Dice dice) {
  if (!plan.remover.on || plan.seed % 12 != 7) return;
  plan.clearer.on = true;
  plan.clearer.every_us = dice.scale(kSecond / 10, kSecond);
  plan.clearer.grace_ms = dice.scale(10'000, 60'000);
}

// Policies and shares, in every sixth world that has nothing of the above; and in as many others also the policies of a
// tenant, and several loops. The clocks of these do not jump: a link needs a clock that is nearly right.
void draw_warden(Plan& plan, Dice dice) {
  const bool of_tenant = plan.seed % 6 == 3;
  if ((plan.seed % 6 != 0 && !of_tenant) || plan.siege.on || plan.issuer.on || plan.names.on)
    return;
  if (!plan.server.tenants.empty() || plan.locksmith.on) return;
  plan.warden.on = true;
  plan.warden.act_every_us = dice.scale(kSecond, 5 * kSecond);
  plan.server.audit = true;
  std::erase_if(plan.faults, [](const Fault& each) { return each.kind == FaultKind::kOlderDisk; });
  if (!of_tenant) return;
  plan.warden.of_tenant = true;
  plan.server.tenant_policies = true;
  plan.server.tenants = Warden::tenants();
  plan.server.tickets = identity::TicketLimits{};
  plan.server.loops = dice.between(2, 3);
  plan.server.loop_delay_us = dice.scale(kSecond / 500, kSecond);
  plan.server.skew.offset_ms = 0;
  std::erase_if(plan.faults,
                [](const Fault& each) { return family_of(each.kind) == Family::kClock; });
}

// Who writes over HTTP and who is told, in as many worlds. The disk brings back nothing older there: what was told can then
// not be taken back.
void draw_newsroom(Plan& plan, Dice dice) {
  if (plan.seed % 6 != 5 || plan.siege.on || plan.issuer.on || plan.names.on) return;
  if (!plan.server.tenants.empty() || plan.locksmith.on) return;
  plan.newsroom.on = true;
  plan.newsroom.way_us = dice.scale(kSecond / 1000, kSecond / 10);
  // Not faster than a receiver can be told: a webhook waits for its way and for the disk after each event.
  plan.newsroom.write_every_us = dice.scale(kSecond / 5, 3 * kSecond) + 10 * plan.newsroom.way_us;
  plan.newsroom.write_every_us += 10 * plan.disk.sync_us;
  plan.newsroom.stay_us = dice.scale(kSecond, 60 * kSecond);
  plan.newsroom.trouble_every_us = dice.scale(3 * kSecond, 60 * kSecond);
  std::erase_if(plan.faults, [](const Fault& each) { return each.kind == FaultKind::kOlderDisk; });
}

// Files, in every twelfth world that has nothing of the above. The disk brings back nothing older there, and loses no chunk.
void draw_library(Plan& plan, Dice dice) {
  if (plan.seed % 12 != 10 || plan.siege.on || plan.issuer.on || plan.names.on) return;
  if (!plan.server.tenants.empty() || plan.locksmith.on) return;
  plan.library.on = true;
  plan.library.every_us = dice.scale(kSecond / 2, 4 * kSecond);
  const std::uint64_t interval_ms = dice.scale(500, 10'000);
  plan.server.erasure = workspace::ErasurePace{.interval_ms = interval_ms, .all_ms = interval_ms};
  std::erase_if(plan.faults, [](const Fault& each) {
    return each.kind == FaultKind::kOlderDisk || each.kind == FaultKind::kBitRotSnapshot;
  });
}

// Durable streams, in as many others. The disk brings back nothing older there.
void draw_radio(Plan& plan, Dice dice) {
  if (plan.seed % 12 != 8 || plan.siege.on || plan.issuer.on || plan.names.on) return;
  if (!plan.server.tenants.empty() || plan.locksmith.on) return;
  plan.radio.on = true;
  plan.radio.every_us = dice.scale(kSecond / 10, 2 * kSecond);
  plan.radio.pause_us = dice.scale(kSecond / 10, 2 * kSecond);
  std::erase_if(plan.faults, [](const Fault& each) { return each.kind == FaultKind::kOlderDisk; });
}

}  // namespace

Family family_of(FaultKind kind) {
  return info(kind).family;
}

std::string_view to_string(FaultKind kind) {
  return info(kind).name;
}

std::string_view to_string(Corner corner) {
  switch (corner) {
    case Corner::kMemory: return "no memory to spare";
    case Corner::kReloads: return "reloads";
    case Corner::kStalledLog: return "a log that stalls";
    case Corner::kFullQueues: return "full queues";
    case Corner::kNone:
    case Corner::kCount: break;
  }
  return "none";
}

std::string_view to_string(Family family) {
  switch (family) {
    case Family::kNetwork: return "network";
    case Family::kProcess: return "process";
    case Family::kStorage: return "storage";
    case Family::kClock: return "clock";
    case Family::kClients: return "clients";
    case Family::kPolicy:
    case Family::kCount: break;
  }
  return "policy";
}

Probe probe_of(FaultKind kind) {
  return info(kind).probe;
}

Plan draw_plan(std::uint64_t seed) {
  const Dice dice(seed);
  Dice own = dice.fork("plan");
  Plan plan;
  plan.seed = seed;
  plan.phase_one_us = own.scale(20 * kSecond, 400 * kSecond);
  plan.phase_two_us = 240 * kSecond;
  draw_speeds(plan, dice.fork("speeds"));
  draw_server(plan.server, dice.fork("server settings"));
  draw_retention(plan, dice.fork("retention"));
  draw_clients(plan, dice.fork("clients"));
  draw_vandals(plan, dice.fork("vandals"));
  draw_faults(plan, dice.fork("faults"));
  draw_corner(plan, dice.fork("corner"));
  plan.network.queue_limit = plan.server.limits.queue_bytes;
  draw_siege(plan, dice.fork("siege"));
  if (Dice old = dice.fork("old log"); old.chance(0.15)) plan.old_events = old.scale(2, 60);
  if (plan.old_events > 0) plan.siege.freezes.clear();
  draw_issuer(plan, dice.fork("issuer"));
  draw_names(plan, dice.fork("names"));
  draw_tenants(plan, dice.fork("tenants"));
  draw_locksmith(plan, dice.fork("locksmith"));
  draw_warden(plan, dice.fork("warden"));
  draw_remover(plan, dice.fork("remover plan"));
  draw_newsroom(plan, dice.fork("newsroom plan"));
  draw_clearer(plan, dice.fork("clearer plan"));
  draw_library(plan, dice.fork("library plan"));
  draw_radio(plan, dice.fork("radio plan"));
  return plan;
}

std::string describe(const Plan& plan) {
  return fmt::format(
      "{}, {}, {} in {:.0f} s; latency {:.1f} ms, sync {:.1f} ms, queue {} "
      "B, "
      "{} updates in flight, cache {} B{}{}{}{}{}{}{}{}{}{}",
      count_of(plan.clients.size(), "client"), count_of(plan.vandals.size(), "vandal"),
      count_of(plan.faults.size(), "fault"), static_cast<double>(plan.phase_one_us) / 1e6,
      static_cast<double>(plan.network.latency_us) / 1e3,
      static_cast<double>(plan.disk.sync_us) / 1e3, plan.server.limits.queue_bytes,
      plan.server.limits.inflight_updates, plan.server.cache.budget_bytes,
      plan.custodian.works ? "; old history is dropped" : "",
      plan.server.tenants.empty() || plan.warden.on ? "" : "; tenants",
      plan.corner == Corner::kNone ? "" : fmt::format("; {}", to_string(plan.corner)),
      plan.old_events == 0 ? "" : fmt::format("; {} events of version 0.1", plan.old_events),
      plan.issuer.on ? "; tokens expire" : "", plan.locksmith.on ? "; keys, tickets and JWTs" : "",
      plan.names.on ? "; people have names" : "",
      plan.warden.of_tenant ? "; policies of a tenant"
      : plan.warden.on      ? "; policies and shares"
                            : "",
      plan.clearer.on    ? "; deletions, of a workspace too"
      : plan.remover.on  ? "; deletions"
      : plan.newsroom.on ? "; writers over HTTP, followers and webhooks"
      : plan.library.on  ? "; files"
      : plan.radio.on    ? "; durable streams"
                         : "",
      describe_siege(plan));
}

std::string describe(const Fault& fault) {
  return fmt::format("{} (client c{}, {:.1f} s, {})", to_string(fault.kind), fault.client,
                     static_cast<double>(fault.duration_us) / 1e6, fault.amount);
}

}  // namespace syncline::sim
