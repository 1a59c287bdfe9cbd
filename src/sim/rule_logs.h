// RuleLogs: the policies and shares of some workspaces, and the policies of their tenant, as they are on the disk. The warden
// (sim/warden.h) and its members ask it by which rules something may have been judged.
//
// Workspaces are named by their index, in the order of the constructor; the log of the tenant comes after them.
//
// Thread-safety: none. The server and the oracle must outlive it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/access_model.h"
#include "sim/rules_oracle.h"
#include "sim/server.h"

namespace syncline::sim {

class RuleLogs {
 public:
  // The names are those within the server. `tenant_log`: "" for none.
  RuleLogs(Server& server, const RulesOracle& oracle, const std::vector<std::string>& workspaces,
           const std::string& tenant_log);

  std::size_t tenant() const { return wards_; }
  // Reads the changes that are new on the disk.
  void read_on();
  // What read_on() has found, of one log.
  const AccessModel& held(std::size_t log) const { return logs_[log].held; }
  // The same of a workspace and the tenant together.
  AccessModel rules_of(std::size_t ward) const { return held(ward).with(logs_.back().held); }
  // The event that gave this reason; 0: read_on() has found none.
  log::Position position_of(const std::string& reason) const;
  // Whoever made the change of the tenant's rules with that reason was told that it holds.
  void confirmed(const std::string& reason);

  // The end of a log, as far as anybody knows.
  log::Position end(std::size_t log);
  // What may judge something that is asked for now, at the earliest; and, when that has been answered, at the latest. If no
  // process runs, more may be on the disk than anybody has seen.
  RuleSpan now(std::size_t ward);
  RuleSpan until_now(std::size_t ward, RuleSpan since);
  std::weak_ptr<const int> process() const;

 private:
  struct Log {
    std::string name;  // "": there is none
    AccessModel held;
    log::Position end = 0;
    log::Position read = 0;
  };

  Server& server_;
  const RulesOracle& oracle_;
  const std::size_t wards_;
  std::vector<Log> logs_;
  std::map<std::string, log::Position, std::less<>> reasons_;
  log::Position confirmed_ = 0;  // of the tenant's changes
};

}  // namespace syncline::sim
