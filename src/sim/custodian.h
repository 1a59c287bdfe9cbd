// Those who say how long history is kept: they set rules, put legal holds on workspaces and release
// them, and have retention carried out by hand, beside the server's own keeper, while the world breaks.
//
//   I2 acked means durable   a rule, a hold, a release that was confirmed stands, and is on record
//   I19 retention            payloads go only below the floor, which never sinks, and only where a kept
//                            state stands for them: at the floor and at each pin; none goes under a
//                            legal hold
//
// That what is kept is true is for others to say: oracles read the log as it was before anything was
// dropped (AppendedTables), and hold the server to every snapshot (I17) and answer (I13) by that.
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "log/retention.h"
#include "sim/api_user.h"
#include "sim/server.h"

namespace syncline::sim {

struct CustodianSettings {
  bool works = false;
  std::uint64_t every_us = 10'000'000;
  std::uint64_t max_events = 100;  // that a rule keeps
  std::uint64_t max_age_ms = 60'000;
};

class Custodian {
 public:
  // What was asked for and confirmed, of one workspace.
  struct Kept {
    log::RetentionRule rule;
    std::optional<log::Hold> hold;
    std::uint64_t records = 0;
    std::optional<log::RetentionChange> pending;  // its answer has not come, and may never
    log::Position floor = 0;                      // the highest that anybody was told of
    log::Position swept_to = 0;
    std::uint64_t removed_pins = 0;                  // when that was so
    std::optional<std::set<log::Position>> dropped;  // while a hold stands: when it began to
  };

  // The pins of a workspace that are promised, and how many were ever removed from it.
  struct Pins {
    std::vector<log::Position> positions;
    std::uint64_t removed = 0;
  };
  using PinsOf = std::function<Pins(const std::string& workspace)>;

  Custodian(World& world, Server& server, CustodianSettings settings,
            std::set<std::string> workspaces, PinsOf pins);

  void start();

  // After a recovery, and when all is quiet.
  void check(const DiskTables& tables);

  // An older copy of the disk has come back: what it says is what was ever asked for.
  void rolled_back(const DiskTables& tables);

  // For tests.
  Kept& kept(const std::string& workspace) { return kept_[workspace]; }

 private:
  void act_later();
  void act();
  void change(const std::string& workspace, log::RetentionChange change);
  void changed(const std::string& workspace, const ApiUser::Answer& answer);
  void confirm(Kept& kept);
  void refused(const std::string& workspace, Kept& kept, const ApiUser::Answer& answer);
  void retain(const std::string& workspace);
  void retained(const std::string& workspace, const ApiUser::Answer& answer);
  log::RetentionChange draw_change(const Kept& kept);
  void check_workspace(const DiskTables& tables, const std::string& workspace, Kept& kept);
  void check_said(const DiskTables& tables, const std::string& workspace, Kept& kept,
                  const log::Retention& stored);
  void check_bounds(const std::string& workspace, Kept& kept, const log::Retention& stored);
  void check_swept(const std::string& workspace, const std::vector<log::Event>& events,
                   log::Position swept_to);
  void check_events(const DiskTables& tables, const std::string& workspace, Kept& kept,
                    log::Position floor);
  void broken(const std::string& workspace, std::string_view what);

  World& world_;
  Server& server_;
  const CustodianSettings settings_;
  const std::vector<std::string> workspaces_;
  const PinsOf pins_;
  ApiUser user_;
  Dice dice_;
  std::map<std::string, Kept> kept_;
  std::uint64_t past_ = 0;  // grows when positions begin anew
};

}  // namespace syncline::sim
