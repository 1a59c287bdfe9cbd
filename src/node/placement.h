// Placement: decides which loop of this node owns a workspace. Nothing else decides this.
//
// The objects, sessions and upkeep of a workspace live on its owner. The answer depends only on the
// name and on the number of loops, so every thread computes the same answer by itself. A plain
// value.
//
// Workspaces of the same public name in different tenants have the same owner. A Hocuspocus connection is placed
// before its first token says of which tenant it is, so the tenant cannot decide where it lives.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "base/qualified_name.h"

namespace syncline::node {

class Placement {
 public:
  // `loops` is at least 1.
  explicit Placement(std::size_t loops) : loops_(loops) {}

  std::size_t loops() const { return loops_; }
  std::size_t owner_of(std::string_view workspace) const {
    return std::hash<std::string_view>{}(split_name(workspace).workspace) % loops_;
  }

 private:
  std::size_t loops_;
};

}  // namespace syncline::node
