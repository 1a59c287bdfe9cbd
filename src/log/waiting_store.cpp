#include "log/waiting_store.h"

#include <fmt/format.h>

#include "base/byte_reader.h"

namespace syncline::log {
namespace {

Result<void> check_waiting_size(std::string_view what, std::size_t size, std::size_t max) {
  if (size <= max) return {};
  return fail(ErrorCode::kTooLarge, fmt::format("{} of {} bytes, {} are allowed", what, size, max));
}

}  // namespace

Result<void> check_waiting(std::string_view workspace, std::string_view object,
                           const WaitingChange& change) {
  if (auto ok = check_workspace_name(workspace); !ok) return ok;
  if (auto ok = check_object_id(object); !ok) return ok;
  const std::pair<std::string_view, std::pair<std::size_t, std::size_t>> sizes[] = {
      {"tenant", {change.tenant.size(), kMaxTenantBytes}},
      {"principal", {change.principal.size(), kMaxPrincipalBytes}},
      {"actor id", {change.actor.size(), kMaxActorBytes}},
      {"object type", {change.type.size(), kMaxTypeBytes}},
      {"change", {change.intent.size(), kMaxRecordBytes}},
      {"what a change waits for", {change.waits_for.size(), kMaxWaitsForBytes}}};
  for (const auto& [what, size] : sizes)
    if (auto ok = check_waiting_size(what, size.first, size.second); !ok) return ok;
  if (change.unix_ms > kMaxSafeInteger || change.generation > kMaxSafeInteger ||
      change.actor_seq > kMaxSafeInteger || change.further_seqs > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "a change that waits has a number out of range");
  return {};
}

}  // namespace syncline::log
