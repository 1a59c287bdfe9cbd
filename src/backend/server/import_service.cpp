#include "backend/server/import_service.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "backend/store/bundle_input.h"
#include "base/qualified_name.h"
#include "node/known_types.h"
#include "state/bundle_import.h"

namespace syncline::backend {
namespace {

constexpr std::chrono::milliseconds kRetry{500};  // while the store is full
constexpr std::size_t kRemembered = 64;           // imports, including some that have ended

// What of a step counts for the quotas of the tenant.
struct ImportedUse {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
  bool new_workspace = false;
};

ImportedUse use_of(const state::ImportStep& step) {
  const auto* const append = std::get_if<state::AppendStep>(&step);
  if (append == nullptr || append->events.empty()) return {};
  return {.events = append->events.size(),
          .bytes = append->changes_bytes,
          .objects = append->new_objects,
          .new_workspace = append->events.front().position == 1};
}

// On the loop of the workspace. It counts when it is durable.
void carry_out_and_count(node::Shard& shard, const std::string& workspace, state::ImportStep step,
                         log::Done<void> done) {
  const ImportedUse imported = use_of(step);
  state::carry_out(shard.sources, workspace, std::move(step),
                   [&shard, workspace, imported, done = std::move(done)](Result<void> put) mutable {
                     const limits::SharedUse use =
                         put && imported.events > 0 ? shard.uses.of(workspace) : nullptr;
                     if (use != nullptr) {
                       use->take_over(imported.bytes, imported.objects, imported.new_workspace);
                       use->take(limits::Quota::kEvents, imported.events,
                                 shard.scheduler.turn_began_us() / 1000);
                     }
                     done(std::move(put));
                   });
}

}  // namespace

ImportService::ImportService(std::string directory, const node::Shards& shards,
                             std::uint64_t idle_ms, std::function<Result<void>()> has_room,
                             observe::Sink* reports)
    : directory_(std::move(directory)),
      shards_(shards),
      reporter_(reports, observe::Area::kApi),
      idle_(idle_ms),
      has_room_(std::move(has_room)),
      watching_([this](const std::stop_token& stop) { watch(stop); }) {}

ImportService::~ImportService() {
  stopping_ = true;
}

template <typename T>
Result<T> ImportService::ask(const std::string& workspace,
                             const std::function<void(node::Shard&, log::Done<T>)>& question) {
  const auto answer = std::make_shared<std::promise<Result<T>>>();
  auto waiting = answer->get_future();
  shards_.on_owner(workspace, [&, answer](node::Shard& shard) {
    question(shard, [answer](Result<T> result) { answer->set_value(std::move(result)); });
  });
  return waiting.get();
}

Result<log::Head> ImportService::head(const std::string& workspace) {
  return ask<log::Head>(workspace, [&](node::Shard& shard, log::Done<log::Head> done) {
    shard.store->events().head(workspace, std::move(done));
  });
}

// The default tenant always exists.
bool ImportService::has_tenant(const std::string& workspace) {
  if (split_name(workspace).tenant.empty()) return true;
  return ask<bool>(workspace,
                   [&](node::Shard& shard, log::Done<bool> done) {
                     done(shard.uses.of(workspace) != nullptr);
                   })
      .value_or(true);
}

Result<void> ImportService::resume() {
  const auto found = ImportStage::find(directory_);
  if (!found) return std::unexpected(found.error());
  for (const ImportStage::Found& each : *found) {
    const auto import = std::make_shared<Import>(directory_, each.workspace);
    const auto there = head(each.workspace);
    if (!there) return std::unexpected(there.error());
    if ((!each.whole && there->last_position > 0) || !has_tenant(each.workspace)) {
      // The workspace was created in another way, or its tenant was erased.
      if (auto ok = import->stage.remove(); !ok) return ok;
      continue;
    }
    import->status.state = each.whole ? ImportState::kVerifying : ImportState::kReceiving;
    {
      const std::lock_guard lock(mutex_);
      imports_[each.workspace] = import;
      ++held_;
    }
    reporter_.info("import continues", {{"workspace", each.workspace}});
    if (each.whole) run_later(each.workspace, import);
  }
  return {};
}

Result<void> ImportService::check_free(std::string_view workspace) const {
  if (held_ == 0 || !find(workspace)) return {};
  return fail(ErrorCode::kUnavailable, fmt::format("workspace {} is being imported", workspace));
}

ImportService::Shared ImportService::find(std::string_view workspace) const {
  const std::lock_guard lock(mutex_);
  const auto found = imports_.find(workspace);
  return found != imports_.end() && found->second->held ? found->second : nullptr;
}

ImportStatus ImportService::status_of(const Import& import) const {
  const std::lock_guard lock(mutex_);
  return import.status;
}

void ImportService::update(Import& import, const std::function<void(ImportStatus&)>& change) {
  const std::lock_guard lock(mutex_);
  change(import.status);
}

// Looks a few times in the time that an import may be idle.
void ImportService::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any asleep;
  std::unique_lock lock(mutex);
  while (!asleep.wait_for(lock, stop, idle_ / 4 + std::chrono::milliseconds(1),
                          [&] { return stop.stop_requested(); })) {
    if (held_ > 0) receiving_.submit([this] { give_up_idle(); });
  }
}

