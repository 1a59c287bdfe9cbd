#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/data/bundle_file.h"
#include "cli/data/options.h"
#include "cli/data/progress_bar.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct ExportOptions {
  std::string workspace;
  std::string output;
  bool resume = false;
  bool snapshots = false;
  bool json = false;
  SourceOptions source;
};

Result<void> write_stream(ExportStream& stream, BundleFile& file, Console& console) {
  for (;;) {
    const auto bytes = stream.next();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) return file.finish();
    if (auto ok = file.write(*bytes); !ok) return ok;
    const auto at = stream.at();
    show_progress(console, at.events, at.size,
                  fmt::format("{}, {}", count_of(at.events, "event"), size_text(file.bytes())));
  }
}

int run_export(const Command& command, const ExportOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  auto file = BundleFile::create(options.output, options.resume);
  if (!file) return console.failed(file.error());
  ExportPlan plan{.all_snapshots = options.snapshots};
  if (const auto& begun = file->begun()) {
    if (begun->header.workspace != options.workspace)
      return console.failed(
          {ErrorCode::kConflict, fmt::format("{}.part is of workspace {}", options.output,
                                             visible(begun->header.workspace))});
    plan.header = begun->header;
    plan.from = begun->mark;
  }
  auto stream = api->export_workspace(options.workspace, plan);
  if (!stream) return console.failed(stream.error());
  const auto written = write_stream(**stream, *file, console);
  console.progress({});
  if (!written) {
    if (written.error().code != ErrorCode::kConflict)
      console.message(
          fmt::format("{}.part has what came so far: go on with --resume", options.output));
    return console.failed(written.error());
  }
  const auto at = (*stream)->at();
  if (options.json)
    console.line(compact_json(Any::Object{{"workspace", Any(options.workspace)},
                                          {"file", Any(options.output)},
                                          {"events", json_number(at.size)},
                                          {"bytes", json_number(file->bytes())}}));
  else
    console.line(fmt::format("{}: {}, {}", options.output, count_of(at.size, "event"),
                             size_text(file->bytes())));
  return kDone;
}

}  // namespace

void add_export(Command& root) {
  Command& command = root.add("export", "Write a workspace, with its history, into one file");
  auto options = std::make_shared<ExportOptions>();
  command.argument({.name = "WORKSPACE", .text = "which", .required = true}, options->workspace);
  command.option({.name = "-o,--output",
                  .value = "FILE",
                  .text = "Where to; FILE.part until it is whole",
                  .required = true,
                  .is_file = true},
                 options->output);
  command.flag(
      {.name = "--resume", .text = "Go on with the FILE.part of an export that ended early"},
      options->resume);
  command.flag({.name = "--snapshots",
                .text = "All snapshots too, not only those that dropped payloads make necessary"},
               options->snapshots);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "The file holds every event as it is in the log, the pins, and what was signed of the log "
      "last. "
      "`syncline log verify FILE` checks it, `syncline import FILE` reads it in.");
  command.example("syncline export demo -o demo.bundle --server http://127.0.0.1:4400",
                  "from a running server");
  command.example("syncline export demo -o demo.bundle --resume", "after it was interrupted");
  command.run(
      [&command, options](Console& console) { return run_export(command, *options, console); });
}

}  // namespace syncline::cli
