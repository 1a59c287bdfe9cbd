#include <fmt/format.h>

#include <memory>

#include "backend/store/rocksdb_store.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct Options {
  std::string data_dir = "syncline-data";
  bool json = false;
};

std::string json_of(const backend::VerifyReport& report, std::uint64_t torn_bytes) {
  crdt::Any::Array damaged;
  for (const std::string& snapshot : report.damaged_snapshots) damaged.emplace_back(snapshot);
  return compact_json(crdt::Any::Object{{"ok", crdt::Any(true)},
                                        {"workspaces", json_number(report.workspaces)},
                                        {"events", json_number(report.events)},
                                        {"snapshots", json_number(report.snapshots)},
                                        {"damaged_snapshots", crdt::Any(std::move(damaged))},
                                        {"torn_bytes", json_number(torn_bytes)}});
}

void print(const backend::VerifyReport& report, std::uint64_t torn_bytes, Console& console) {
  console.line(fmt::format("sound: {}, {}, {}", count_of(report.workspaces, "workspace"),
                           count_of(report.events, "event"),
                           count_of(report.snapshots, "snapshot")));
  for (const std::string& snapshot : report.damaged_snapshots) {
    console.line(fmt::format("damaged snapshot of {}: will be rebuilt from the log when used",
                             visible(snapshot)));
  }
  if (torn_bytes > 0) {
    console.line(
        fmt::format("{} of an append that was never acknowledged, at the end: will be dropped",
                    size_text(torn_bytes)));
  }
}

int damaged(const Error& error, bool json, Console& console) {
  if (json) {
    console.line(
        compact_json(crdt::Any::Object{{"ok", crdt::Any(false)},
                                       {"error", crdt::Any(std::string(to_string(error.code)))},
                                       {"message", crdt::Any(error.message)}}));
  }
  return console.failed(error);
}

int verify(const Options& options, Console& console) {
  auto store = backend::RocksDbStore::open(
      {.data_dir = options.data_dir, .create_if_missing = false, .read_only = true});
  if (!store) return damaged(store.error(), options.json, console);
  auto report = (*store)->verify([&](const backend::VerifyProgress& progress) {
    console.progress(fmt::format("{}, in workspace {}", count_of(progress.events_done, "event"),
                                 visible(progress.workspace)));
    return true;
  });
  console.progress({});
  if (!report) return damaged(report.error(), options.json, console);
  const std::uint64_t torn = (*store)->torn_bytes();
  options.json ? console.line(json_of(*report, torn)) : print(*report, torn, console);
  return kDone;
}

}  // namespace

void add_log_verify(Command& log) {
  Command& command = log.add("verify", "Check every event, hash and snapshot of a data directory");
  auto options = std::make_shared<Options>();
  command.option({.name = "--data-dir",
                  .value = "DIR",
                  .text = "What to check; its server may be running",
                  .environment = "SYNCLINE_DATA_DIR",
                  .is_file = true},
                 options->data_dir);
  command.json_flag(options->json);
  command.details("Changes nothing. Exits 1 at the first damage, naming its place.");
  command.example("syncline log verify --data-dir /var/lib/syncline", "is everything sound?");
  command.run([options](Console& console) { return verify(*options, console); });
}

}  // namespace syncline::cli
