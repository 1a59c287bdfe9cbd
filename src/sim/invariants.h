// The names of the invariants, as reports use them (docs/simulation.md explains each), and the form
// in which reports name objects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/book.h"

namespace syncline::sim {

inline constexpr std::uint64_t kSecond = 1'000'000;  // of virtual time, in microseconds

inline constexpr std::string_view kConvergence = "I1 convergence";
inline constexpr std::string_view kDurable = "I2 acked means durable";
inline constexpr std::string_view kOnce = "I3 exactly once";
inline constexpr std::string_view kServed = "I3 an honest client is served";
inline constexpr std::string_view kOrder = "I4 order";
inline constexpr std::string_view kReads = "I5 reads";
inline constexpr std::string_view kIsolation = "I6 isolation";
inline constexpr std::string_view kRights = "I7 rights";
inline constexpr std::string_view kAudit = "I8 audit";
inline constexpr std::string_view kTampering = "I9 tampering";
inline constexpr std::string_view kClock = "I10 clock";
inline constexpr std::string_view kBounded = "I11 bounded";
inline constexpr std::string_view kLiveness = "I12 liveness";
inline constexpr std::string_view kPosition = "I13 position";
inline constexpr std::string_view kTimeTravel = "I14 time travel";
inline constexpr std::string_view kNoCrash = "I16 no crash";
inline constexpr std::string_view kSnapshots = "I17 snapshots";
inline constexpr std::string_view kOldBytes = "I18 old bytes";
inline constexpr std::string_view kRetention = "I19 retention";
inline constexpr std::string_view kPresence = "I20 presence";
inline constexpr std::string_view kTokens = "I21 tokens";
inline constexpr std::string_view kNames = "I22 names";
inline constexpr std::string_view kTenantsApart = "I23 tenants";
inline constexpr std::string_view kCredentials = "I24 credentials";
inline constexpr std::string_view kRules = "I25 rules";
inline constexpr std::string_view kAuditLog = "I26 audit log";
inline constexpr std::string_view kDeletion = "I27 deletion";
inline constexpr std::string_view kTold = "I28 told";
inline constexpr std::string_view kFiles = "I29 files";
inline constexpr std::string_view kStreams = "I30 streams";

inline std::string shown(const ObjectName& name) {
  return name.first + "/" + name.second;
}

}  // namespace syncline::sim
