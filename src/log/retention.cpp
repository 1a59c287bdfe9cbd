#include "log/retention.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mutation.h"

namespace syncline::log {
namespace {

constexpr std::uint64_t kMaxNumber = (std::uint64_t{1} << 53) - 1;

}  // namespace

Result<void> check_retention_change(const RetentionChange& change) {
  if (change.reason.size() > kMaxReasonBytes || change.principal.size() > kMaxPrincipalBytes)
    return fail(ErrorCode::kInvalid, fmt::format("a reason has at most {} bytes", kMaxReasonBytes));
  if (change.rule.keep_ms > kMaxNumber || change.rule.keep_last > kMaxNumber)
    return fail(ErrorCode::kInvalid, "that is longer than anything lasts");
  if (change.act == RetentionAct::kHold && change.reason.empty())
    return fail(ErrorCode::kInvalid, "a legal hold needs a reason");
  return {};
}

std::string_view to_string(RetentionAct act) {
  switch (act) {
    case RetentionAct::kSetRule: return "set";
    case RetentionAct::kHold: return "hold";
    case RetentionAct::kRelease: return "release";
  }
  return "unknown";
}

Result<Retention> change_retention(Retention kept, const RetentionChange& change) {
  if (auto ok = check_retention_change(change); !ok) return std::unexpected(std::move(ok.error()));
  switch (change.act) {
    case RetentionAct::kSetRule: kept.rule = change.rule; break;
    case RetentionAct::kHold:
      if (kept.hold)
        return fail(ErrorCode::kConflict, fmt::format("{} holds it already: {}",
                                                      kept.hold->principal, kept.hold->reason));
      kept.hold = Hold{change.principal, change.reason, change.unix_ms};
      break;
    case RetentionAct::kRelease:
      if (!kept.hold) return fail(ErrorCode::kConflict, "there is no legal hold to release");
      kept.hold.reset();
      break;
  }
  return kept;
}

Result<Retention> raise_floor(Retention kept, Position floor, Position last) {
  if (auto ok = check_not_held(kept); !ok) return std::unexpected(std::move(ok.error()));
  if (floor > last)
    return fail(ErrorCode::kInvalid, fmt::format("the log ends at {}, before {}", last, floor));
  kept.floor = std::max(kept.floor, floor);
  return kept;
}

Result<void> check_not_held(const Retention& retention) {
  if (!retention.hold || is_mutated(Mutation::drop_under_hold)) return {};
  return fail(ErrorCode::kForbidden,
              fmt::format("{} has put a legal hold on it: {}", retention.hold->principal,
                          retention.hold->reason));
}

Result<std::set<Position>> standing_snapshots(StandingStates& states, std::string_view workspace,
                                              std::string_view object,
                                              const std::vector<Position>& moments) {
  std::set<Position> standing;
  for (const Position moment : moments) {
    const auto last = states.last_event(object, moment);
    if (!last) return std::unexpected(last.error());
    if (*last == 0 || standing.contains(*last)) continue;
    const auto intact = states.intact_milestone(object, *last);
    if (!intact) return std::unexpected(intact.error());
    if (!*intact && !is_mutated(Mutation::drop_uncovered))
      return fail(
          ErrorCode::kConflict,
          fmt::format("workspace {}: nothing is dropped before the state of {} at {} is kept",
                      workspace, object, *last));
    standing.insert(*last);
  }
  return standing;
}

Error dropped_error(std::string_view workspace, Position wanted, Position floor) {
  return {ErrorCode::kNotFound,
          fmt::format("workspace {} is kept from position {} on: what stood at {} was dropped",
                      workspace, floor, wanted)};
}

}  // namespace syncline::log
