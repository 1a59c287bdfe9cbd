// Placement: decides which node owns a workspace. Nothing else decides this.
//
// One node at a time owns a workspace. It judges changes, numbers events and appends them, under an
// epoch that grows with every change of ownership (log/event_log.h). On a single machine, the owner
// is always this node, under epoch 0 (LocalPlacement). A cluster will answer from its leases. A
// node that is not the owner will forward the client to the owner.
//
// This interface does not decide on which loop of a node a workspace lives. The node decides that
// by itself, and it may differ from start to start.
//
// Thread-safety: owner_of() from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "syncline/error.h"

namespace syncline::log {

struct Owner {
  std::string node;  // its name, as in events; may be empty if there is only one
  bool here = false;
  std::uint64_t epoch = 0;  // if `here`: the epoch for appends

  bool operator==(const Owner&) const = default;
};

class Placement {
 public:
  virtual ~Placement() = default;

  // The present owner. It may change at any time; then the store refuses appends of the former
  // owner.
  //   kUnavailable  there is no owner at the moment
  virtual Result<Owner> owner_of(std::string_view workspace) const = 0;
};

// The placement of a single node: it owns everything.
class LocalPlacement final : public Placement {
 public:
  explicit LocalPlacement(std::string node = {}) : node_(std::move(node)) {}

  Result<Owner> owner_of(std::string_view) const override { return Owner{node_, true, 0}; }

 private:
  const std::string node_;
};

}  // namespace syncline::log
