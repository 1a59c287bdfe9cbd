// One measurement of a server: clients that edit on a schedule, and the times that they saw.
//
// Two parts. Open loop: edits are due at times fixed in advance, at a given mean rate; latencies
// count from these times (cli/load/arrivals.h). Saturated: every client keeps a number of changes
// in flight, which shows the maximum throughput.
//
// The clients are those of the simulator, over real sockets. They share this machine with the
// server. So the figures are those of both together; use them to compare servers on one machine.
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
  std::uint64_t rate = 500;  // changes per second, of all clients together
  std::uint64_t seconds = 10;
  std::uint64_t seed = 1;
  std::string url;  // a running server; empty: start one
  std::string token;
};

// "hostile" is another kind of run (hostile/hostile.h): run_bench() does not know it.
inline constexpr std::string_view kBenchWorkloads[] = {
    "typing", "batches", "conflicts", "structures", "offline", "misbehaving", "hostile"};

struct BenchResult {
  // ---- open loop
  std::uint64_t offered = 0;  // changes that were due and were made
  std::uint64_t acked = 0;    // those acknowledged by the end of the measured time
  double seconds = 0;
  Histogram ack_us;
  Histogram receipt_us;  // at each other client of the document
  Histogram late_us;     // how late the generator itself was

  // ---- saturated
  double saturated_per_s = 0;
  std::uint64_t in_flight = 0;  // changes that each client kept in flight

  // ---- the server, if this process started it
  bool own_server = false;
  std::string durability;  // the durability that its acks promise
  std::uint64_t peak_memory_bytes = 0;
  double cpu_us_per_change = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t payload_bytes = 0;  // of the updates that clients sent

  // ---- the machine
  unsigned cores = 0;
  double load = 0;            // average of the minute before the start
  std::uint64_t sync_us = 0;  // median time of an fsync in the data directory

  std::vector<std::string> warnings;  // reasons why the figures may be meaningless
};

// Ends by itself: after the requested seconds, half as many for the second part, and a limited time
// to start and to settle. `progress` gets a text that says what is being done.
Result<BenchResult> run_bench(const BenchOptions& options,
                              const std::function<void(std::string_view)>& progress);

// The reasons why the measured figures may be meaningless.
std::vector<std::string> bench_warnings(const BenchOptions& options, const BenchResult& result);

}  // namespace syncline::cli
