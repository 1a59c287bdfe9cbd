#include "cli/migrate/import_command.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "cli/data/patient_transport.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/migrate/document_source.h"
#include "cli/migrate/import_documents.h"
#include "cli/migrate/local_server.h"
#include "cli/table.h"
#include "identity/names.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr std::uint64_t kServerPatienceMs = 60'000;  // with a server that has no time

std::optional<crdt::UpdateVersion> version_named(const std::string& format) {
  if (format == "v1") return crdt::UpdateVersion::kV1;
  if (format == "v2") return crdt::UpdateVersion::kV2;
  return std::nullopt;
}

// A file with a name on each line, or names with commas between them.
Result<std::vector<std::string>> read_list(const std::string& list) {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(list, error);
  std::string text = list;
  if (is_file) {
    const auto bytes = read_file(list);
    if (!bytes) return std::unexpected(bytes.error());
    text = as_text(*bytes);
  }
  std::vector<std::string> names;
  std::string name;
  for (const char c : text + (is_file ? '\n' : ',')) {
    if (c == '\r' && is_file) continue;
    if (c != (is_file ? '\n' : ',')) {
      name += c;
    } else if (!name.empty()) {
      names.push_back(std::exchange(name, {}));
    }
  }
  return names;
}

// The token for the source: the first line of the file, or the value of SYNCLINE_FROM_TOKEN.
Result<std::string> source_token(const DocumentImportOptions& options) {
  if (!options.from_token_file.empty()) return read_token(options.from_token_file);
  const char* token = std::getenv("SYNCLINE_FROM_TOKEN");
  return std::string(token == nullptr ? "" : token);
}

Result<std::unique_ptr<DocumentSource>> open_source(const DocumentImportOptions& options,
                                                    const DocumentPlan& plan) {
  if (!options.y_leveldb.empty()) return y_leveldb(options.y_leveldb);
  if (!options.hocuspocus_sqlite.empty()) return hocuspocus_sqlite(options.hocuspocus_sqlite);
  if (!options.y_sweet.empty()) return y_sweet(options.y_sweet);
  if (options.from.empty()) return yjs_files(options.yjs, version_named(options.format));
  auto token = source_token(options);
  if (!token) return std::unexpected(std::move(token.error()));
  return live_server({.url = options.from,
                      .names = plan.only,
                      .hocuspocus = options.protocol == "hocuspocus",
                      .token = std::move(*token)});
}

// The API of the target, and the server of a data directory for as long as it is used.
struct ImportTarget {
  std::unique_ptr<LocalServer> server;
  std::optional<Api> api;
};

Result<ImportTarget> open_import_target(const DocumentImportRun& run) {
  ImportTarget target;
  SourceOptions options = run.target;
  std::string token;
  if (run.to_server) {
    auto read = read_token(options.token_file);
    if (!read) return std::unexpected(std::move(read.error()));
    token = std::move(*read);
  } else if (run.dry_run && !std::filesystem::exists(options.data_dir)) {
    return target;  // a dry run makes no data directory
  } else {
    auto server = LocalServer::start(options.data_dir);
    if (!server) return std::unexpected(std::move(server.error()));
    options.server = (*server)->url();
    token = (*server)->token();
    target.server = std::move(*server);
  }
  auto transport = transport_to_server(url_of(options), token);
  if (!transport) return std::unexpected(std::move(transport.error()));
  target.api.emplace(ApiClient(std::make_unique<PatientTransport>(
      std::move(*transport), kServerPatienceMs,
      [](std::uint64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); })));
  return target;
}

Any json_of(const DocumentResult& result) {
  Any::Object object{{"name", Any(result.name)},
                     {"object", Any(result.object)},
                     {"result", Any(std::string(to_string(result.came)))},
                     {"bytes", json_number(result.bytes)},
                     {"changes", json_number(result.changes)}};
  if (!result.note.empty()) object.emplace_back("note", Any(result.note));
  return Any(std::move(object));
}

void print_json(const DocumentReport& report, const DocumentPlan& plan, Console& console) {
  Any::Array documents;
  for (const DocumentResult& result : report.documents) documents.push_back(json_of(result));
  Any::Object object{{"workspace", Any(plan.workspace)}, {"dry_run", Any(plan.dry_run)}};
  for (const Came came : {Came::kImported, Came::kEqual, Came::kMerged, Came::kEmpty,
                          Came::kIncomplete, Came::kFailed})
    object.emplace_back(std::string(to_string(came)), json_number(report.count(came)));
  object.emplace_back("complete", Any(report.complete()));
  object.emplace_back("documents", Any(std::move(documents)));
  console.line(compact_json(Any(std::move(object))));
}

void print_table(const DocumentReport& report, const DocumentPlan& plan, Console& console) {
  Table table({{"OBJECT"}, {"RESULT"}, {"SIZE", Align::kRight}, {"NOTE"}});
  for (const DocumentResult& result : report.documents)
    table.row({result.object,
               std::string(plan.dry_run && result.came == Came::kImported ? "would be " : "") +
                   std::string(to_string(result.came)),
               size_text(result.bytes), result.note});
  if (!table.empty()) console.out(table.print());
  std::string counts;
  for (const Came came : {Came::kImported, Came::kEqual, Came::kMerged, Came::kEmpty,
                          Came::kIncomplete, Came::kFailed})
    if (const std::uint64_t count = report.count(came); count > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, to_string(came));
  console.line(fmt::format("{}{}: {}", plan.dry_run ? "dry run, " : "", visible(plan.workspace),
                           counts.empty() ? "no documents" : counts));
}

