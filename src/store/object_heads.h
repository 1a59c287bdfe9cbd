// The heads of objects (log/catalog.h), read from the indexes of a store.
//
// Thread-safety, blocking: as store/reads.h.
#pragma once

#include <string>

#include "log/catalog.h"
#include "store/tables.h"

namespace syncline::store {

Result<log::ObjectHeads> read_object_heads(const Tables& tables, const std::string& workspace,
                                           const std::string& prefix, const std::string& after,
                                           std::size_t limit);

}  // namespace syncline::store
