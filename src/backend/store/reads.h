// The reading half of EventLog over an open database, blocking. Contracts: log/event_log.h.
//
// Thread-safety: any thread, beside the committer; each call sees a consistent state of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/store/database.h"
#include "log/event_log.h"

namespace syncline::backend::store {

Result<log::Head> read_head(const Database& database, const std::string& workspace);

Result<std::vector<log::Event>> read_events(const Database& database, const std::string& workspace,
                                            log::Position after, const log::ReadLimits& limits);

Result<std::vector<log::Event>> read_object_events(const Database& database,
                                                   const std::string& workspace,
                                                   const std::string& object, log::Position after,
                                                   const log::ReadLimits& limits);

Result<std::optional<log::Snapshot>> read_snapshot(const Database& database,
                                                   const std::string& workspace,
                                                   const std::string& object);

Result<std::vector<std::string>> read_workspaces(const Database& database, const std::string& after,
                                                 std::size_t limit);

Result<std::vector<std::string>> read_objects(const Database& database,
                                              const std::string& workspace,
                                              const std::string& prefix, const std::string& after,
                                              std::size_t limit);

}  // namespace syncline::backend::store
