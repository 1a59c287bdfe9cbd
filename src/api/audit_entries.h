// Entries of the audit log of a tenant from a span of time (log/audit.h), for those who look for what concerns one workspace.
//
// The audit log has positions of its own, and entries are written up to a second later than they happened. So they are found
// by their times.
//
// Thread-safety: the loop of `sources`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "log/audit.h"
#include "state/object_replay.h"

namespace syncline::api {

struct AuditSearch {
  std::string log;  // the system workspace of the tenant, by its name within the server
  std::uint64_t from_ms = 0;
  std::uint64_t to_ms = std::numeric_limits<std::uint64_t>::max() / 2;
  std::move_only_function<bool(const log::AuditEntry&)> wanted;
};

struct FoundEntry {
  log::Position position = 0;  // in the audit log
  log::AuditEntry entry;
};

struct AuditFound {
  std::vector<FoundEntry> entries = {};  // in the order of the audit log
  bool cut = false;                      // there may be more
};

// At most kMostFoundEntries, among the entries of kMostAuditEvents events.
inline constexpr std::size_t kMostFoundEntries = 1000;
inline constexpr std::size_t kMostAuditEvents = 10'000;
void find_audit_entries(const state::ReplaySources& sources, AuditSearch search,
                        log::Done<AuditFound> done);

}  // namespace syncline::api
