// Imports of a simulated process: what backend/server/import_service.h does, without files and threads.
//
// The pieces of a bundle are kept in memory and are lost with the process. When the last one has come, the bundle is
// verified, and its events and states are put into the store one after the other. A store that refuses for now is asked
// again. Until the end of that nobody may use the workspace.
//
// Thread-safety: none; lives in its process, which it does not outlive. Each import is used on the loop of its workspace.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/imports.h"
#include "node/shards.h"
#include "state/bundle_import.h"

namespace syncline::sim {

class MemoryImports final : public api::Imports {
 public:
  // Before the first request.
  void serve(const node::Shards& shards) { shards_ = &shards; }

  // Is the workspace closed because it is being imported?
  bool holds(const std::string& workspace) const;

  void status(const std::string& workspace, log::Done<api::ImportStatus> done) override;
  void piece(const std::string& workspace, std::uint64_t offset, std::string bytes,
             log::Done<api::ImportStatus> done) override;
  void give_up(const std::string& workspace, log::Done<api::ImportStatus> done) override;

 private:
  struct Import {
    std::string file;
    api::ImportStatus status;
    std::vector<state::ImportStep> steps = {};
    std::size_t next = 0;  // of these
  };
  using Shared = std::shared_ptr<Import>;

  void begin(const std::string& workspace, std::string bytes, log::Done<api::ImportStatus> done);
  Result<api::ImportStatus> append(const std::string& workspace, Shared import,
                                   const std::string& bytes);
  void run(const std::string& workspace, Shared import);
  void carry_on(const std::string& workspace, Shared import);

  node::Shard& shard_of(const std::string& workspace) const;

  const node::Shards* shards_ = nullptr;
  std::map<std::string, Shared> imports_;
};

}  // namespace syncline::sim
