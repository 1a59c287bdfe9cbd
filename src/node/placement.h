// Which loop of this node owns a workspace: the one place where that is decided.
//
// A workspace's objects, its sessions and its upkeep live on its owner. The answer depends on the name and on the
// number of loops alone, so that every thread gives the same one without asking another. A value.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace syncline::node {

class Placement {
 public:
  // At least one loop.
  explicit Placement(std::size_t loops) : loops_(loops) {}

  std::size_t loops() const { return loops_; }
  std::size_t owner_of(std::string_view workspace) const {
    return std::hash<std::string_view>{}(workspace) % loops_;
  }

 private:
  std::size_t loops_;
};

}  // namespace syncline::node
