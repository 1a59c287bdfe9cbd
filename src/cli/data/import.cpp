#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "backend/store/bundle_input.h"
#include "backend/store/rocksdb_store.h"
#include "base/qualified_name.h"
#include "cli/commands.h"
#include "cli/data/checkpoint_check.h"
#include "cli/data/import_to_server.h"
#include "cli/data/options.h"
#include "cli/data/progress_bar.h"
#include "cli/data/waiting_loop.h"
#include "cli/json.h"
#include "cli/migrate/import_command.h"
#include "cli/table.h"
#include "identity/names.h"
#include "node/known_types.h"
#include "state/bundle_import.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct ImportOptions {
  std::string file;  // a bundle; "": documents are imported
  DocumentImportOptions documents;
  std::string into;
  std::string key;
  SourceOptions target;
  bool dry_run = false;
  bool restart = false;
  bool json = false;
};

struct Outcome {
  state::BundleReport report;
  std::string workspace;
  std::uint64_t there = 0;     // events that the log already had
  std::uint64_t appended = 0;  // or, in a dry run, would be appended
};

backend::OnRead bar(Console& console, std::string_view doing) {
  return [&console, doing](std::uint64_t done, std::uint64_t total) {
    show_progress(console, done, total, fmt::format("{} {}", doing, size_text(done)));
    return true;
  };
}

// The log into which the bundle is imported.
class Target {
 public:
  static Result<Target> open(const ImportOptions& options, std::string workspace) {
    Target target(std::move(workspace));
    auto store = backend::RocksDbStore::open({.data_dir = options.target.data_dir,
                                              .create_if_missing = !options.dry_run,
                                              .read_only = options.dry_run});
    // A dry run makes no data directory. Without one, there are no events.
    if (!store && options.dry_run && store.error().code == ErrorCode::kNotFound) return target;
    if (!store) return std::unexpected(std::move(store.error()));
    target.store_ = std::move(*store);
    target.loop_ = std::make_unique<WaitingLoop>();
    target.log_ = target.store_->open_loop(*target.loop_);
    return target;
  }

  Result<log::Head> head() {
    if (!log_) return log::Head{};
    return loop_->wait<log::Head>(
        [&](auto done) { log_->events().head(workspace_, std::move(done)); });
  }

  // The hash of an event of this log.
  Result<Hash256> hash_at(log::Position position) {
    auto events = loop_->wait<std::vector<log::Event>>([&](auto done) {
      log_->events().read(workspace_, position - 1, {.to = position, .max_events = 1},
                          std::move(done));
    });
    if (!events) return std::unexpected(std::move(events.error()));
    return events->empty() ? Hash256{} : events->front().hash;
  }

  Result<void> carry_out(state::ImportStep step) {
    return loop_->wait<void>([&](auto done) {
      state::carry_out({*log_, node::known_types()}, workspace_, std::move(step), std::move(done));
    });
  }

 private:
  explicit Target(std::string workspace) : workspace_(std::move(workspace)) {}

  std::string workspace_;
  std::unique_ptr<WaitingLoop> loop_;
  std::unique_ptr<backend::RocksDbStore> store_;  // empty in a dry run without a data directory
  std::unique_ptr<log::LoopStore> log_;
};

// The head of the target's log. If the log is longer than the bundle, its head at the bundle's size.
Result<log::Head> common_head(Target& target, const log::BundleHeader& header) {
  auto there = target.head();
  if (!there || there->last_position <= header.size) return there;
  const auto hash = target.hash_at(header.size);
  if (!hash) return std::unexpected(hash.error());
  return log::Head{header.size, *hash, there->hlc, there->era};
}

