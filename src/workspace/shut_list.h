// ShutList: the workspaces that are shut, because their log is damaged or does not match its last
// checkpoint. Others continue to work. A shut workspace refuses everybody at once, with the reason,
// until an operator lifts it. Then the next request to open it reads its log again.
//
// The list is only in memory: damage on disk survives a restart, so the first request to open such
// a workspace shuts it again.
//
// Thread-safety: none; one loop. References are valid until the next call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::workspace {

struct Shut {
  Error reason;
  std::uint64_t since_ms = 0;  // unix time
};

class ShutList {
 public:
  using Workspaces = std::map<std::string, Shut, std::less<>>;

  // Shuts a workspace. If it is already shut, it keeps its first reason. Returns true if it was open.
  bool add(std::string_view workspace, Error reason, std::uint64_t unix_ms);

  // The entry of a workspace; nullptr if it is not shut.
  const Shut* find(std::string_view workspace) const;

  // False if it is not shut.
  bool lift(std::string_view workspace);

  const Workspaces& all() const { return workspaces_; }
  std::uint64_t added() const { return added_; }  // since the start

 private:
  Workspaces workspaces_;
  std::uint64_t added_ = 0;
};

// kCorrupt, with the reason and what the operator can do.
Error shut_error(std::string_view workspace, const Shut& shut);

}  // namespace syncline::workspace