Result<DocumentReport> run_document_import(const DocumentImportOptions& options,
                                           const DocumentImportRun& run, const DocumentPlan& plan,
                                           Console& console) {
  auto source = open_source(options, plan);
  if (!source) return std::unexpected(std::move(source.error()));
  // A source that cannot be read changes nothing, also no data directory.
  if (auto names = (*source)->names(); !names) return std::unexpected(std::move(names.error()));
  auto target = open_import_target(run);
  if (!target) return std::unexpected(std::move(target.error()));
  if (!target->api) {
    auto nothing = transport_to_nothing();
    target->api.emplace(ApiClient(std::move(nothing)));
  }
  return import_documents(**source, *target->api, plan, console);
}

}  // namespace

void document_import_options(Command& command, DocumentImportOptions& options) {
  command.option({.name = "--yjs",
                  .value = "PATH",
                  .text = "From a file of Yjs updates, or from a folder of such files",
                  .is_file = true},
                 options.yjs);
  command.option({.name = "--y-leveldb",
                  .value = "DIR",
                  .text = "From the folder of y-leveldb, the store of y-websocket's server",
                  .is_file = true},
                 options.y_leveldb);
  command.option({.name = "--hocuspocus-sqlite",
                  .value = "DATABASE",
                  .text = "From the database of Hocuspocus' extension for SQLite",
                  .is_file = true},
                 options.hocuspocus_sqlite);
  command.option({.name = "--y-sweet",
                  .value = "DIR",
                  .text = "From the file system store of y-sweet",
                  .is_file = true},
                 options.y_sweet);
  command.option({.name = "--from",
                  .value = "URL",
                  .text = "From a running server, such as ws://127.0.0.1:1234; --objects names its "
                          "documents"},
                 options.from);
  command.option({.name = "--protocol",
                  .value = "PROTOCOL",
                  .text = "That the server of --from speaks",
                  .choices = {"y-websocket", "hocuspocus"}},
                 options.protocol);
  command.option({.name = "--from-token-file",
                  .value = "FILE",
                  .text = "File whose first line is the token for --from; or set "
                          "SYNCLINE_FROM_TOKEN",
                  .is_file = true},
                 options.from_token_file);
  command.option({.name = "--format",
                  .value = "FORMAT",
                  .text = "Encoding of the updates in the files of --yjs",
                  .choices = {"v1", "v2", "auto"}},
                 options.format);
  command.option(
      {.name = "--workspace", .value = "NAME", .text = "The workspace that gets the documents"},
      options.workspace);
  command.option({.name = "--prefix",
                  .value = "TEXT",
                  .text = "Text before the names of the documents, such as notes/"},
                 options.prefix);
  command.option({.name = "--objects",
                  .value = "LIST",
                  .text = "Only these documents: names with commas between them, or a file with "
                          "a name on each line",
                  .fallback = "all"},
                 options.objects);
  command.flag(
      {.name = "--merge", .text = "Join documents with objects that have changes of their own"},
      options.merge);
  command.flag({.name = "--keep-deleted",
                .text = "Bring also the content of what was deleted, where the source has it"},
               options.keep_deleted);
}

std::vector<std::string> named_sources(const DocumentImportOptions& options) {
  std::vector<std::string> named;
  const std::pair<const char*, const std::string&> sources[] = {
      {"--yjs", options.yjs},
      {"--y-leveldb", options.y_leveldb},
      {"--hocuspocus-sqlite", options.hocuspocus_sqlite},
      {"--y-sweet", options.y_sweet},
      {"--from", options.from}};
  for (const auto& [option, value] : sources)
    if (!value.empty()) named.push_back(option);
  return named;
}

int import_from_documents(const DocumentImportOptions& options, const DocumentImportRun& run,
                          Console& console) {
  if (options.workspace.empty())
    return console.misused("name the workspace that gets the documents: --workspace");
  if (!options.from.empty() && options.objects.empty())
    return console.misused(
        "a server does not say which documents it has: name them with --objects");
  if (auto ok = identity::check_workspace_name(options.workspace); !ok)
    return console.failed(ok.error());
  DocumentPlan plan{.workspace = options.workspace,
                    .prefix = options.prefix,
                    .merge = options.merge,
                    .keep_deleted = options.keep_deleted,
                    .dry_run = run.dry_run};
  if (!options.objects.empty()) {
    auto only = read_list(options.objects);
    if (!only) return console.failed(only.error());
    plan.only = std::move(*only);
  }
  const auto report = run_document_import(options, run, plan, console);
  if (!report) return console.failed(report.error());
  run.json ? print_json(*report, plan, console) : print_table(*report, plan, console);
  if (report->stopped)
    return console.failed({report->stopped->code,
                           report->stopped->message + "; the same command goes on from there"});
  return report->complete() ? kDone : kFailed;
}

}  // namespace syncline::cli
