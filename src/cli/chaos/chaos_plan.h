// ChaosPlan: everything that the seed decides about a run of `syncline chaos`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/chaos/yjs_client.h"
#include "sim/plan.h"

namespace syncline::cli {

struct ChaosPlan {
  // Clients, vandals, faults and the seed, as in the simulator. Its speeds and limits are not used;
  // the machine and the server have their own.
  sim::Plan world;
  std::vector<YjsSettings> yjs;  // their numbers follow those of the vandals
};

struct ChaosSize {
  std::uint64_t seconds = 60;  // of phase one
  std::uint64_t clients = 6;
  std::uint64_t yjs = 2;
};

ChaosPlan draw_chaos(std::uint64_t seed, const ChaosSize& size);

// The kinds of faults that strike real processes.
const std::vector<sim::FaultKind>& chaos_kinds();

// "partition, client 3 (1.2 s)".
std::string describe_real(const sim::Fault& fault);

// One line per fault: time, kind, target.
std::string schedule_text(const ChaosPlan& plan);

}  // namespace syncline::cli
