// DeletedWorkspaces: the names of the workspaces of a process that are deleted, and have not begun anew. Nobody is let into
// them (Host::admit), and lists do not show them.
//
// The log says what is deleted (log/deletion_rules.h). A store keeps the names besides, in the batch that appends those
// events, so a process knows them when it starts. A workspace notes here what is durable.
//
// Thread-safety: none; the process wraps it (backend/process/shared_deleted_workspaces.h).
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/directory_store.h"
#include "syncline/error.h"

namespace syncline::workspace {

class DeletedWorkspaces {
 public:
  virtual ~DeletedWorkspaces() = default;

  virtual bool contains(std::string_view workspace) const { return names_.contains(workspace); }
  virtual bool empty() const { return names_.empty(); }
  virtual void set(const std::string& workspace, bool deleted);

 private:
  std::set<std::string, std::less<>> names_;
};

// kGone: what everybody is told who wants something of such a workspace.
Error deleted_workspace_error(std::string_view workspace);

// Reads the names that a store keeps, page by page (DirectoryStore::list_entries). Needs no loop.
using ReadDeleted = std::function<Result<std::vector<log::DirectoryEntry>>(const std::string& after,
                                                                           std::size_t limit)>;
Result<void> load_deleted_workspaces(const ReadDeleted& read, DeletedWorkspaces& into);

}  // namespace syncline::workspace
