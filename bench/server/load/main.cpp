// server_bench_load SCENARIO --port N [--pid N] [--path PREFIX] [--protocol NAME] [--saves 1]
//                   [--token TEXT] [--core N] [--limit SECONDS] [option of the scenario]...
//
// Loads a server on 127.0.0.1 as Yjs clients do, and prints the results as one JSON object.
//
//   --pid       the server's process, whose processor time and memory are read; 0: none
//   --path      the part of the URL before the name of the document: "/"
//   --saves     1: asks a y-websocket server to report durable updates (?ack=1), and expects this for
//               each update; only Syncline does this
//   --protocol  y-websocket or hocuspocus
//   --tls       1: connects with TLS, and accepts any certificate
//   --core      runs on this core only
//   --limit     ends the process after so many seconds, with SIGALRM: 180
//
// Exit status: 0; 1 if an update was lost, an answer could not be read, or a client was refused or
// dropped; 2 if it could not run at all.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <string>

#include "load/scenarios.h"
#include "net/process.h"

namespace {

using namespace syncline::bench;

const std::map<std::string, Scenario>& scenarios() {
  static const std::map<std::string, Scenario> table{
      {"traffic", run_traffic}, {"handshakes", run_handshakes},
      {"memory", run_memory},   {"evicted", run_evicted},
      {"idle", run_idle},       {"seed", run_seed},
      {"load", run_load},       {"storm", run_storm}};
  return table;
}

Target target_of(Options& options) {
  Target target;
  target.port = static_cast<std::uint16_t>(options.count("port", 0));
  target.path = options.text("path", "/");
  target.saves = options.count("saves", 0) != 0;
  target.token = options.text("token", "");
  const std::string protocol = options.text("protocol", "y-websocket");
  if (protocol == "hocuspocus") {
    target.dialect = Dialect::kHocuspocus;
  } else if (protocol != "y-websocket") {
    give_up(fmt::format("unknown protocol {}", protocol));
  }
  if (target.saves && target.dialect == Dialect::kYWebsocket) target.query = "?ack=1";
  if (target.port == 0) give_up("--port is needed");
  return target;
}

// Returns true if everything that was sent has arrived and every client was served.
bool conclude(Fleet& fleet, Report& report) {
  const Deliveries& deliveries = fleet.deliveries();
  const double missing =
      static_cast<double>(deliveries.expected) - static_cast<double>(deliveries.delivered);
  const std::uint64_t unsaved = fleet.target().saves ? deliveries.sends - deliveries.saves : 0;
  report.number("sent", static_cast<double>(deliveries.sends));
  report.number("delivered", static_cast<double>(deliveries.delivered));
  report.number("missing", missing);
  report.number("unsaved", static_cast<double>(unsaved));
  report.number("unreadable", static_cast<double>(fleet.unreadable + deliveries.unknown));
  report.number("failures", static_cast<double>(fleet.failures));
  if (fleet.failures > 0) report.text("first_failure", fleet.first_failure);
  return missing == 0 && unsaved == 0 && fleet.unreadable + deliveries.unknown == 0 &&
         fleet.failures == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) give_up("usage: server_bench_load SCENARIO --port N [--name value]...");
  const auto scenario = scenarios().find(argv[1]);
  if (scenario == scenarios().end()) give_up(fmt::format("unknown scenario {}", argv[1]));
  Options options(argc, argv, 2);
  const Target target = target_of(options);
  const ServerProcess server(static_cast<pid_t>(options.count("pid", 0)));
  end_after(static_cast<unsigned>(options.count("limit", 180)));
  const std::string core = options.text("core", "");
  if (!core.empty() && !stay_on_core(static_cast<int>(options.count("core", 0))))
    give_up(fmt::format("cannot run on core {}", core));

  Fleet fleet(target);
  fleet.wire().tls = options.count("tls", 0) != 0;
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  Report report;
  report.text("scenario", argv[1]);
  const std::string name = fmt::format("bench-{:x}-{:x}", now_ns(), getpid());
  Run run{.options = options,
          .fleet = fleet,
          .server = server,
          .report = report,
          .name = name,
          .most_sockets = raise_file_limit()};
  scenario->second(run);
  const bool good = conclude(fleet, report);
  fmt::print("{}\n", report.line());
  for (Client* client : fleet.all()) client->reset();
  return good ? 0 : 1;
}
