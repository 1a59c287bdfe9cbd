#include "limits/quotas.h"

#include <fmt/format.h>

namespace syncline::limits {
namespace {

constexpr std::array<std::string_view, kQuotas> kQuotaNames = {
    "connections",  "workspaces",        "objects",         "stored_bytes",
    "memory_bytes", "events_per_second", "bytes_per_second"};

// As people say it: "at most 100 connections".
constexpr std::array<std::string_view, kQuotas> kQuotaWords = {
    "connections",     "workspaces",      "objects",       "stored bytes",
    "bytes of memory", "events a second", "bytes a second"};

bool is_given_back(Quota quota) {
  return quota == Quota::kConnections || quota == Quota::kMemoryBytes;
}

}  // namespace

std::string_view name_of(Quota quota) {
  return kQuotaNames[static_cast<std::size_t>(quota)];
}

std::optional<Quota> quota_named(std::string_view name) {
  for (std::size_t i = 0; i < kQuotas; ++i)
    if (kQuotaNames[i] == name) return static_cast<Quota>(i);
  return std::nullopt;
}

Result<void> check_quota(Quota quota, QuotaOf whose, std::uint64_t limit, std::uint64_t used,
                         std::uint64_t more) {
  if (limit == 0 || (more <= limit && used <= limit - more)) return {};
  return fail(is_given_back(quota) ? ErrorCode::kUnavailable : ErrorCode::kTooLarge,
              fmt::format("over the quota: this {} may have {} {}",
                          whose == QuotaOf::kTenant ? "tenant" : "workspace", limit,
                          kQuotaWords[static_cast<std::size_t>(quota)]));
}

}  // namespace syncline::limits
