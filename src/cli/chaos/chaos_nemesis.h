// ChaosNemesis: carries out the faults of a plan on real processes and links, each at its time and
// for its duration.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/faults/fault_link.h"
#include "cli/chaos/chaos_server.h"
#include "cli/chaos/yjs_client.h"
#include "sim/client.h"
#include "sim/plan.h"

namespace syncline::cli {

using FaultLinks = std::vector<std::unique_ptr<backend::FaultLink>>;  // by the number of the client

class ChaosNemesis {
 public:
  ChaosNemesis(RealWorld& real, Story& story, ChaosServer& server, FaultLinks& links,
               std::vector<std::unique_ptr<sim::Client>>& clients,
               std::vector<std::unique_ptr<YjsClient>>& yjs);

  void schedule(const std::vector<sim::Fault>& faults);
  // Ends every fault that is in effect.
  void heal();
  std::uint64_t skipped() const { return skipped_; }

 private:
  // Returns false if there is nothing that the fault can hit now.
  bool inflict(const sim::Fault& fault);
  bool process_fault(const sim::Fault& fault);
  bool network_fault(const sim::Fault& fault);
  bool client_fault(const sim::Fault& fault);
  bool yjs_fault(YjsClient& client, const sim::Fault& fault);
  void block_for(std::size_t link, backend::Way way, std::uint64_t us);
  void spoil_for(std::size_t link, backend::Way way, const backend::LinkWay& how, std::uint64_t us);
  void later(std::uint64_t us, Task task);

  RealWorld& real_;
  Story& story_;
  ChaosServer& server_;
  FaultLinks& links_;
  std::vector<std::unique_ptr<sim::Client>>& clients_;
  std::vector<std::unique_ptr<YjsClient>>& yjs_;
  sim::Dice dice_;
  std::uint64_t skipped_ = 0;
  bool healed_ = false;
};

}  // namespace syncline::cli