log::Checked<Outcome> import_here(const ImportOptions& options, Outcome outcome, Console& console) {
  const auto failed = [](const Error& error) {
    return log::differs(log::Check::kStorage, {}, error);
  };
  auto target = Target::open(options, qualified(options.target.tenant, outcome.workspace));
  if (!target) return failed(target.error());
  const auto there = common_head(*target, outcome.report.header);
  if (!there) return failed(there.error());
  outcome.there = there->last_position;

  state::BundleImport import(*there, {.types = node::known_types()});
  auto carry_out = [&](const log::BundleSection& section) -> log::Checked<void> {
    auto steps = import.section(section);
    if (!steps) return std::unexpected(std::move(steps.error()));
    if (options.dry_run) return {};
    for (state::ImportStep& step : *steps)
      if (auto ok = target->carry_out(std::move(step)); !ok) return failed(ok.error());
    return {};
  };
  if (auto ok = backend::read_bundle(options.file, carry_out, bar(console, "imported")); !ok)
    return std::unexpected(std::move(ok.error()));
  outcome.appended = import.appended();
  return outcome;
}

log::Checked<Outcome> import_there(const ImportOptions& options, Outcome outcome,
                                   Console& console) {
  const auto failed = [](const Error& error) {
    return log::differs(log::Check::kStorage, {}, error);
  };
  auto token = read_token(options.target.token_file);
  if (!token) return failed(token.error());
  const ServerImport wish{.url = url_of(options.target),
                          .token = std::move(*token),
                          .file = options.file,
                          .workspace = outcome.workspace,
                          .header = outcome.report.header,
                          .dry_run = options.dry_run,
                          .restart = options.restart};
  const auto there = import_to_server(wish, console);
  if (!there) return failed(there.error());
  outcome.there = *there;
  outcome.appended = outcome.report.header.size - *there;
  return outcome;
}

log::Checked<Outcome> run_import(const ImportOptions& options, bool to_server, Console& console) {
  auto keys = parse_keys(options.key);
  if (!keys) return log::differs(log::Check::kKeys, {}, keys.error());
  auto report =
      backend::verify_bundle(options.file, {std::move(*keys), {}}, bar(console, "verified"));
  if (!report) return std::unexpected(std::move(report.error()));
  Outcome outcome{.report = std::move(*report)};
  outcome.workspace = options.into.empty() ? outcome.report.header.workspace : options.into;
  if (const std::string& tenant = options.target.tenant; !tenant.empty())
    if (auto ok = identity::check_tenant_name(tenant); !ok)
      return log::differs(log::Check::kStorage, {}, ok.error());
  if (auto ok = identity::check_workspace_name(outcome.workspace); !ok)
    return log::differs(log::Check::kStorage, {}, ok.error());
  return to_server ? import_there(options, std::move(outcome), console)
                   : import_here(options, std::move(outcome), console);
}

void print(const Outcome& outcome, const ImportOptions& options, Console& console) {
  if (options.json) {
    console.line(
        compact_json(Any::Object{{"workspace", Any(outcome.workspace)},
                                 {"from", Any(outcome.report.header.workspace)},
                                 {"events", json_number(outcome.report.header.size)},
                                 {"there_before", json_number(outcome.there)},
                                 {"appended", json_number(outcome.appended)},
                                 {"pins", json_number(outcome.report.pins)},
                                 {"signed_events", json_number(outcome.report.signed_events)},
                                 {"signed_by", Any(outcome.report.signed_by)},
                                 {"dry_run", Any(options.dry_run)}}));
    return;
  }
  console.line(fmt::format("{}{}: {}, {} of them new, {}", options.dry_run ? "would be " : "",
                           visible(outcome.workspace),
                           count_of(outcome.report.header.size, "event"), outcome.appended,
                           count_of(outcome.report.pins, "pin")));
  if (outcome.report.signed_events > 0)
    console.line(fmt::format("signed as {}: {}{}", visible(outcome.report.signed_by),
                             count_of(outcome.report.signed_events, "event"),
                             options.key.empty() ? ", by keys that the file brings" : ""));
}

