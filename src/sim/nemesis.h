// Carries out the faults of a plan, each at its time and for as long as it lasts.
#pragma once

#include <memory>
#include <vector>

#include "sim/client.h"
#include "sim/plan.h"

namespace syncline::sim {

class Nemesis {
 public:
  Nemesis(World& world, Network& network, Disk& disk, Server& server,
          std::vector<std::unique_ptr<Client>>& clients);

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
  void block_for(std::size_t client, Side sender, std::uint64_t duration_us);
  void swizzle(const Fault& fault);
  void strobe(const Fault& fault, unsigned times);
  void later(std::uint64_t delay_us, Task task);
  std::shared_ptr<Wire> wire_of(std::size_t client);

  World& world_;
  Network& network_;
  Disk& disk_;
  Server& server_;
  std::vector<std::unique_ptr<Client>>& clients_;
  Dice dice_;
  bool healed_ = false;
};

}  // namespace syncline::sim
