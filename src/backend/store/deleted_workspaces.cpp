#include "backend/store/deleted_workspaces.h"

#include <string>

#include "store/directory.h"

namespace syncline::backend {

Result<void> load_deleted_workspaces(const syncline::store::Tables& tables,
                                     workspace::DeletedWorkspaces& into) {
  const auto read = [&](const std::string& after, std::size_t limit) {
    return syncline::store::read_directory(tables, log::DirectoryKind::kDeleted, "", after, limit);
  };
  return workspace::load_deleted_workspaces(read, into);
}

}  // namespace syncline::backend
