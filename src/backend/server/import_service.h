// Workspaces that come in over HTTP as bundles (docs/formats/bundle.md), in pieces.
//
// The pieces are collected in a file (import_stage.h) until the bundle is whole. Then all of it is
// verified, and then its events are appended to the log of the workspace, as they are. From the first
// piece to the last event nobody but the import is let into the workspace (holds()), so that a beginning
// of it is never taken for all of it. Only one that does not exist can be imported.
//
// Whatever ends the process, the next one goes on: pieces are asked for again from the last whole
// section, and a bundle that was whole is verified and appended to its end. One that turns out to be
// wrong leaves no trace, unless events of it are in the log already (its file was damaged meanwhile):
// then the workspace stays closed until the bundle was sent again.
//
// Bounds: kMaxImports at a time, for each a section of its bundle in memory while it comes; one after
// the other is verified and appended, with the memory of state::VerifierOptions.
//
// Thread-safety: any thread. Answers come on the service's threads, or at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "api/imports.h"
#include "backend/store/import_stage.h"
#include "backend/store/worker_pool.h"
#include "log/difference.h"
#include "log/event_log.h"
#include "node/shards.h"
#include "syncline/error.h"

namespace syncline::backend {

using api::ImportState;
using api::ImportStatus;

class ImportService final : public api::Imports {
 public:
  static constexpr std::size_t kMaxImports = 8;

  // Keeps its files in `directory`. Shards and store outlive it, and the loops run until it is gone.
  ImportService(std::string directory, const node::Shards& shards);
  ~ImportService() override;

  // Goes on with what an earlier process began. Before anybody is let in.
  Result<void> resume();

  // kUnavailable while the workspace is being imported. Does not wait.
  Result<void> check_free(std::string_view workspace) const;

  void status(const std::string& workspace, log::Done<api::ImportStatus> done) override;
  void piece(const std::string& workspace, std::uint64_t offset, std::string bytes,
             log::Done<api::ImportStatus> done) override;
  void give_up(const std::string& workspace, log::Done<api::ImportStatus> done) override;

 private:
  // The stage belongs to the receiving thread, and to the importing one once it is whole; the rest is
  // guarded by mutex_.
  struct Import {
    Import(const std::string& directory, const std::string& workspace)
        : stage(directory, workspace) {}
    ImportStage stage;
    bool loaded = false;  // the stage; as it is
    bool held = true;
    ImportStatus status;
  };
  using Shared = std::shared_ptr<Import>;

  // On the receiving thread.
  Result<ImportStatus> look(const std::string& workspace);
  Result<ImportStatus> receive(const std::string& workspace, std::uint64_t offset, ByteView bytes);
  Result<ImportStatus> forget(const std::string& workspace);
  Result<Shared> begin(const std::string& workspace);
  Result<void> load(Import& import);

  // On the importing thread.
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

  // Asks on the workspace's loop, and waits for the answer.
  template <typename T>
  Result<T> ask(const std::string& workspace,
                const std::function<void(node::Shard&, log::Done<T>)>& question);
  Result<log::Head> head(const std::string& workspace);

  const std::string directory_;
  const node::Shards& shards_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, Shared, std::less<>> imports_;  // guarded; some have ended
  std::atomic<std::size_t> held_ = 0;                   // so many of them are under way
  store::WorkerPool importing_{1};
  store::WorkerPool receiving_{1};  // gone first: it submits to the other
};

}  // namespace syncline::backend
