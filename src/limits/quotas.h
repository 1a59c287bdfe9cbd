// Quotas: how much a tenant, and each workspace of it, may have and do. Pure decisions.
//
// What is over a quota is refused with a reason that names the quota and its limit, and nothing of anybody
// else. Nothing that exists is taken away: a tenant over its quota can read, and delete. Rates are no reason to
// refuse anything: the server reads more slowly from whoever is above one (session/meter.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "syncline/error.h"

namespace syncline::limits {

// The numbers are stored: values are never reused.
enum class Quota : std::uint8_t {
  kConnections = 0,
  kWorkspaces = 1,   // that have events; of a tenant only
  kObjects = 2,      // that have events
  kStoredBytes = 3,  // of changes in the log
  kMemoryBytes = 4,  // that its clients hold of the server's memory; of a tenant only
  kEvents = 5,       // changes a second
  kBytes = 6,        // bytes that its clients send, a second
};
inline constexpr std::size_t kQuotas = 7;

// "connections", "stored_bytes", "events_per_second" …
std::string_view name_of(Quota quota);
std::optional<Quota> quota_named(std::string_view name);

struct Quotas {
  std::array<std::uint64_t, kQuotas> most = {};  // 0: no limit

  std::uint64_t of(Quota quota) const { return most[static_cast<std::size_t>(quota)]; }
  void set(Quota quota, std::uint64_t limit) { most[static_cast<std::size_t>(quota)] = limit; }
  bool operator==(const Quotas&) const = default;
};

// Whose quota it is, for the reason.
enum class QuotaOf : bool { kTenant, kWorkspace };

// May somebody who has `used` have `more`? With a limit of 0, anything. kUnavailable for what others of the
// tenant may give back any moment, such as connections, so that clients come back later; kTooLarge otherwise.
Result<void> check_quota(Quota quota, QuotaOf whose, std::uint64_t limit, std::uint64_t used,
                         std::uint64_t more);

}  // namespace syncline::limits
