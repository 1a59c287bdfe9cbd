#include <fmt/format.h>

#include <memory>

#include "backend/store/bundle_input.h"
#include "cli/commands.h"
#include "cli/data/checkpoint_check.h"
#include "cli/data/options.h"
#include "cli/data/progress_bar.h"
#include "cli/data/verify_data_dir.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using backend::VerifyReport;
using crdt::Any;

struct LogVerifyOptions {
  std::string bundle;
  std::string data_dir = "syncline-data";
  std::string checkpoint;
  std::string key;
  bool json = false;
};

std::string json_of(const VerifiedDir& outcome) {
  const VerifyReport& report = outcome.report;
  Any::Array damaged;
  for (const std::string& snapshot : report.damaged_snapshots) damaged.emplace_back(snapshot);
  Any::Array gaps;
  for (const VerifyReport::Gap& gap : report.gaps)
    gaps.emplace_back(Any::Object{{"workspace", Any(gap.workspace)},
                                  {"object", Any(gap.object)},
                                  {"from", json_number(gap.from)},
                                  {"to", json_number(gap.to)},
                                  {"events", json_number(gap.events)}});
  Any checkpoint;
  if (outcome.checkpoint)
    checkpoint = Any(Any::Object{{"origin", Any(outcome.checkpoint->origin)},
                                 {"events", json_number(outcome.checkpoint->size)}});
  return compact_json(Any::Object{{"ok", Any(true)},
                                  {"workspaces", json_number(report.workspaces)},
                                  {"events", json_number(report.events)},
                                  {"snapshots", json_number(report.snapshots)},
                                  {"pins", json_number(report.pins)},
                                  {"pins_and_rules_without_events", json_number(report.untold)},
                                  {"replayed", json_number(report.replayed)},
                                  {"effects", json_number(report.effects)},
                                  {"snapshots_compared", json_number(report.snapshots_compared)},
                                  {"not_replayable", json_number(report.not_replayable)},
                                  {"gaps", Any(std::move(gaps))},
                                  {"files", json_number(report.files)},
                                  {"file_bytes", json_number(report.file_bytes)},
                                  {"signed_events", json_number(report.signed_events)},
                                  {"origin_events", json_number(report.origin_events)},
                                  {"damaged_snapshots", Any(std::move(damaged))},
                                  {"torn_bytes", json_number(outcome.torn_bytes)},
                                  {"checkpoint", std::move(checkpoint)}});
}

void print(const VerifiedDir& outcome, Console& console) {
  const VerifyReport& report = outcome.report;
  console.line(fmt::format("sound: {}, {}, {}", count_of(report.workspaces, "workspace"),
                           count_of(report.events, "event"),
                           count_of(report.snapshots, "snapshot")));
  console.line(fmt::format("replayed: {} and {} came out the same",
                           count_of(report.replayed, "event"),
                           count_of(report.snapshots_compared, "snapshot")));
  for (const VerifyReport::Gap& gap : report.gaps)
    console.line(fmt::format("not replayable from here: {}/{}, {} from {} to {}",
                             visible(gap.workspace), visible(gap.object),
                             count_of(gap.events, "event"), gap.from, gap.to));
  console.line(
      fmt::format("signed: {} of {}", report.signed_events, count_of(report.events, "event")));
  if (report.files > 0)
    console.line(fmt::format("files: {} with {}, intact", count_of(report.files, "file"),
                             size_text(report.file_bytes)));
  if (report.origin_events > 0)
    console.line(fmt::format("signed where it came from, by keys that it names itself: {}",
                             count_of(report.origin_events, "event")));
  if (report.untold > 0)
    console.line(
        fmt::format("not proved: pins and rules of Syncline 0.1 ({} in all); a server makes events "
                    "of them when it "
                    "opens their workspace",
                    report.untold));
  for (const std::string& snapshot : report.damaged_snapshots)
    console.line(fmt::format("damaged snapshot of {}: will be rebuilt from the log when used",
                             visible(snapshot)));
  if (outcome.checkpoint)
    console.line(fmt::format("{} begins with the {} of the checkpoint",
                             visible(outcome.checkpoint->origin),
                             count_of(outcome.checkpoint->size, "event")));
  if (outcome.torn_bytes > 0)
    console.line(
        fmt::format("{} of an append that was never acknowledged, at the end: will be dropped",
                    size_text(outcome.torn_bytes)));
}

int differs(const log::Difference& difference, bool json, Console& console) {
  if (json)
    console.line(compact_json(Any::Object{{"ok", Any(false)},
                                          {"check", Any(std::string(to_string(difference.check)))},
                                          {"error", Any(std::string(to_string(difference.code)))},
                                          {"message", Any(difference.message)},
                                          {"workspace", Any(difference.workspace)},
                                          {"position", json_number(difference.position)},
                                          {"object", Any(difference.object)}}));
  return console.failed(difference);
}

// ---- bundles

