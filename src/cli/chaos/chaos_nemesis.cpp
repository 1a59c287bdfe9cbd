#include "cli/chaos/chaos_nemesis.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "sim/invariants.h"

namespace syncline::cli {

using backend::LinkWay;
using backend::Way;
using sim::Fault;
using sim::FaultKind;

ChaosNemesis::ChaosNemesis(RealWorld& real, Story& story, ChaosServer& server, FaultLinks& links,
                           std::vector<std::unique_ptr<sim::Client>>& clients,
                           std::vector<std::unique_ptr<YjsClient>>& yjs)
    : real_(real),
      story_(story),
      server_(server),
      links_(links),
      clients_(clients),
      yjs_(yjs),
      dice_(real.world().dice.fork("nemesis")) {}

void ChaosNemesis::schedule(const std::vector<Fault>& faults) {
  const std::uint64_t start = real_.timeline().now_us();
  for (const Fault& fault : faults) {
    real_.timeline().at(start + fault.at_us, [this, fault] {
      if (healed_) return;
      inflict(fault) ? story_.fault(fault) : static_cast<void>(++skipped_);
    });
  }
}

void ChaosNemesis::heal() {
  healed_ = true;
  for (const auto& link : links_) link->heal();
  server_.heal();
  for (const auto& client : clients_) client->heal();
  for (const auto& client : yjs_) {
    client->pause(false);
    if (!client->running()) {
      if (auto started = client->start(); !started)
        real_.world().violated(sim::kServed, started.error().message);
    }
    client->set_online(true);
  }
}

// Runs `task` later, unless everything has been healed by then.
void ChaosNemesis::later(std::uint64_t us, Task task) {
  real_.timeline().after(us, [this, task = std::move(task)]() mutable {
    if (!healed_) task();
  });
}

bool ChaosNemesis::inflict(const Fault& fault) {
  switch (sim::family_of(fault.kind)) {
    case sim::Family::kProcess: return server_.up() && process_fault(fault);
    case sim::Family::kNetwork: return network_fault(fault);
    case sim::Family::kClients: return client_fault(fault);
    default: return false;
  }
}

bool ChaosNemesis::process_fault(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kKill: server_.kill(fault.duration_us); return true;
    case FaultKind::kCrashInRecovery: server_.kill_in_recovery(fault.duration_us); return true;
    case FaultKind::kPause: server_.pause(fault.duration_us); return true;
    case FaultKind::kSlowCpu: server_.slow_down(fault.duration_us); return true;
    case FaultKind::kDrain: server_.drain(fault.duration_us); return true;
    default: return false;
  }
}

void ChaosNemesis::spoil_for(std::size_t link, Way way, const LinkWay& how, std::uint64_t us) {
  links_[link]->set(way, how);
  later(us, [this, link, way] { links_[link]->set(way, {}); });
}

void ChaosNemesis::block_for(std::size_t link, Way way, std::uint64_t us) {
  spoil_for(link, way, {.blocked = true}, us);
}

bool ChaosNemesis::network_fault(const Fault& fault) {
  backend::FaultLink& link = *links_[fault.client];
  const std::uint64_t us = fault.duration_us;
  switch (fault.kind) {
    case FaultKind::kLatencySpike:
      for (const Way way : {Way::kUp, Way::kDown})
        spoil_for(fault.client, way, {.latency_us = fault.amount * 2'000}, us);
      return true;
    case FaultKind::kSlowLink:
      for (const Way way : {Way::kUp, Way::kDown})
        spoil_for(fault.client, way, {.bytes_per_second = 200'000 / fault.amount}, us);
      return true;
    case FaultKind::kClog:
    case FaultKind::kPartition:
      for (const Way way : {Way::kUp, Way::kDown}) block_for(fault.client, way, us);
      return true;
    case FaultKind::kPartitionIn: block_for(fault.client, Way::kUp, us); return true;
    case FaultKind::kPartitionOut: block_for(fault.client, Way::kDown, us); return true;
    case FaultKind::kIsolateServer:
      for (std::size_t i = 0; i < links_.size(); ++i)
        for (const Way way : {Way::kUp, Way::kDown}) block_for(i, way, us);
      return true;
    case FaultKind::kReset:
      if (link.open_connections() == 0) return false;
      link.reset();
      return true;
    case FaultKind::kHalfOpen:
      if (link.open_connections() == 0) return false;
      link.reset_half(dice_.chance(0.5) ? Way::kUp : Way::kDown);
      return true;
    case FaultKind::kReconnectStorm:
      for (const auto& each : links_) each->reset();
      return true;
    default: return false;
  }
}

bool ChaosNemesis::client_fault(const Fault& fault) {
  if (fault.kind == FaultKind::kSlowReader) {
    spoil_for(fault.client, Way::kDown, {.bytes_per_second = 500}, fault.duration_us);
    return true;
  }
  for (const auto& client : yjs_)
    if (client->settings().number == fault.client) return yjs_fault(*client, fault);
  if (fault.client >= clients_.size()) return false;  // faults do not hit vandals
  sim::Client& client = *clients_[fault.client];
  switch (fault.kind) {
    case FaultKind::kClientOffline:
      client.go_offline();
      later(fault.duration_us, [&client] { client.go_online(); });
      return true;
    case FaultKind::kClientRestart:
      client.restart(dice_.chance(0.7) ? sim::Client::Memory::kKept : sim::Client::Memory::kLost,
                     fault.duration_us);
      return true;
    case FaultKind::kClientDoubled:
      client.restart(sim::Client::Memory::kIdOnly, fault.duration_us);
      return true;
    case FaultKind::kClientPause: client.pause_for(fault.duration_us); return true;
    default: return false;
  }
}

bool ChaosNemesis::yjs_fault(YjsClient& client, const Fault& fault) {
  if (!client.running()) return false;
  switch (fault.kind) {
    case FaultKind::kClientOffline:
      client.set_online(false);
      later(fault.duration_us, [&client] { client.set_online(true); });
      return true;
    case FaultKind::kClientPause:
      client.pause(true);
      later(fault.duration_us, [&client] { client.pause(false); });
      return true;
    case FaultKind::kClientRestart:
      client.kill();
      later(fault.duration_us, [this, &client] {
        if (auto started = client.start(); !started)
          real_.world().violated(sim::kServed, started.error().message);
      });
      return true;
    // Two clients with one id would be our mistake, not the published client's.
    default: return false;
  }
}

}  // namespace syncline::cli
