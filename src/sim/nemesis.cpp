#include "sim/nemesis.h"

#include <algorithm>
#include <utility>

#include "sim/invariants.h"

namespace syncline::sim {

Nemesis::Nemesis(World& world, Network& network, Disk& disk, Server& server, Rights& rights,
                 std::vector<std::unique_ptr<Client>>& clients)
    : world_(world),
      network_(network),
      disk_(disk),
      server_(server),
      rights_(rights),
      clients_(clients),
      dice_(world.dice.fork("nemesis")) {}

void Nemesis::schedule(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults)
    world_.timeline.at(fault.at_us, [this, fault] { inflict(fault); });
}

void Nemesis::heal() {
  healed_ = true;
  world_.trace.note(Kind::kFault, "nemesis", 0, 0, [] { return "everything heals"; });
  network_.heal();
  disk_.heal();
  server_.disk_restored();
  server_.heal();
  if (rights_.give_all_back()) server_.die(Server::Death::kExit);
  for (const auto& client : clients_) client->heal();
}

// Runs `task` later, unless everything has been healed by then.
void Nemesis::later(std::uint64_t delay_us, Task task) {
  world_.timeline.after(delay_us, [this, task = std::move(task)]() mutable {
    if (!healed_) task();
  });
}

void Nemesis::inflict(const Fault& fault) {
  if (healed_) return;
  if (fault.client >= clients_.size()) return;
  world_.trace.note(Kind::kFault, "nemesis", static_cast<std::uint64_t>(fault.kind), fault.client,
                    [&] { return describe(fault); });
  if (fault.kind != FaultKind::kCrashInRecovery && fault.kind != FaultKind::kCrashAtIo &&
      fault.kind != FaultKind::kOlderDisk)
    world_.hit(probe_of(fault.kind));
  switch (family_of(fault.kind)) {
    case Family::kNetwork: return network_fault(fault);
    case Family::kProcess: return process_fault(fault);
    case Family::kStorage: return storage_fault(fault);
    case Family::kClock:
      if (fault.kind == FaultKind::kClockStrobe) return strobe(fault, 6);
      return server_.jump_clock(static_cast<std::int64_t>(fault.amount) - 288'000);
    case Family::kClients: return client_fault(fault);
    case Family::kPolicy:
    case Family::kCount: return policy_fault(fault);
  }
}

std::shared_ptr<Wire> Nemesis::wire_of(std::size_t client) {
  for (const auto& wire : network_.wires())
    if (wire->hello().number == client) return wire;
  return nullptr;
}

void Nemesis::block_for(std::size_t client, Side sender, std::uint64_t duration_us) {
  network_.block(client, sender, true);
  later(duration_us, [this, client, sender] { network_.block(client, sender, false); });
}

void Nemesis::swizzle(const Fault& fault) {
  // Cuts off all clients one after the other, and reconnects them in another order.
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    if (dice_.chance(0.3)) continue;
    later(dice_.below(fault.duration_us), [this, client, duration = fault.duration_us] {
      for (const Side side : {Side::kClient, Side::kServer})
        block_for(client, side, dice_.below(duration) + 1);
    });
  }
}

void Nemesis::network_fault(const Fault& fault) {
  Path& up = network_.path(fault.client, Side::kClient);
  Path& down = network_.path(fault.client, Side::kServer);
  const auto wire = wire_of(fault.client);
  switch (fault.kind) {
    case FaultKind::kLatencySpike:
      up.extra_us = down.extra_us = fault.amount * 10'000;
      return later(fault.duration_us, [&up, &down] { up.extra_us = down.extra_us = 0; });
    case FaultKind::kSlowLink:
      up.slowdown = down.slowdown = fault.amount;
      return later(fault.duration_us, [&up, &down] { up.slowdown = down.slowdown = 1; });
    case FaultKind::kClog:
    case FaultKind::kPartition:
      block_for(fault.client, Side::kClient, fault.duration_us);
      return block_for(fault.client, Side::kServer, fault.duration_us);
    case FaultKind::kPartitionIn: return block_for(fault.client, Side::kClient, fault.duration_us);
    case FaultKind::kPartitionOut: return block_for(fault.client, Side::kServer, fault.duration_us);
    case FaultKind::kIsolateServer:
      for (std::size_t client = 0; client < network_.clients(); ++client)
        for (const Side side : {Side::kClient, Side::kServer})
          block_for(client, side, fault.duration_us);
      return;
    case FaultKind::kSwizzle: return swizzle(fault);
    case FaultKind::kReset:
    case FaultKind::kCorrupt:  // a checksum below fails
      if (wire) wire->reset();
      return;
    case FaultKind::kHalfOpen:
      if (!wire) return;
      if (dice_.chance(0.3)) return wire->reset_unheard_by(Side::kClient);
      wire->reset_unheard_by(Side::kServer);
      // The server may notice it before its keepalive does, while the client is already back.
      if (dice_.chance(0.6))
        later(1 + dice_.below(10 * kSecond), [wire] { wire->reset_unheard_by(Side::kClient); });
      return;
    default:
      for (const auto& each : network_.wires()) each->reset();
  }
}

