// The reads of a store, over open tables. They block. Contracts: log/event_log.h and the interfaces
// that it names.
//
// Thread-safety: any thread, concurrently with the committer. Each call sees a consistent state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "log/pin_store.h"
#include "log/rules_store.h"
#include "log/snapshot_store.h"
#include "log/statement.h"
#include "store/keys.h"
#include "store/tables.h"

namespace syncline::store {

Result<log::Head> read_head(const Tables& tables, const std::string& workspace);

Result<std::vector<log::Event>> read_events(const Tables& tables, const std::string& workspace,
                                            log::Position after, const log::ReadLimits& limits);

Result<std::vector<log::Event>> read_object_events(const Tables& tables,
                                                   const std::string& workspace,
                                                   const std::string& object, log::Position after,
                                                   const log::ReadLimits& limits);

// The bytes of the first record after `after`, of one object or, if `object` is empty, of all; 0: there is none.
Result<std::uint64_t> read_next_size(const Tables& tables, const std::string& workspace,
                                     const std::string& object, log::Position after);

Result<std::optional<log::Snapshot>> read_snapshot(const Tables& tables,
                                                   const std::string& workspace,
                                                   const std::string& object,
                                                   log::Position at = log::kNow);

// The stored bytes of that snapshot and of its base, as their entries say; 0: there is none.
Result<std::uint64_t> read_snapshot_size(const Tables& tables, const std::string& workspace,
                                         const std::string& object, log::Position at);

Result<std::optional<log::Pin>> read_pin(const Tables& tables, const std::string& workspace,
                                         const std::string& name);

Result<std::vector<log::Pin>> read_pins(const Tables& tables, const std::string& workspace,
                                        const std::string& after, std::size_t limit);

// Whether pins and retention of the workspace follow from its events.
Result<bool> rules_told(const Tables& tables, WorkspaceId id);

// Whether they may be from a version before 0.2: its log begins with an event of version 1.
Result<bool> may_hold_untold(const Tables& tables, WorkspaceId id);

Result<log::RulesStanding> read_standing(const Tables& tables, const std::string& workspace);

Result<std::optional<std::string>> read_checkpoint(const Tables& tables,
                                                   const std::string& workspace);
Result<log::Position> read_cut(const Tables& tables, const std::string& workspace);

Result<std::vector<log::Statement>> read_origins(const Tables& tables,
                                                 const std::string& workspace);

// The position up to which the log of `region` was taken over.
Result<log::Position> read_ingested(const Tables& tables, const std::string& workspace,
                                    const std::string& region);

Result<std::vector<std::string>> read_workspaces(const Tables& tables, const std::string& after,
                                                 std::size_t limit);

Result<std::vector<std::string>> read_objects(const Tables& tables, const std::string& workspace,
                                              const std::string& prefix, const std::string& after,
                                              std::size_t limit);

}  // namespace syncline::store
