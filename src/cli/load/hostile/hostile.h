// `syncline bench --workload hostile`: attacks on a server, while quiet users edit small documents.
//
// A run: it makes the documents that the attacks need; the quiet users connect and edit; after a calm
// part, the attacks begin; they end; memory has some time to come back; then every acknowledged edit
// of the quiet users must be in the documents.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/load/histogram.h"
#include "cli/load/hostile/attackers.h"
#include "cli/load/hostile/server_sight.h"
#include "syncline/error.h"

namespace syncline::cli {

struct HostileOptions {
  std::string url;  // a running server; empty: start one
  std::string token;
  std::string read_token;
  std::uint64_t seed = 1;
  std::string attacks = "all";
  std::uint64_t seconds = 10;  // of the attacks; 0: only make the documents that they need
  std::uint64_t calm_seconds = 2;
  std::uint64_t recovery_seconds = 10;  // at most, until memory is back
  std::uint64_t users = 50;
  std::uint64_t user_rate = 100;  // edits per second, of all users together
  bool user_churn = false;        // users go and come, and make every kind of edit
  std::uint64_t connections = 200;
  std::uint64_t large_kib = 30 * 1024;
  std::uint64_t history = 100'000;
  std::uint64_t server_pid = 0;  // whose memory is measured; that of a server of its own is known
  std::uint64_t memory_mib = 0;  // of a server of its own; 0: the default of `syncline serve`
};

struct QuietTimes {
  Histogram ack_us;
  Histogram receipt_us;
};

struct MemoryAt {
  std::uint64_t second = 0;
  std::uint64_t bytes = 0;  // the most in this second
};

struct HostileResult {
  // ---- the quiet users, as they saw it
  QuietTimes calm;
  QuietTimes attacked;
  std::uint64_t acked = 0;    // edits of the users, all together
  std::uint64_t lost = 0;     // documents that lack something that was acknowledged
  std::string users_problem;  // why users could not go on; empty: they could
  std::string acked_record;   // what was acknowledged (promises.h)

  // ---- by the server's own histograms, from received to durable; of all changes, also the attackers'
  std::optional<ServerQuantiles> server_calm;
  std::optional<ServerQuantiles> server_attacked;
  std::optional<ServerQuantiles> sync_attacked;  // of that, the write with its sync
  // Of these, those of authors who had no other under way, as the users; and those that workers prepared.
  std::optional<ServerQuantiles> alone_attacked;
  std::optional<ServerQuantiles> long_attacked;
  std::optional<ServerQuantiles> turns_attacked;  // of its loops

  // ---- memory of the server; 0: not known
  std::uint64_t memory_before = 0;
  std::uint64_t memory_most = 0;
  std::uint64_t memory_after = 0;
  std::vector<MemoryAt> memory;

  std::string server_ended;  // how, if it did while it was attacked
  std::vector<AttackOutcome> attacks;

  unsigned cores = 0;
  double load = 0;
  std::uint64_t sync_us = 0;  // of a server of its own
  std::vector<std::string> warnings;

  bool sound() const { return lost == 0 && users_problem.empty() && server_ended.empty(); }
};

// Ends by itself. Errors: the server cannot be reached, or the documents cannot be made. What goes
// wrong later is in the result.
Result<HostileResult> run_hostile(const HostileOptions& options,
                                  const std::function<void(std::string_view)>& progress);

}  // namespace syncline::cli
