// The kinds of load. bench/server/scenarios.mjs describes what each measures and with which numbers
// it runs. Each function reads its options at its beginning.
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
  // Prefix of the names of documents, so that they are new to the server.
  std::string_view name;
  std::size_t most_sockets = 0;  // that this process may open
};

using Scenario = void (*)(Run& run);

void run_traffic(Run& run);     // updates, at a fixed rate or as fast as possible
void run_handshakes(Run& run);  // clients connect, in waves
void run_memory(Run& run);      // memory of one more connection and one more document
void run_evicted(Run& run);     // memory of one more document that nobody has open
void run_idle(Run& run);        // many connections that send only their awareness
void run_seed(Run& run);        // stores a long document on the server, for a later run_load
void run_load(Run& run);        // many clients fetch a long document at once
void run_storm(Run& run);       // all clients lose their connections and reconnect

}  // namespace syncline::bench
