#include "workspace/shut_list.h"

#include <fmt/format.h>

#include <utility>

namespace syncline::workspace {

bool ShutList::add(std::string_view workspace, Error reason, std::uint64_t unix_ms) {
  const auto [at, added] =
      workspaces_.try_emplace(std::string(workspace), Shut{std::move(reason), unix_ms});
  if (added) ++added_;
  return added;
}

const Shut* ShutList::find(std::string_view workspace) const {
  const auto found = workspaces_.find(workspace);
  return found == workspaces_.end() ? nullptr : &found->second;
}

bool ShutList::lift(std::string_view workspace) {
  const auto found = workspaces_.find(workspace);
  if (found == workspaces_.end()) return false;
  workspaces_.erase(found);
  return true;
}

Error shut_error(std::string_view workspace, const Shut& shut) {
  return {ErrorCode::kCorrupt, fmt::format("workspace {} is shut, its log is damaged: {}",
                                           workspace, shut.reason.message)};
}

}  // namespace syncline::workspace
