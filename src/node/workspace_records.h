// What a store keeps of a workspace beside its log: webhooks, with what they have delivered and given up, and the names of
// guests.
//
// Thread-safety: one loop.
#pragma once

#include <string>

#include "log/directory_store.h"
#include "log/done.h"

namespace syncline::node {

// Erases these records, a page at a time. Whoever uses them has forgotten them before. `directory` must outlive it.
void erase_workspace_records(log::DirectoryStore& directory, const std::string& workspace,
                             log::Done<void> done);

}  // namespace syncline::node
