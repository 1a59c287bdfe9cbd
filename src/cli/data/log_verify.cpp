#include <fmt/format.h>

#include <memory>
#include <optional>

#include "backend/store/rocksdb_store.h"
#include "cli/commands.h"
#include "cli/data/checkpoint_check.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct Options {
  std::string data_dir = "syncline-data";
  std::string checkpoint;
  std::string key;
  bool json = false;
};

std::string json_of(const backend::VerifyReport& report, std::uint64_t torn_bytes,
                    const std::optional<CheckedCheckpoint>& checked) {
  crdt::Any::Array damaged;
  for (const std::string& snapshot : report.damaged_snapshots) damaged.emplace_back(snapshot);
  crdt::Any checkpoint;
  if (checked)
    checkpoint = crdt::Any(crdt::Any::Object{{"workspace", crdt::Any(checked->workspace)},
                                             {"events", json_number(checked->size)}});
  return compact_json(crdt::Any::Object{{"ok", crdt::Any(true)},
                                        {"workspaces", json_number(report.workspaces)},
                                        {"events", json_number(report.events)},
                                        {"snapshots", json_number(report.snapshots)},
                                        {"damaged_snapshots", crdt::Any(std::move(damaged))},
                                        {"torn_bytes", json_number(torn_bytes)},
                                        {"checkpoint", std::move(checkpoint)}});
}

void print(const backend::VerifyReport& report, std::uint64_t torn_bytes,
           const std::optional<CheckedCheckpoint>& checked, Console& console) {
  console.line(fmt::format("sound: {}, {}, {}", count_of(report.workspaces, "workspace"),
                           count_of(report.events, "event"),
                           count_of(report.snapshots, "snapshot")));
  for (const std::string& snapshot : report.damaged_snapshots) {
    console.line(fmt::format("damaged snapshot of {}: will be rebuilt from the log when used",
                             visible(snapshot)));
  }
  if (checked)
    console.line(fmt::format("the log of {} begins with the {} of the checkpoint",
                             visible(checked->workspace), count_of(checked->size, "event")));
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
  std::optional<CheckedCheckpoint> checked;
  if (!options.checkpoint.empty()) {
    auto result = check_checkpoint(**store, options.data_dir, options.checkpoint, options.key);
    if (!result) return damaged(result.error(), options.json, console);
    checked = std::move(*result);
  }
  const std::uint64_t torn = (*store)->torn_bytes();
  options.json ? console.line(json_of(*report, torn, checked))
               : print(*report, torn, checked, console);
  return kDone;
}

}  // namespace

void add_log_verify(Command& log) {
  Command& command =
      log.add("verify", "Check every event, hash, tree and snapshot of a data directory");
  auto options = std::make_shared<Options>();
  command.option({.name = "--data-dir",
                  .value = "DIR",
                  .text = "What to check; its server may be running",
                  .environment = "SYNCLINE_DATA_DIR",
                  .is_file = true},
                 options->data_dir);
  command.option(
      {.name = "--checkpoint",
       .value = "FILE",
       .text = "A checkpoint that was kept elsewhere: the log must begin with its events",
       .is_file = true},
      options->checkpoint);
  command.option({.name = "--key",
                  .value = "KEY",
                  .text = "The key that must have signed it",
                  .fallback = "any in DIR/keys/public"},
                 options->key);
  command.json_flag(options->json);
  command.details("Changes nothing. Exits 1 at the first damage, naming its place.");
  command.example("syncline log verify --data-dir /var/lib/syncline", "is everything sound?");
  command.example("syncline log verify --checkpoint demo.checkpoint --key 'log.example+…'",
                  "and is it the log that was signed?");
  command.run([options](Console& console) { return verify(*options, console); });
}

}  // namespace syncline::cli
