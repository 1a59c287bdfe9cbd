// ImportService: imports workspaces from bundles (docs/formats/bundle.md) that arrive over HTTP in
// pieces.
//
// It collects the pieces in a file (import_stage.h) until the bundle is complete. Then it verifies
// the whole bundle and appends its events, unchanged, to the log of the workspace. From the first
// piece to the last event, only the import may enter the workspace, so that nobody takes a part of
// it for the whole. A workspace that already exists cannot be imported.
//
// If the process ends, the next process continues: it asks for pieces from the last whole section,
// and it verifies and appends a bundle that was complete. A bad bundle leaves no trace, unless some
// of its events are already in the log (because its file was damaged in the meantime). Then the
// workspace stays closed until the bundle has been sent again.
//
// An import that nobody continues is given up after `idle_ms`, because it keeps the name of its
// workspace and one of the few places: soon after that time, or at once when another import needs
// the place. After a restart, the time begins again. An import with events in the log stays.
//
// Bounds: at most kMaxImports at a time. Each needs memory for one section of its bundle while it
// arrives. Bundles are verified and appended one after the other, with the memory of
// state::VerifierOptions.
//
// Thread-safety: any thread. Answers come on the service's threads, or at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "api/imports.h"
#include "backend/store/import_stage.h"
#include "backend/store/worker_pool.h"
#include "log/difference.h"
#include "log/event_log.h"
#include "node/shards.h"
#include "observe/report.h"
#include "syncline/error.h"

namespace syncline::backend {

using api::ImportState;
using api::ImportStatus;

class ImportService final : public api::Imports {
 public:
  static constexpr std::size_t kMaxImports = 8;

  // Keeps its files in `directory`. `shards` and the store must outlive it, and the loops must run
  // until it is destroyed.
  // `has_room` says whether the disk is full; called on any thread. Then no bytes are accepted.
  ImportService(std::string directory, const node::Shards& shards, std::uint64_t idle_ms,
                std::function<Result<void>()> has_room, observe::Sink* reports = nullptr);
  ~ImportService() override;

  // Continues the imports of an earlier process. Call it before anybody may enter a workspace.
  Result<void> resume();

  // kUnavailable while the workspace is being imported. Does not wait.
  Result<void> check_free(std::string_view workspace) const;

  void status(const std::string& workspace, log::Done<api::ImportStatus> done) override;
  void piece(const std::string& workspace, std::uint64_t offset, std::string bytes,
             log::Done<api::ImportStatus> done) override;
  void give_up(const std::string& workspace, log::Done<api::ImportStatus> done) override;

 private:
  // The stage belongs to the receiving thread; once it is complete, it belongs to the importing
  // thread. mutex_ guards the other members.
  struct Import {
    Import(const std::string& directory, const std::string& workspace)
        : stage(directory, workspace) {}
    ImportStage stage;
    bool loaded = false;  // the stage has been loaded
    bool held = true;
    std::chrono::steady_clock::time_point active = std::chrono::steady_clock::now();  // last piece
    ImportStatus status;
  };
  using Shared = std::shared_ptr<Import>;

  // On the receiving thread:
  Result<ImportStatus> look(const std::string& workspace);
  Result<ImportStatus> receive(const std::string& workspace, std::uint64_t offset, ByteView bytes);
  Result<ImportStatus> forget(const std::string& workspace);
  void give_up_idle();
  Result<Shared> begin(const std::string& workspace);
  Result<void> check_quotas(const std::string& workspace, std::uint64_t bytes);
  Result<void> load(Import& import);

  // On the importing thread:
  void run(const std::string& workspace, Import& import);
  log::Checked<void> append(const std::string& workspace, Import& import);
  void succeeded(const std::string& workspace, Import& import);
  void failed(const std::string& workspace, Import& import, const log::Difference& difference);

  Shared find(std::string_view workspace) const;
  Result<Shared> hold(const std::string& workspace);
  void end(Import& import, bool held, ImportStatus status);
  void update(Import& import, const std::function<void(ImportStatus&)>& change);
  ImportStatus status_of(const Import& import) const;
  void run_later(const std::string& workspace, Shared import);

  // On a thread of its own:
  void watch(const std::stop_token& stop);

  // Asks on the workspace's loop and waits for the answer.
  template <typename T>
  Result<T> ask(const std::string& workspace,
                const std::function<void(node::Shard&, log::Done<T>)>& question);
  Result<log::Head> head(const std::string& workspace);
  bool has_tenant(const std::string& workspace);

  const std::string directory_;
  const node::Shards& shards_;
  const observe::Reporter reporter_;
  const std::chrono::milliseconds idle_;
  const std::function<Result<void>()> has_room_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, Shared, std::less<>> imports_;  // guarded; some of them have ended
  std::atomic<std::size_t> held_ = 0;                   // the number of running imports
  store::WorkerPool importing_{1};
  store::WorkerPool receiving_{1};  // destroyed before the other, because it submits to it
  std::jthread watching_;           // destroyed first, because it submits to receiving_
};

}  // namespace syncline::backend
