// The right that a change of a workspace's rules needs (log/rules.h).
//
// Thread-safety: a pure function.
#pragma once

#include <type_traits>
#include <variant>

#include "identity/rights.h"
#include "log/rules.h"

namespace syncline::policy {

inline identity::Right right_of(const log::RuleAct& act) {
  using identity::Right;
  return std::visit(
      []<typename Act>(const Act&) {
        if constexpr (std::is_same_v<Act, log::SetPin> || std::is_same_v<Act, log::RemovePin>)
          return Right::kPin;
        else if constexpr (std::is_same_v<Act, log::SetRetention> ||
                           std::is_same_v<Act, log::SetDeletionRule> ||
                           std::is_same_v<Act, log::DeleteWorkspace> ||
                           std::is_same_v<Act, log::UndeleteWorkspace> ||
                           std::is_same_v<Act, log::EraseWorkspace> ||
                           std::is_same_v<Act, log::BeginWorkspace>)
          return Right::kRetention;
        else if constexpr (std::is_same_v<Act, log::PutHold> ||
                           std::is_same_v<Act, log::ReleaseHold>)
          return Right::kHold;
        else if constexpr (std::is_same_v<Act, log::LiftQuarantine>)
          return Right::kQuarantine;
        else if constexpr (std::is_same_v<Act, log::DeleteObject> ||
                           std::is_same_v<Act, log::UndeleteObject> ||
                           std::is_same_v<Act, log::RenameObject> ||
                           std::is_same_v<Act, log::RemoveRedirect>)
          return Right::kDelete;
        else if constexpr (std::is_same_v<Act, log::EraseObject>)
          return Right::kErase;
        else
          return Right::kPolicy;
      },
      act);
}

}  // namespace syncline::policy
