// The kinds of load. bench/server/scenarios.mjs says what each measures and with which numbers it
// is run. The options of a kind are read at the head of its function.
//
// Each kind opens clients, measures, and writes its figures into the report. All are bounded in
// count and time.
#pragma once

#include <string_view>

#include "load/fleet.h"
#include "load/report.h"
#include "load/server_process.h"
#include "net/options.h"

namespace syncline::bench {

struct Run {
  Options& options;
  Fleet& fleet;
  const ServerProcess& server;
  Report& report;
  std::string_view name;         // in front of documents' names, so that they are new to the server
  std::size_t most_sockets = 0;  // that this process may open
};

using Scenario = void (*)(Run& run);

void run_traffic(Run& run);     // updates, at a rate or flat out
void run_handshakes(Run& run);  // clients connect, in waves
void run_memory(Run& run);      // memory of a further connection and a further document
void run_idle(Run& run);        // many connections that only send their awareness
void run_seed(Run& run);        // puts a long document on the server, for a run_load after it
void run_load(Run& run);        // many clients fetch a long document at once
void run_storm(Run& run);       // all clients lose their connections and reconnect

}  // namespace syncline::bench
