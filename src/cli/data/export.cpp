#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/data/bundle_file.h"
#include "cli/data/options.h"
#include "cli/data/progress_bar.h"
#include "cli/json.h"
#include "cli/migrate/export_documents.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct ExportOptions {
  std::string workspace;
  std::string output;
  bool resume = false;
  bool snapshots = false;
  std::string yjs;  // a folder; "": a bundle is written
  std::string at;
  std::string format = "v1";
  bool force = false;
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

int run_document_export(const Command& command, const ExportOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto report = export_documents(
      *api,
      {.workspace = options.workspace,
       .folder = options.yjs,
       .at = options.at,
       .version = options.format == "v2" ? crdt::UpdateVersion::kV2 : crdt::UpdateVersion::kV1,
       .force = options.force},
      console);
  console.progress({});
  if (!report) return console.failed(report.error());
  if (options.json)
    console.line(compact_json(Any::Object{{"workspace", Any(options.workspace)},
                                          {"folder", Any(options.yjs)},
                                          {"objects", json_number(report->objects)},
                                          {"absent", json_number(report->absent)},
                                          {"bytes", json_number(report->bytes)}}));
  else
    console.line(fmt::format("{}: {}, {}", options.yjs, count_of(report->objects, "object"),
                             size_text(report->bytes)));
  return kDone;
}

// "": the options fit together.
std::string export_contradiction(const Command& command, const ExportOptions& options) {
  if (options.output.empty() == options.yjs.empty())
    return options.yjs.empty() ? "name where to: -o FILE for a bundle, or --yjs DIR"
                               : "either -o or --yjs";
  for (const std::string_view option : {"--resume", "--snapshots"})
    if (!options.yjs.empty() && command.typed(option))
      return fmt::format("{} is for bundles", option);
  for (const std::string_view option : {"--at", "--format", "--force"})
    if (options.yjs.empty() && command.typed(option))
      return fmt::format("{} needs --yjs: a bundle has the whole history", option);
  return {};
}

int run_any_export(const Command& command, const ExportOptions& options, Console& console) {
  if (const std::string wrong = export_contradiction(command, options); !wrong.empty())
    return console.misused(wrong);
  return options.yjs.empty() ? run_export(command, options, console)
                             : run_document_export(command, options, console);
}

}  // namespace

void add_export(Command& root) {
  Command& command = root.add(
      "export", "Write a workspace, with its history, into one file, or its documents for Yjs");
  auto options = std::make_shared<ExportOptions>();
  command.argument({.name = "WORKSPACE", .text = "which", .required = true}, options->workspace);
  command.option({.name = "-o,--output",
                  .value = "FILE",
                  .text = "Into a bundle; FILE.part until it is whole",
                  .is_file = true},
                 options->output);
  command.flag(
      {.name = "--resume", .text = "Go on with the FILE.part of an export that ended early"},
      options->resume);
  command.flag({.name = "--snapshots",
                .text = "All snapshots too, not only those that dropped payloads make necessary"},
               options->snapshots);
  command.option({.name = "--yjs",
                  .value = "DIR",
                  .text = "Into a folder, each object as a file of one Yjs update",
                  .is_file = true},
                 options->yjs);
  at_option(command, options->at);
  command.option({.name = "--format",
                  .value = "FORMAT",
                  .text = "Encoding of these updates",
                  .choices = {"v1", "v2"}},
                 options->format);
  command.flag({.name = "--force", .text = "Overwrite files in that folder"}, options->force);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "A bundle holds every event as it is in the log, the pins, and what was signed of the log "
      "last. "
      "`syncline log verify FILE` checks it, `syncline import FILE` reads it in.\n"
      "With --yjs, each object is written as an update that Y.applyUpdate takes, without its "
      "history. The names of the files are those of the objects, with %XX for characters that file "
      "names do not allow; `syncline import --yjs DIR` finds the same names again.");
  command.example("syncline export demo -o demo.bundle --server http://127.0.0.1:4400",
                  "from a running server");
  command.example("syncline export demo -o demo.bundle --resume", "after it was interrupted");
  command.example("syncline export demo --yjs demo-yjs --at 2026-11-30T12:00:00Z",
                  "the documents as they were, for other programs");
  command.run(
      [&command, options](Console& console) { return run_any_export(command, *options, console); });
}

}  // namespace syncline::cli