void ImportService::give_up_idle() {
  std::vector<std::string> idle;
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [workspace, import] : imports_) {
      const bool receiving = import->held && import->status.state == ImportState::kReceiving;
      if (receiving && now - import->active >= idle_) idle.push_back(workspace);
    }
  }
  // If a file cannot be removed, the next look tries again.
  for (const std::string& workspace : idle)
    if (!stopping_) (void)forget(workspace);
}

void ImportService::status(const std::string& workspace, log::Done<ImportStatus> done) {
  receiving_.submit([this, workspace, done = std::move(done)]() mutable { done(look(workspace)); });
}

void ImportService::piece(const std::string& workspace, std::uint64_t offset, std::string bytes,
                          log::Done<ImportStatus> done) {
  receiving_.submit(
      [this, workspace, offset, bytes = std::move(bytes), done = std::move(done)]() mutable {
        done(receive(workspace, offset, as_bytes(bytes)));
      });
}

void ImportService::give_up(const std::string& workspace, log::Done<ImportStatus> done) {
  receiving_.submit(
      [this, workspace, done = std::move(done)]() mutable { done(forget(workspace)); });
}

Result<ImportStatus> ImportService::look(const std::string& workspace) {
  Shared import;
  {
    const std::lock_guard lock(mutex_);
    const auto found = imports_.find(workspace);
    if (found == imports_.end()) return ImportStatus{};
    import = found->second;
  }
  if (status_of(*import).state == ImportState::kReceiving)
    if (auto ok = load(*import); !ok) return std::unexpected(std::move(ok.error()));
  return status_of(*import);
}

Result<void> ImportService::load(Import& import) {
  if (import.loaded) return {};
  if (auto ok = import.stage.load(); !ok) return ok;
  import.loaded = true;
  update(import, [&](ImportStatus& status) {
    status = {.state = ImportState::kReceiving,
              .received = import.stage.received(),
              .header = import.stage.header()};
  });
  return {};
}

