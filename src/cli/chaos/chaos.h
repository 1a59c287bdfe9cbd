// A real server among real clients, over links that break: what the simulator checks, on real
// sockets, processes and files.
//
// Everything that is decided comes from the seed: who takes part, what they do, which fault strikes
// whom and when. What happens in between is the machine's: two runs of one seed are alike, not
// equal.
//
// Phase one has the faults; after each kill, before the server is started again, the files it left
// are opened and held to what clients were promised and shown. Phase two heals everything, lets a
// new client join each object, and gives everybody a bounded time to be in step. Then the server is
// stopped, and the oracles of the simulator (sim/oracle.h) judge its log.
//
// Processes are children of this one and end with it; nothing else is touched.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/chaos/chaos_plan.h"
#include "sim/trace.h"
#include "sim/world.h"
#include "syncline/error.h"

namespace syncline::cli {

struct ChaosOptions {
  std::string program;  // the server's; empty: this one
  std::string yjs_directory;
  std::uint64_t settle_s = 120;  // of phase two
  // At one of the kills, put older files back: what must be found.
  bool canary = false;
};

struct ChaosResult {
  std::optional<sim::Violation> violation;
  std::map<std::string, std::uint64_t> faults;  // carried out, by kind
  std::uint64_t skipped_faults = 0;             // the server was down already, or the like
  std::uint64_t server_starts = 0;
  std::uint64_t recoveries_checked = 0;  // the files after a kill, held to the promises
  std::uint64_t edits = 0;
  std::uint64_t acked = 0;      // updates that clients were told are durable
  std::uint64_t acked_yjs = 0;  // of them, by published clients
  std::uint64_t yjs_clients = 0;
  std::uint64_t yjs_starts = 0;
  std::uint64_t connections = 0;  // through the proxies
  std::uint64_t bytes = 0;
  bool converged = false;
  bool log_sound = false;  // `syncline log verify`
  std::uint64_t log_events = 0;
  double seconds = 0;
  std::vector<sim::TraceEntry> timeline;
  std::string kept;  // after a failure: the directory with data and what the processes said
};

// `progress` says what is being done. An error is one of this machine, such as a server that cannot
// be started; what is broken by faults is a violation.
Result<ChaosResult> run_chaos(const ChaosPlan& plan, const ChaosOptions& options,
                              const std::function<void(std::string_view)>& progress);

}  // namespace syncline::cli
