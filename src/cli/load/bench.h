// One measurement of a server: clients that edit on a schedule, and what they saw.
//
// Two parts. Open loop: edits are due at times fixed beforehand, at a given mean rate; latencies
// count from then (cli/load/arrivals.h). Saturated: every client keeps a number of changes under way,
// which tells how much gets through.
//
// The clients are the simulator's, over real sockets. They share this machine with the server, so
// figures are of both together, and good for comparing servers on one machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/load/histogram.h"
#include "syncline/error.h"

namespace syncline::cli {

struct BenchOptions {
  std::string workload = "typing";
  std::string protocol = "y-websocket";
  std::uint64_t clients = 20;
  std::uint64_t documents = 5;
  std::uint64_t rate = 500;  // changes a second, of all clients together
  std::uint64_t seconds = 10;
  std::uint64_t seed = 1;
  std::string url;  // of a running server; empty: one is started
  std::string token;
};

inline constexpr std::string_view kBenchWorkloads[] = {"typing",     "batches", "conflicts",
                                                       "structures", "offline", "misbehaving"};

struct BenchResult {
  // ---- open loop
  std::uint64_t offered = 0;  // changes that were due and made
  std::uint64_t acked = 0;    // of them, by the end of the measured time
  double seconds = 0;
  Histogram ack_us;
  Histogram receipt_us;  // by each other client of the document
  Histogram late_us;     // how late the generator itself was

  // ---- saturated
  double saturated_per_s = 0;
  std::uint64_t in_flight = 0;  // that each client kept under way

  // ---- the server, where it is ours
  bool own_server = false;
  std::string durability;  // what its acks mean
  std::uint64_t peak_memory_bytes = 0;
  double cpu_us_per_change = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t payload_bytes = 0;  // of the updates that clients sent

  // ---- the machine
  unsigned cores = 0;
  double load = 0;            // average of the last minute, before it began
  std::uint64_t sync_us = 0;  // median of an fsync in the data directory

  std::vector<std::string> warnings;  // why the figures may mean nothing
};

// Ends by itself: after the seconds asked for, half as many for the second part, and a bounded time
// to start and to come to rest. `progress` says what is being done.
Result<BenchResult> run_bench(const BenchOptions& options,
                              const std::function<void(std::string_view)>& progress);

// What makes figures meaningless, from what was measured.
std::vector<std::string> bench_warnings(const BenchOptions& options, const BenchResult& result);

}  // namespace syncline::cli