Result<ImportStatus> ImportService::receive(const std::string& workspace, std::uint64_t offset,
                                            ByteView bytes) {
  if (stopping_) return fail(ErrorCode::kUnavailable, "the server is shutting down");
  if (auto room = has_room_(); !room) return std::unexpected(std::move(room.error()));
  Shared import = find(workspace);
  const bool begins = !import;
  if (begins) {
    if (offset > 0) return fail(ErrorCode::kConflict, "nothing of it is here: begin at offset 0");
    auto begun = begin(workspace);
    if (!begun) return std::unexpected(std::move(begun.error()));
    import = std::move(*begun);
  }
  const ImportState state = status_of(*import).state;
  if (state == ImportState::kVerifying || state == ImportState::kAppending)
    return fail(ErrorCode::kConflict, "all of it is here");
  auto ok = load(*import);
  if (ok) ok = check_quotas(workspace, import->stage.received() + bytes.size());
  if (ok && offset != import->stage.received())
    return fail(ErrorCode::kConflict,
                fmt::format("the next byte is that at offset {}", import->stage.received()));
  if (ok) ok = import->stage.append(bytes);
  update(*import, [&](ImportStatus& now) {
    import->active = std::chrono::steady_clock::now();
    now.received = import->stage.received();
    now.header = import->stage.header();
  });
  if (ok && import->stage.at_end()) {
    ok = import->stage.finish();
    import->loaded = false;
    if (ok) run_later(workspace, import);
  }
  if (ok) return status_of(*import);
  // If the first piece is not the beginning of a bundle, nothing is kept.
  if (begins && import->stage.received() == 0)
    if (import->stage.remove()) end(*import, false, {});
  return std::unexpected(std::move(ok.error()));
}

// Nobody knows before the end what the changes in a file take, but it is less than the file.
Result<void> ImportService::check_quotas(const std::string& workspace, std::uint64_t bytes) {
  if (split_name(workspace).tenant.empty()) return {};
  return ask<void>(workspace, [&](node::Shard& shard, log::Done<void> done) {
    const limits::SharedUse use = shard.uses.of(workspace);
    if (use == nullptr) return done({});
    const bool is_new = use->stored() == limits::StoredUse();
    auto within = use->check(limits::Quota::kStoredBytes, bytes);
    if (within && is_new) within = use->check(limits::Quota::kWorkspaces, 1);
    done(std::move(within));
  });
}

Result<ImportService::Shared> ImportService::begin(const std::string& workspace) {
  const auto there = head(workspace);
  if (!there) return std::unexpected(there.error());
  if (there->last_position > 0)
    return fail(ErrorCode::kConflict,
                fmt::format("workspace {} exists: give another name", workspace));
  if (held_ >= kMaxImports) give_up_idle();
  // Asks on the loop of the workspace, where sessions begin. After this, none does.
  return ask<Shared>(workspace, [&](node::Shard& shard, log::Done<Shared> done) {
    if (shard.host.has(workspace))
      return done(fail(ErrorCode::kUnavailable,
                       fmt::format("somebody is connected to workspace {}", workspace)));
    done(hold(workspace));
  });
}

Result<ImportService::Shared> ImportService::hold(const std::string& workspace) {
  const std::lock_guard lock(mutex_);
  if (held_ >= kMaxImports)
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} imports are under way, which is the most; one that gets no more "
                            "bytes is given up in time",
                            kMaxImports));
  for (auto at = imports_.begin(); at != imports_.end() && imports_.size() >= kRemembered;)
    at = at->second->held ? std::next(at) : imports_.erase(at);
  auto import = std::make_shared<Import>(directory_, workspace);
  import->status.state = ImportState::kReceiving;
  imports_[workspace] = import;
  ++held_;
  reporter_.info("import begins", {{"workspace", workspace}});
  return import;
}

void ImportService::end(Import& import, bool held, ImportStatus status) {
  const std::lock_guard lock(mutex_);
  import.status = std::move(status);
  if (import.held && !held) --held_;
  import.held = held;
}

Result<ImportStatus> ImportService::forget(const std::string& workspace) {
  const Shared import = find(workspace);
  if (!import) return fail(ErrorCode::kNotFound, "nothing of it is here");
  const auto there = head(workspace);
  if (!there) return std::unexpected(there.error());
  if (status_of(*import).state != ImportState::kReceiving || there->last_position > 0)
    return fail(ErrorCode::kConflict, "all of it is here, and some of it in the log");
  if (auto ok = import->stage.remove(); !ok) return std::unexpected(std::move(ok.error()));
  end(*import, false, {});
  reporter_.info("import was given up", {{"workspace", workspace}});
  return ImportStatus{};
}

