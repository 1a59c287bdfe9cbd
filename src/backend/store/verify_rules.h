// Compares a store's tables of pins and of retention with what follows from the events of a workspace's
// system objects (log/rules.h): a pin that somebody moved, or a hold that somebody removed, is found.
//
// What Syncline 0.1 kept without events is not covered until a server takes it over; it is counted.
//
// Thread-safety: none; for the verifier (backend/store/verify.h) on its thread.
#pragma once

#include <cstdint>
#include <string>

#include "backend/store/database.h"
#include "log/difference.h"
#include "log/rules_held.h"
#include "state/rules_replay.h"

namespace syncline::backend::store {

class RulesCheck {
 public:
  // `rules`: of all events of the log, whose last is at `last` and whose first has that record version.
  RulesCheck(const Database& database, std::string workspace, WorkspaceId id,
             rocksdb::ReadOptions options, const state::RulesReplay& rules, log::Position last,
             std::uint8_t first_version)
      : database_(database),
        workspace_(std::move(workspace)),
        id_(id),
        options_(options),
        rules_(rules),
        last_(last),
        first_version_(first_version) {}

  log::Checked<void> run();

  std::uint64_t pins() const { return pins_.size(); }
  // Pins, rules, holds and records that no event tells of.
  std::uint64_t untold() const { return untold_; }

 private:
  log::Checked<void> read_pins();
  log::Checked<void> read_retention();
  log::Checked<void> read_records();
  log::Checked<void> check_untold();
  log::Checked<void> check_links() const;
  log::Checked<void> compare() const;
  log::Checked<void> compare_pins() const;
  std::unexpected<log::Difference> differ(std::string_view what) const;

  const Database& database_;
  const std::string workspace_;
  const WorkspaceId id_;
  const rocksdb::ReadOptions options_;
  const state::RulesReplay& rules_;
  const log::Position last_;
  const std::uint8_t first_version_;
  std::map<std::string, log::Pin, std::less<>> pins_;
  log::Retention retention_;
  log::RetentionTrail trail_;
  std::uint64_t records_ = 0;
  std::uint64_t untold_ = 0;
};

}  // namespace syncline::backend::store