log::Checked<state::BundleReport> verify_file(const LogVerifyOptions& options, Console& console) {
  auto keys = parse_keys(options.key);
  if (!keys) return log::differs(log::Check::kKeys, {}, keys.error());
  state::BundleTrust trust{.keys = std::move(*keys), .known = {}};
  if (!options.checkpoint.empty()) {
    if (trust.keys.empty())
      return log::differs(log::Check::kCheckpoint, {}, "a checkpoint needs the key that signed it",
                          ErrorCode::kInvalid);
    auto checkpoint = read_checkpoint(options.checkpoint, trust.keys);
    if (!checkpoint) return log::differs(log::Check::kCheckpoint, {}, checkpoint.error());
    trust.known.push_back(std::move(*checkpoint));
  }
  return backend::verify_bundle(options.bundle, std::move(trust),
                                [&](std::uint64_t done, std::uint64_t total) {
                                  show_progress(console, done, total, size_text(done));
                                  return true;
                                });
}

std::string json_of(const state::BundleReport& report) {
  Any::Array gaps;
  for (const state::ReplayGap& gap : report.replay.gaps)
    gaps.emplace_back(Any::Object{{"object", Any(gap.object)},
                                  {"from", json_number(gap.from)},
                                  {"to", json_number(gap.to)},
                                  {"events", json_number(gap.events)}});
  return compact_json(Any::Object{{"ok", Any(true)},
                                  {"workspace", Any(report.header.workspace)},
                                  {"events", json_number(report.header.size)},
                                  {"pins", json_number(report.pins)},
                                  {"snapshots", json_number(report.snapshots)},
                                  {"effects", json_number(report.replay.effects)},
                                  {"snapshots_compared", json_number(report.replay.snapshots)},
                                  {"not_replayable", json_number(report.replay.not_replayable)},
                                  {"gaps", Any(std::move(gaps))},
                                  {"signed_events", json_number(report.signed_events)},
                                  {"signed_by", Any(report.signed_by)}});
}

void print(const state::BundleReport& report, const LogVerifyOptions& options, Console& console) {
  const state::ReplayCounts& replay = report.replay;
  console.line(fmt::format("sound: workspace {}, {}, {}, {}", visible(report.header.workspace),
                           count_of(report.header.size, "event"),
                           count_of(report.snapshots, "snapshot"), count_of(report.pins, "pin")));
  console.line(fmt::format("replayed: {} and {} came out the same",
                           count_of(replay.effects + replay.untold, "event"),
                           count_of(replay.snapshots, "snapshot")));
  for (const state::ReplayGap& gap : replay.gaps)
    console.line(fmt::format("not replayable from here: {}, {} from {} to {}", visible(gap.object),
                             count_of(gap.events, "event"), gap.from, gap.to));
  if (report.signed_events == 0) return console.line("signed: nothing");
  console.line(fmt::format("signed: {} of {}, as {}{}", report.signed_events,
                           count_of(report.header.size, "event"), visible(report.signed_by),
                           options.key.empty() ? ", by keys that the file brings" : ""));
}

int verify(const LogVerifyOptions& options, Console& console) {
  if (!options.bundle.empty()) {
    const auto report = verify_file(options, console);
    console.progress({});
    if (!report) return differs(report.error(), options.json, console);
    options.json ? console.line(json_of(*report)) : print(*report, options, console);
    return kDone;
  }
  const auto outcome =
      verify_data_dir({options.data_dir, options.checkpoint, options.key}, console);
  console.progress({});
  if (!outcome) return differs(outcome.error(), options.json, console);
  options.json ? console.line(json_of(*outcome)) : print(*outcome, console);
  return kDone;
}

}  // namespace

void add_log_verify(Command& log) {
  Command& command =
      log.add("verify", "Re-derive every hash, tree, signature, effect and snapshot");
  auto options = std::make_shared<LogVerifyOptions>();
  command.argument({.name = "FILE",
                    .text = "a bundle that export wrote; else the data directory",
                    .is_file = true},
                   options->bundle);
  data_dir_option(command, options->data_dir,
                  "What to check, or a copy of it; its server may be running");
  command.option(
      {.name = "--checkpoint,--since",
       .value = "FILE",
       .text = "A checkpoint that was kept elsewhere: the log must begin with its events",
       .is_file = true},
      options->checkpoint);
  key_option(command, options->key, "those in DIR/keys/public, or in FILE");
  command.json_flag(options->json);
  command.details(
      "Reads every event from the first on: its checksum, its hash and that of the one before, the "
      "Merkle tree, what was signed, and, by replaying it, what it did; and every snapshot, "
      "against "
      "the replayed state. Changes nothing. Exits 1 at the first difference, naming its place.");
  command.example("syncline log verify --data-dir /var/lib/syncline", "is everything sound?");
  command.example("syncline log verify --since demo.checkpoint --key 'log.example+…'",
                  "and is it the log that was signed?");
  command.example("syncline log verify demo.bundle --key 'log.example+…'",
                  "a file from elsewhere, and what that key signed of it");
  command.run([options](Console& console) { return verify(*options, console); });
}

}  // namespace syncline::cli
