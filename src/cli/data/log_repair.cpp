#include <fmt/format.h>

#include <memory>

#include "backend/store/repair.h"
#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using backend::RepairReport;
using crdt::Any;

struct LogRepairOptions {
  std::string data_dir = "syncline-data";
  bool json = false;
};

std::string json_of(const RepairReport& report) {
  Any::Array losses;
  for (const RepairReport::Loss& loss : report.losses) {
    losses.emplace_back(Any::Object{{"workspace", Any(loss.workspace)},
                                    {"kept_to", json_number(loss.kept_to)},
                                    {"seen_to", json_number(loss.seen_to)},
                                    {"reason", Any(loss.reason)}});
  }
  Any::Array upkeep;
  for (const std::string& workspace : report.upkeep_lost) upkeep.emplace_back(workspace);
  return compact_json(Any::Object{{"workspaces", json_number(report.workspaces)},
                                  {"events", json_number(report.events)},
                                  {"snapshots", json_number(report.snapshots)},
                                  {"snapshots_dropped", json_number(report.snapshots_dropped)},
                                  {"standing_dropped", json_number(report.standing_dropped)},
                                  {"wal_bytes_dropped", json_number(report.wal_bytes_dropped)},
                                  {"losses", Any(std::move(losses))},
                                  {"upkeep_lost", Any(std::move(upkeep))},
                                  {"damaged_dir", Any(report.damaged_dir)}});
}

void print(const RepairReport& report, Console& console) {
  console.line(fmt::format("saved: {}, {}, {}", count_of(report.workspaces, "workspace"),
                           count_of(report.events, "event"),
                           count_of(report.snapshots, "snapshot")));
  if (report.wal_bytes_dropped > 0) {
    console.line(fmt::format("dropped: {} of the write-ahead log, behind its first damage",
                             size_text(report.wal_bytes_dropped)));
  }
  if (report.snapshots_dropped > report.standing_dropped) {
    console.line(
        fmt::format("dropped: {}; the log rebuilds them",
                    count_of(report.snapshots_dropped - report.standing_dropped, "snapshot")));
  }
  if (report.standing_dropped > 0) {
    console.line(console.paint(
        Colour::kRed,
        fmt::format("lost: {}, where retention has dropped what the log would rebuild "
                    "them from; objects that need them are in quarantine",
                    count_of(report.standing_dropped, "snapshot"))));
  }
  for (const std::string& workspace : report.upkeep_lost) {
    console.line(console.paint(
        Colour::kRed, fmt::format("lost: workspace {}: pins, or its rule or hold of retention, "
                                  "cannot be read; look at them and set them again",
                                  visible(workspace))));
  }
  for (const RepairReport::Loss& loss : report.losses) {
    const std::string kept =
        loss.kept_to == 0 ? "nothing is left" : fmt::format("events to {} are kept", loss.kept_to);
    const std::string seen =
        loss.seen_to > loss.kept_to ? fmt::format(", those to {} are lost", loss.seen_to) : "";
    console.line(console.paint(
        Colour::kRed, fmt::format("lost: workspace {}: {}{}: {}", visible(loss.workspace), kept,
                                  seen, visible(loss.reason))));
  }
  console.line(fmt::format("the damaged files are in {}", report.damaged_dir));
}

int repair(const LogRepairOptions& options, Console& console) {
  console.progress("saving what is sound …");
  auto report = backend::repair_store({.data_dir = options.data_dir, .create_if_missing = false});
  console.progress({});
  if (!report) return console.failed(report.error());
  options.json ? console.line(json_of(*report)) : print(*report, console);
  return kDone;
}

}  // namespace

void add_log_repair(Command& log) {
  Command& command = log.add("repair", "Save what is sound of a damaged data directory");
  auto options = std::make_shared<LogRepairOptions>();
  data_dir_option(command, options->data_dir, "What to repair; its server must be stopped");
  command.json_flag(options->json);
  command.details(
      "Each workspace is kept up to its first damage and says what was lost. The damaged files "
      "stay beside the new ones. Needs as much free space as the data.");
  command.example("syncline log repair --data-dir /var/lib/syncline",
                  "after a start was refused because of damage");
  command.run([options](Console& console) { return repair(*options, console); });
}

}  // namespace syncline::cli
