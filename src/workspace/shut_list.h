// Workspaces that are shut, because their log was found damaged or is not what was signed of it. Others
// go on. A shut workspace refuses everybody at once, with the reason, until an operator lifts it; then
// the next one who opens it has its log read again.
//
// What is damaged on disk stays so over a restart, so the list is kept in memory only: the first one who
// opens such a workspace after a restart has it shut again.
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

  // Shuts a workspace; one that is shut already keeps its first reason.
  void add(std::string_view workspace, Error reason, std::uint64_t unix_ms);

  // What everybody who opens the workspace is told; nothing if it is not shut.
  const Shut* find(std::string_view workspace) const;

  // False: it is not shut.
  bool lift(std::string_view workspace);

  const Workspaces& all() const { return workspaces_; }
  std::uint64_t added() const { return added_; }  // since the start

 private:
  Workspaces workspaces_;
  std::uint64_t added_ = 0;
};

// kCorrupt, with the reason, and what can be done.
Error shut_error(std::string_view workspace, const Shut& shut);

}  // namespace syncline::workspace