// "": the options fit together.
std::string contradiction(const Command& command, const ImportOptions& options) {
  std::vector<std::string> sources = named_sources(options.documents);
  if (!options.file.empty()) sources.insert(sources.begin(), "FILE");
  if (sources.empty()) return "name what is imported: a bundle, or a source such as --yjs";
  if (sources.size() > 1) return fmt::format("either {} or {}", sources[0], sources[1]);
  const bool of_bundle = !options.file.empty();
  for (const std::string_view option : {"--into", "--key", "--restart"})
    if (!of_bundle && command.typed(option))
      return fmt::format("{} is for bundles, and {} has Yjs documents", option, sources[0]);
  for (const std::string_view option :
       {"--workspace", "--prefix", "--objects", "--format", "--merge", "--keep-deleted",
        "--protocol", "--from-token-file"})
    if (of_bundle && command.typed(option))
      return fmt::format("{} is for Yjs documents, and {} is a bundle", option, options.file);
  return {};
}

int import_any(const Command& command, const ImportOptions& options, Console& console) {
  if (const std::string wrong = contradiction(command, options); !wrong.empty())
    return console.misused(wrong);
  const auto to_server = names_server(command, options.target);
  if (!to_server) return console.misused(to_server.error().message);
  if (options.file.empty())
    return import_from_documents(options.documents,
                                 {.target = options.target,
                                  .to_server = *to_server,
                                  .dry_run = options.dry_run,
                                  .json = options.json},
                                 console);
  const auto outcome = run_import(options, *to_server, console);
  console.progress({});
  if (!outcome) return console.failed(outcome.error());
  print(*outcome, options, console);
  return kDone;
}

}  // namespace

void add_import(Command& root) {
  Command& command = root.add(
      "import", "Read a workspace from a bundle, or documents from the store of another server");
  auto options = std::make_shared<ImportOptions>();
  command.argument({.name = "FILE", .text = "a bundle that export wrote", .is_file = true},
                   options->file);
  document_import_options(command, options->documents);
  command.option({.name = "--into",
                  .value = "NAME",
                  .text = "Of a bundle: another name",
                  .fallback = "the one it had"},
                 options->into);
  source_options(command, options->target, "Into a running server, such as http://127.0.0.1:4400",
                 "Into a data directory; its server must be stopped");
  key_option(command, options->key, "those in the file");
  command.flag(
      {.name = "--restart",
       .text = "Of a bundle: send all of it again, whatever the server has of another file"},
      options->restart);
  command.flag({.name = "--dry-run", .text = "Verify, say what would be imported, change nothing"},
               options->dry_run);
  command.json_flag(options->json);
  command.details(
      "A bundle is verified whole before anything is changed. Events keep their positions, hashes "
      "and bytes, and what was signed of them stays with them. An import that was interrupted goes "
      "on with the same command; until it is done a server lets nobody into the workspace, and a "
      "data directory, whose server must be stopped, has a beginning of that history. A workspace "
      "that holds other events is left alone.\n"
      "From another source, each Yjs document becomes an object of the workspace. Its content "
      "arrives as changes of whoever imports, through the same checks as all changes. Documents "
      "that are there already are left alone, so the same command continues an import that was "
      "interrupted. In the end the state vector, the deletions and the content of each document "
      "are "
      "compared; a difference is an error, and so is a document that cannot be read. The others go "
      "on. The source is only read.");
  command.example("syncline import demo.bundle --into demo-2 --key 'log.example+…'",
                  "into a data directory, believing only what that key signed");
  command.example("syncline import demo.bundle --server http://127.0.0.1:4400",
                  "into a running server");
  command.example("syncline import demo.bundle --dry-run", "what would happen");
  command.example("syncline import --yjs notes/ --workspace team --server http://127.0.0.1:4400",
                  "each file of Yjs updates in a folder as an object");
  command.example("syncline import --y-leveldb ydata --workspace team", "the store of y-websocket");
  command.example(
      "syncline import --from ws://127.0.0.1:1234 --objects plan,ideas --workspace team",
      "two documents of a running server");
  command.run(
      [&command, options](Console& console) { return import_any(command, *options, console); });
}

}  // namespace syncline::cli