void Nemesis::process_fault(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kPowerLoss: return server_.die(Server::Death::kPowerLoss);
    case FaultKind::kKill: return server_.die(Server::Death::kKilled);
    case FaultKind::kCrashAtIo:
      return disk_.crash_at(fault.amount, [this] {
        world_.hit(Probe::crash_at_io);
        server_.die(Server::Death::kPowerLoss);
      });
    case FaultKind::kCrashInRecovery:
      server_.crash_next_recovery();
      return server_.die(Server::Death::kPowerLoss);
    case FaultKind::kPause: return server_.pause_for(fault.duration_us);
    case FaultKind::kSlowCpu:
      server_.slow_down(fault.amount);
      return later(fault.duration_us, [this] { server_.slow_down(1); });
    default: server_.drain();
  }
}

void Nemesis::storage_fault(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kDiskFull:
      disk_.set_full(true, dice_.chance(0.5));
      return later(fault.duration_us, [this] { disk_.set_full(false); });
    case FaultKind::kWriteError: return disk_.fail_next_write();
    case FaultKind::kSyncError: return disk_.fail_next_sync();
    case FaultKind::kSlowDisk:
      disk_.set_slowness(fault.amount);
      return later(fault.duration_us, [this] { disk_.set_slowness(1); });
    case FaultKind::kMisdirectedWrite:
    case FaultKind::kMisdirectedRead: return misdirect(fault);
    case FaultKind::kOlderDisk: return bring_back_older(fault);
    default: rot(fault);
  }
}

void Nemesis::rot(const Fault& fault) {
  if (server_.process() == nullptr || disk_.durable_bytes() == 0) return;
  const bool snapshot = fault.kind == FaultKind::kBitRotSnapshot;
  if (snapshot && !disk_.files().empty() && dice_.chance(0.7)) return rot_file(fault);
  const auto family = snapshot ? store::Family::kSnapshots : store::Family::kEvents;
  const DiskTables& tables = server_.process()->store->tables();
  const auto place = tables.any_value(family, dice_);
  if (!place || place->size == 0 || place->offset + place->size > tables.last_frame()) return;
  const std::uint64_t at = place->offset + dice_.below(place->size);
  disk_.rot(at, static_cast<unsigned>(dice_.below(8)));
  server_.expect_damage();
  if (fault.kind == FaultKind::kBitRotAtRest) return server_.die(Server::Death::kKilled);
  if (snapshot) watchers_.snapshot_damaged();
  later(fault.duration_us, [this] { server_.disk_restored(); });
}

// A bit of a snapshot's file flips, or the file is gone.
void Nemesis::rot_file(const Fault& fault) {
  const auto& [name, file] = *std::next(
      disk_.files().begin(), static_cast<std::ptrdiff_t>(dice_.below(disk_.files().size())));
  if (!file.durable || file.bytes.empty()) return;
  world_.hit(Probe::snapshot_file_damaged);
  if (dice_.chance(0.3))
    disk_.lose_file(std::string(name));
  else
    disk_.rot_file(name, dice_.below(file.bytes.size()), static_cast<unsigned>(dice_.below(8)));
  server_.expect_damage();
  watchers_.snapshot_damaged();
  later(fault.duration_us, [this] { server_.disk_restored(); });
}

