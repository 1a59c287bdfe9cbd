#include "workspace/deleted_workspaces.h"

#include <fmt/format.h>

#include "base/mutation.h"
#include "base/qualified_name.h"

namespace syncline::workspace {
namespace {

constexpr std::size_t kDeletedPage = 256;

}  // namespace

void DeletedWorkspaces::set(const std::string& workspace, bool deleted) {
  if (deleted)
    names_.insert(workspace);
  else
    names_.erase(workspace);
}

Error deleted_workspace_error(std::string_view workspace) {
  return {ErrorCode::kGone,
          fmt::format("workspace {} was deleted", split_name(workspace).workspace)};
}

Result<void> load_deleted_workspaces(const ReadDeleted& read, DeletedWorkspaces& into) {
  if (is_mutated(Mutation::forget_deleted_workspaces)) return {};
  std::string after;
  while (true) {
    const auto page = read(after, kDeletedPage);
    if (!page) return std::unexpected(page.error());
    for (const log::DirectoryEntry& entry : *page) into.set(entry.id, true);
    if (page->size() < kDeletedPage) return {};
    after = page->back().id;
  }
}

}  // namespace syncline::workspace
