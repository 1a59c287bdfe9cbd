// Carries out the faults of a plan, each at its time and for as long as it lasts.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/client.h"
#include "sim/plan.h"
#include "sim/rights.h"

namespace syncline::sim {

class Nemesis {
 public:
  Nemesis(World& world, Network& network, Disk& disk, Server& server, Rights& rights,
          std::vector<std::unique_ptr<Client>>& clients);

  // Called when an older copy of the disk has come back, while no process uses it.
  void on_rollback(std::function<void()> callback) { on_rollback_ = std::move(callback); }

  void schedule(const std::vector<Fault>& faults);
  // Ends every fault that lasts.
  void heal();

 private:
  void inflict(const Fault& fault);
  void network_fault(const Fault& fault);
  void process_fault(const Fault& fault);
  void storage_fault(const Fault& fault);
  void client_fault(const Fault& fault);
  void rot(const Fault& fault);
  void misdirect(const Fault& fault);
  void bring_back_older(const Fault& fault);
  void policy_fault(const Fault& fault);
  void set_rights(Client& client, bool given);
  void block_for(std::size_t client, Side sender, std::uint64_t duration_us);
  void swizzle(const Fault& fault);
  void strobe(const Fault& fault, unsigned times);
  void later(std::uint64_t delay_us, Task task);
  std::shared_ptr<Wire> wire_of(std::size_t client);

  World& world_;
  Network& network_;
  Disk& disk_;
  Server& server_;
  Rights& rights_;
  std::function<void()> on_rollback_;
  std::vector<std::unique_ptr<Client>>& clients_;
  Dice dice_;
  bool healed_ = false;
};

}  // namespace syncline::sim
