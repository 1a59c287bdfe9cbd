// Auditor: an observer outside the server. It asks for signed checkpoints from time to time, as a
// client of GET /v1/…/checkpoint does, and keeps them where no crash and no insider can change
// them.
//
//   I8 audit      every event has an inclusion proof, any two checkpoints have a consistency proof,
//                 and every root equals that of a tree computed in the simplest way
//                 (sim/model_tree.h)
//   I9 tampering  a log that was rolled back is detected; for edits, see sim/tampering.h
//
// Thread-safety: none. The server must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "log/notary.h"
#include "sim/server.h"
#include "store/tables.h"

namespace syncline::sim {

class Auditor {
 public:
  Auditor(World& world, Server& server, std::set<std::string> workspaces);

  void start();
  void ask();  // for a checkpoint of each workspace, at once
  bool waits() const { return pending_.use_count() > 1; }

  // An older copy of the disk has replaced the one of the checkpoints. A workspace that is now
  // shorter than its checkpoint must be noticed, once.
  void rolled_back(const store::Tables& tables);

  // The check at the end of the run: the checkpoints match the disk and can be proved.
  void check(const store::Tables& tables);

  // The newest checkpoint of the workspace; nullptr if there is none.
  const log::SignedCheckpoint* newest(const std::string& workspace) const;

  static const log::NotaryIdentity& identity();

 private:
  void ask_later();
  void take(const std::string& workspace, log::SignedCheckpoint checkpoint);
  void check_workspace(const store::Tables& tables, const std::string& workspace);
  bool continues(const store::Tables& tables, const std::string& workspace,
                 const log::Checkpoint& old, const log::Checkpoint& now) const;
  void broken(const std::string& workspace, std::string_view what);

  World& world_;
  Server& server_;
  const std::set<std::string> workspaces_;
  Dice dice_;
  const std::uint64_t every_us_;
  std::map<std::string, std::vector<log::SignedCheckpoint>> kept_;
  std::set<std::string> shortened_;   // by a rollback that was not noticed yet
  std::set<std::string> unanswered_;  // workspaces whose last request got no answer
  // One more owner for each pending request.
  std::shared_ptr<const int> pending_ = std::make_shared<const int>();
};

}  // namespace syncline::sim
