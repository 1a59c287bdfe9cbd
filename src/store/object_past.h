// What belongs to an object: the events and snapshots of its name, and before those what it was under earlier names
// (log/deletion_rules.h).
//
// The batch that appends a renaming writes a *link*: from this position on, what the new name holds continues that of the old
// one. Readers of one object follow the links, so nothing is copied when an object is renamed.
//
// Thread-safety, blocking: as store/reads.h.
#pragma once

#include <string>
#include <vector>

#include "log/deletion_rules.h"
#include "store/keys.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::store {

// The events of that name after one position and up to another.
struct PastPart {
  std::string object;
  log::Position after = 0;
  log::Position to = 0;
};

// The oldest part first; never empty. At most log::kMaxNamesOfObject.
Result<std::vector<PastPart>> past_of(const Tables& tables, WorkspaceId id,
                                      const std::string& object);

// The link of a renaming whose event of "./deletions" has that position.
struct PastLink {
  std::string key;  // in Family::kMeta
  std::string value;
};
PastLink link_of(WorkspaceId id, const log::RenameObject& act, log::Position position);

// Prefix of the keys of all links of a workspace.
std::string past_links_prefix(WorkspaceId id);

}  // namespace syncline::store