void ImportService::run_later(const std::string& workspace, Shared import) {
  update(*import, [](ImportStatus& now) { now.state = ImportState::kVerifying; });
  importing_.submit([this, workspace, import = std::move(import)] { run(workspace, *import); });
}

void ImportService::run(const std::string& workspace, Import& import) {
  const auto verified =
      verify_bundle(import.stage.whole_path(), {}, [&](std::uint64_t done, std::uint64_t total) {
        update(import, [&](ImportStatus& now) {
          now.received = total;
          now.done = done;
        });
        return !stopping_;
      });
  if (stopping_) return;
  if (!verified) return failed(workspace, import, verified.error());
  update(import, [&](ImportStatus& now) {
    now.state = ImportState::kAppending;
    now.header = verified->header;
  });
  for (;;) {
    const auto appended = append(workspace, import);
    if (appended) return succeeded(workspace, import);
    if (stopping_) return;
    if (appended.error().code != ErrorCode::kUnavailable)
      return failed(workspace, import, appended.error());
    std::this_thread::sleep_for(kRetry);
  }
}

log::Checked<void> ImportService::append(const std::string& workspace, Import& import) {
  const auto at_storage = [](const Error& error) {
    return log::differs(log::Check::kStorage, {}, error);
  };
  const auto there = head(workspace);
  if (!there) return at_storage(there.error());
  state::BundleImport events(*there, {.types = node::known_types()});
  std::uint64_t size = 0;
  auto each = [&](const log::BundleSection& section) -> log::Checked<void> {
    if (const auto* header = std::get_if<log::BundleHeader>(&section)) size = header->size;
    if (there->last_position > size)
      return log::differs(log::Check::kChain, {}, "there is another log in this workspace already",
                          ErrorCode::kConflict);
    auto steps = events.section(section);
    if (!steps) return std::unexpected(std::move(steps.error()));
    for (state::ImportStep& step : *steps) {
      const auto done = ask<void>(workspace, [&](node::Shard& shard, log::Done<void> answer) {
        carry_out_and_count(shard, workspace, std::move(step), std::move(answer));
      });
      if (!done) return at_storage(done.error());
    }
    return {};
  };
  return read_bundle(import.stage.whole_path(), each, [&](std::uint64_t done, std::uint64_t) {
    update(import, [&](ImportStatus& now) {
      now.done = done;
      now.appended = there->last_position + events.appended();
    });
    return !stopping_;
  });
}

void ImportService::succeeded(const std::string& workspace, Import& import) {
  // Drops what was cached while the workspace was still empty, and the record that nothing was
  // signed.
  (void)ask<void>(workspace, [&](node::Shard& shard, log::Done<void> done) {
    shard.cache.forget(workspace);
    shard.checkpoints.sign_soon(workspace);
    // Before anybody is let in: its log may say that it was deleted. If it cannot be opened, nobody is served.
    shard.host.get(workspace).open([done = std::move(done)](Result<void>) mutable { done({}); });
  });
  // If the file cannot be removed, the next start finds that it is already imported.
  (void)import.stage.remove();
  ImportStatus status = status_of(import);
  status.state = ImportState::kDone;
  reporter_.info("import is complete", {{"workspace", workspace}, {"events", status.appended}});
  end(import, false, std::move(status));
}

// A log of another origin is left unchanged, and so is one that does not exist yet.
void ImportService::failed(const std::string& workspace, Import& import,
                           const log::Difference& difference) {
  const auto there = head(workspace);
  const bool untouched = there && there->last_position == 0;
  const bool forget = untouched || difference.code == ErrorCode::kConflict;
  const bool gone = forget && import.stage.remove().has_value();
  ImportStatus status = status_of(import);
  status.state = ImportState::kFailed;
  status.received = 0;
  status.failure = difference;
  reporter_.error("import failed", {{"workspace", workspace}, {"reason", difference.message}});
  end(import, !gone, std::move(status));
}

}  // namespace syncline::backend
