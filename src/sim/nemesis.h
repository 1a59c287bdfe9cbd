// Nemesis: carries out the faults of a plan, each at its time and for its duration.
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

  // Observers that must be told of rare events, because otherwise nobody would check them.
  struct Watchers {
    std::function<void()> rollback_nears;    // an older copy of the disk will be brought back
    std::function<void()> rolled_back;       // it was, while no process uses it
    std::function<void()> snapshot_damaged;  // it will be repaired after a while
    std::function<void(const std::string&)> import_begun;  // of this workspace
  };
  void tell(Watchers watchers) { watchers_ = std::move(watchers); }

  void schedule(const std::vector<Fault>& faults);
  // Ends every fault that is in effect.
  void heal();

 private:
  void inflict(const Fault& fault);
  void network_fault(const Fault& fault);
  void process_fault(const Fault& fault);
  void storage_fault(const Fault& fault);
  void client_fault(const Fault& fault);
  void rot(const Fault& fault);
  void rot_file(const Fault& fault);
  void misdirect(const Fault& fault);
  void bring_back_older(const Fault& fault);
  void policy_fault(const Fault& fault);
  void start_server_anew();
  void import(const std::string& workspace, std::uint64_t duration_us);
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
  Watchers watchers_;
  std::vector<std::unique_ptr<Client>>& clients_;
  Dice dice_;
  bool healed_ = false;
};

}  // namespace syncline::sim
