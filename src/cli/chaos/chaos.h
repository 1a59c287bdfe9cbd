// `syncline chaos`: a real server with real clients, over links that break. It checks what the
// simulator checks, on real sockets, processes and files.
//
// The seed decides which clients run, what they do, and which fault hits which of them and when.
// The machine decides the rest, so two runs of one seed are similar but not equal.
//
// Phase one has the faults. After each kill, and before the server starts again, the run opens the
// server's files and compares them with what clients were promised and shown. Phase two ends all
// faults, lets a new client join each object, and gives all clients a limited time to catch up.
// Then the server is stopped, and the oracles of the simulator (sim/oracle.h) check its log.
//
// All processes are children of this one and end with it. Nothing else is touched.
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
  std::string program;  // the server's program; empty: this one
  std::string yjs_directory;
  std::uint64_t settle_s = 120;  // limit of phase two
  // At one of the kills, put older files back. The run must detect this.
  bool canary = false;
};

struct ChaosResult {
  std::optional<sim::Violation> violation;
  std::map<std::string, std::uint64_t> faults;  // faults that were carried out, by kind
  std::uint64_t skipped_faults = 0;             // for example because the server was already down
  std::uint64_t server_starts = 0;
  std::uint64_t recoveries_checked = 0;  // checks of the files after a kill
  std::uint64_t edits = 0;
  std::uint64_t acked = 0;             // updates that clients were told are durable
  std::uint64_t acked_yjs = 0;         // those of published clients
  std::uint64_t acked_hocuspocus = 0;  // of these, with the provider of Hocuspocus
  std::uint64_t yjs_clients = 0;
  std::uint64_t yjs_starts = 0;
  std::uint64_t connections = 0;  // through the links
  std::uint64_t bytes = 0;
  bool converged = false;
  bool log_sound = false;  // `syncline log verify`
  std::uint64_t log_events = 0;
  double seconds = 0;
  std::vector<sim::TraceEntry> timeline;
  std::string kept;  // after a failure: the directory with the data and the output of the processes
};

// `progress` gets a text that says what is being done. An error means a problem of this machine,
// such as a server that cannot be started. A broken promise is a violation in the result.
Result<ChaosResult> run_chaos(const ChaosPlan& plan, const ChaosOptions& options,
                              const std::function<void(std::string_view)>& progress);

}  // namespace syncline::cli
