// Custodian: an actor that manages retention while faults happen: it sets rules, puts and releases
// legal holds, and applies retention by hand, in addition to the server's own keeper.
//
//   I2 acked means durable   a confirmed rule, hold or release is in force and recorded
//   I19 retention            payloads are dropped only below the floor, and the floor never sinks.
//                            A kept state replaces them, at the floor and at each pin. Nothing is
//                            dropped under a legal hold
//
// Other oracles check that the kept states are right: they read the log as it was before anything
// was dropped (AppendedTables), and compare every snapshot (I17) and answer (I13) with it.
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
  std::uint64_t max_events = 100;  // the most events that a rule keeps
  std::uint64_t max_age_ms = 60'000;
};

class Custodian {
 public:
  // What was requested and confirmed for one workspace.
  struct Kept {
    log::RetentionRule rule;
    std::optional<log::Hold> hold;
    std::string
        since;  // of the hold, as the answer or the first look at the store said; "": not known yet
    std::uint64_t records = 0;
    std::optional<log::RetentionChange> pending;  // its answer has not come, and may never come
    log::Position floor = 0;                      // the highest that anybody was told
    log::Position swept_to = 0;
    std::uint64_t removed_pins = 0;                  // the count at that time
    std::optional<std::set<log::Position>> dropped;  // during a hold: what was dropped before it
  };

  // The promised pins of a workspace, and the number of pins that were ever removed.
  struct Pins {
    std::vector<log::Position> positions;
    std::uint64_t removed = 0;
  };
  using PinsOf = std::function<Pins(const std::string& workspace)>;

  Custodian(World& world, Server& server, CustodianSettings settings,
            std::set<std::string> workspaces, PinsOf pins);

  void start();

  // After a recovery, and at the end of the run.
  void check(const DiskTables& tables);

  // An older copy of the disk was brought back. Its content replaces what was requested.
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
  std::uint64_t past_ = 0;  // grows when positions start again
};

}  // namespace syncline::sim
