// TenantErasure: removes all that a store keeps of a tenant's workspaces (base/qualified_name.h): their logs, snapshots,
// trees, rules, and what waits, the names of their guests and of the tenant's people, and what they use. The record of
// the tenant, its API keys and its revocations belong to others.
//
// It removes a bounded number of keys at a time. A workspace's name goes last, with the last batch of it. So an erasure
// that was interrupted is begun again, and ends the same.
//
// Nobody else may use the tables meanwhile: a store is erased from before it serves.
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "store/keys.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::store {

class TenantErasure {
 public:
  // Not of the default tenant.
  explicit TenantErasure(std::string tenant);

  // Stages the removal of up to `most` keys. False: after these, nothing is left.
  Result<bool> step(const Tables& tables, std::size_t most, Writes& writes);

 private:
  struct Range {
    Family family;
    std::string prefix;
  };

  Result<bool> next_ranges(const Tables& tables, Writes& writes);
  void take_workspace(const std::string& name, WorkspaceId id);
  Result<void> erase_from(const Tables& tables, std::size_t& most, Writes& writes);

  const std::string tenant_;
  std::string workspace_;  // the present one; "": none yet
  std::deque<Range> ranges_;
  std::string from_;                // where the first range goes on; "": at its beginning
  bool beside_workspaces_ = false;  // what belongs to no log was taken up
};

}  // namespace syncline::store