// The block of one event is where another's should be: on the medium, or in the result of one read.
void Nemesis::misdirect(const Fault& fault) {
  if (server_.process() == nullptr) return;
  const DiskTables& tables = server_.process()->store->tables();
  const auto place = tables.any_value(store::Family::kEvents, dice_);
  const auto other = tables.any_value(store::Family::kEvents, dice_);
  if (!place || !other || place->offset + place->size > tables.last_frame()) return;
  const std::size_t size = std::min({place->size, other->size, Disk::kSector});
  const ByteView all = disk_.contents();
  if (std::ranges::equal(all.subspan(place->offset, size), all.subspan(other->offset, size)))
    return;
  disk_.misdirect(place->offset, other->offset, size);
  server_.expect_damage();
  if (fault.kind == FaultKind::kMisdirectedWrite) return server_.die(Server::Death::kKilled);
  later(fault.duration_us, [this] { server_.disk_restored(); });
}

// As if an operator restored the wrong backup, or a machine came back with an old volume.
void Nemesis::bring_back_older(const Fault& fault) {
  if (server_.process() == nullptr || server_.expects_damage()) return;
  later(fault.duration_us * 3 / 4, [this] { watchers_.rollback_nears(); });
  later(fault.duration_us, [this, backup = disk_.backup()]() mutable {
    if (server_.process() == nullptr || server_.expects_damage()) return;
    server_.die(Server::Death::kKilled);
    disk_.bring_back(std::move(backup));
    world_.hit(Probe::older_disk);
    watchers_.rolled_back();
  });
}

void Nemesis::policy_fault(const Fault& fault) {
  Client& client = *clients_[fault.client];
  if (fault.kind == FaultKind::kImport)
    return import(client.settings().workspace, fault.duration_us);
  const auto left = fault.kind == FaultKind::kRevoke ? Rights::Level::kNone : Rights::Level::kRead;
  rights_.withdraw(client.settings().number, left);
  client.set_rights_doubtful(true);
  start_server_anew();
  later(fault.duration_us, [this, &client] {
    rights_.give_back(client.settings().number);
    start_server_anew();
  });
}

// Clients that are connected stay, and sometimes lose their connections. Nobody else may enter
// meanwhile.
void Nemesis::import(const std::string& workspace, std::uint64_t duration_us) {
  if (server_.importing(workspace)) return;
  server_.set_importing(workspace, true);
  watchers_.import_begun(workspace);
  for (const auto& wire : network_.wires())
    if (wire->hello().workspace == workspace && dice_.chance(0.5)) wire->reset();
  later(duration_us, [this, workspace] { server_.set_importing(workspace, false); });
}

// Only a new process knows of changed rights.
void Nemesis::start_server_anew() {
  dice_.chance(0.5) ? server_.drain() : server_.die(Server::Death::kKilled);
}

void Nemesis::strobe(const Fault& fault, unsigned times) {
  if (times == 0) return;
  server_.jump_clock(times % 2 == 0 ? 60'000 : -60'000);
  later(fault.duration_us / 6, [this, fault, times] { strobe(fault, times - 1); });
}

void Nemesis::client_fault(const Fault& fault) {
  Client& client = *clients_[fault.client];
  switch (fault.kind) {
    case FaultKind::kClientOffline:
    case FaultKind::kClientStale:
      client.go_offline();
      return later(fault.duration_us, [&client] { client.go_online(); });
    case FaultKind::kClientRestart:
      return client.restart(dice_.chance(0.7) ? Client::Memory::kKept : Client::Memory::kLost,
                            fault.duration_us);
    case FaultKind::kClientDoubled:
      return client.restart(Client::Memory::kIdOnly, fault.duration_us);
    case FaultKind::kClientPause: return client.pause_for(fault.duration_us);
    default:
      if (const auto wire = wire_of(fault.client)) {
        wire->set_slow_reader(Side::kClient, fault.amount * 5'000);
        later(fault.duration_us, [weak = std::weak_ptr(wire)] {
          if (auto wire = weak.lock()) wire->set_slow_reader(Side::kClient, 0);
        });
      }
  }
}

}  // namespace syncline::sim
