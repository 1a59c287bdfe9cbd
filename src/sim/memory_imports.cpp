#include "sim/memory_imports.h"

#include <utility>

#include "log/bundle_reader.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kAgainMs = 100;  // after a refusal that may pass

// Reads the file section by section. False: more bytes are needed.
template <typename Take>
log::Checked<bool> read_sections(const std::string& file, Take&& take) {
  log::BundleReader reader;
  reader.feed(as_bytes(file));
  for (;;) {
    const auto section = reader.next();
    if (!section) return log::differs(log::Check::kBundle, {}, section.error());
    if (!*section) return reader.at_end();
    if (auto ok = take(**section); !ok) return std::unexpected(std::move(ok.error()));
  }
}

// All that the file asks for, verified.
log::Checked<std::vector<state::ImportStep>> steps_of(const std::string& file,
                                                      const merge::TypeRegistry& types) {
  state::BundleVerifier verifier({.types = types}, {});
  do {
    const auto verified = read_sections(
        file, [&](const log::BundleSection& section) { return verifier.section(section); });
    if (!verified) return std::unexpected(verified.error());
  } while (verifier.begin_pass());
  if (auto report = verifier.report(); !report) return std::unexpected(std::move(report.error()));
  state::BundleImport import(log::Head{}, {.types = types});
  std::vector<state::ImportStep> all;
  const auto read =
      read_sections(file, [&](const log::BundleSection& section) -> log::Checked<void> {
        auto steps = import.section(section);
        if (!steps) return std::unexpected(std::move(steps.error()));
        for (state::ImportStep& step : *steps) all.push_back(std::move(step));
        return {};
      });
  if (!read) return std::unexpected(read.error());
  return all;
}

bool may_pass(const Error& error) {
  return error.code == ErrorCode::kUnavailable;
}

}  // namespace

node::Shard& MemoryImports::shard_of(const std::string& workspace) const {
  return *shards_->at(shards_->placement().owner_of(workspace));
}

bool MemoryImports::holds(const std::string& workspace) const {
  const auto found = imports_.find(workspace);
  if (found == imports_.end()) return false;
  const api::ImportState state = found->second->status.state;
  return state != api::ImportState::kDone && state != api::ImportState::kFailed;
}

void MemoryImports::status(const std::string& workspace, log::Done<api::ImportStatus> done) {
  const auto found = imports_.find(workspace);
  done(found == imports_.end() ? api::ImportStatus{} : found->second->status);
}

void MemoryImports::give_up(const std::string& workspace, log::Done<api::ImportStatus> done) {
  const auto found = imports_.find(workspace);
  if (found == imports_.end() || found->second->status.state != api::ImportState::kReceiving)
    return done(fail(ErrorCode::kConflict, "there is no import that could be given up"));
  imports_.erase(found);
  done(api::ImportStatus{});
}

void MemoryImports::piece(const std::string& workspace, std::uint64_t offset, std::string bytes,
                          log::Done<api::ImportStatus> done) {
  const auto found = imports_.find(workspace);
  if (found == imports_.end() && offset == 0)
    return begin(workspace, std::move(bytes), std::move(done));
  if (found == imports_.end() || found->second->status.state != api::ImportState::kReceiving ||
      found->second->file.size() != offset)
    return done(fail(ErrorCode::kConflict, "other bytes are expected next"));
  done(append(workspace, found->second, bytes));
}

void MemoryImports::begin(const std::string& workspace, std::string bytes,
                          log::Done<api::ImportStatus> done) {
  shard_of(workspace).store->events().head(
      workspace, [this, workspace, bytes = std::move(bytes),
                  done = std::move(done)](Result<log::Head> head) mutable {
        if (!head) return done(std::unexpected(std::move(head.error())));
        if (head->last_position > 0)
          return done(fail(ErrorCode::kConflict, "workspace " + workspace + " exists"));
        if (shard_of(workspace).host.has(workspace))
          return done(fail(ErrorCode::kUnavailable, "clients are connected to " + workspace));
        auto import = std::make_shared<Import>();
        import->status.state = api::ImportState::kReceiving;
        imports_[workspace] = import;
        done(append(workspace, std::move(import), bytes));
      });
}

Result<api::ImportStatus> MemoryImports::append(const std::string& workspace, Shared import,
                                                const std::string& bytes) {
  import->file += bytes;
  import->status.received = import->file.size();
  const auto whole =
      read_sections(import->file, [](const log::BundleSection&) { return log::Checked<void>(); });
  if (!whole) {
    imports_.erase(workspace);
    return fail(ErrorCode::kMalformed, whole.error().message);
  }
  if (*whole) run(workspace, import);
  return import->status;
}

void MemoryImports::run(const std::string& workspace, Shared import) {
  auto steps = steps_of(import->file, shard_of(workspace).sources.types);
  if (!steps) {
    import->status.state = api::ImportState::kFailed;
    import->status.failure = std::move(steps.error());
    return;
  }
  import->status.state = api::ImportState::kAppending;
  import->steps = std::move(*steps);
  shard_of(workspace).scheduler.post([this, workspace, import] { carry_on(workspace, import); });
}

void MemoryImports::carry_on(const std::string& workspace, Shared import) {
  if (import->next == import->steps.size()) {
    shard_of(workspace).cache.forget(workspace);  // it was found empty before
    import->status.state = api::ImportState::kDone;
    return;
  }
  state::carry_out(shard_of(workspace).sources, workspace, import->steps[import->next],
                   [this, workspace, import](Result<void> done) {
                     if (done) {
                       ++import->next;
                       return carry_on(workspace, import);
                     }
                     if (may_pass(done.error())) {
                       shard_of(workspace).scheduler.after(
                           kAgainMs, [this, workspace, import] { carry_on(workspace, import); });
                       return;
                     }
                     import->status.state = api::ImportState::kFailed;
                     import->status.failure =
                         log::differs(log::Check::kStorage, {}, done.error()).error();
                   });
}

}  // namespace syncline::sim
