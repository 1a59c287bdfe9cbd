#include "state/rules_replay.h"

#include <fmt/format.h>

#include <utility>

namespace syncline::state {

Result<void> RulesReplay::take(const log::Event& event) {
  auto change = log::rule_change_in(event);
  if (!change && change.error().code != ErrorCode::kUnsupported)
    return std::unexpected(change.error());
  if (!change) any_ = true, complete_ = false;
  if (!change || !*change || !complete_) return {};
  any_ = true;
  const auto* pin = std::get_if<log::SetPin>(&(*change)->act);
  if (pin != nullptr && pin->position >= event.position)
    return fail(ErrorCode::kInvalid,
                fmt::format("pin {} is at {}, which is not before the event that sets it",
                            pin->name, pin->position));
  if (auto ok = log::carry_out(held_, **change); !ok) return ok;
  if (const auto retention = log::retention_change_of(**change)) trail_.add(*retention);
  if (auto* renamed = std::get_if<log::RenameObject>(&(*change)->act)) {
    renamed->version.clear();
    renamed_.emplace(event.position, std::move(*renamed));
  }
  return {};
}

}  // namespace syncline::state
