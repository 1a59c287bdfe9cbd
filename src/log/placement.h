// Which node owns a workspace: the one place where that is decided.
//
// One node at a time owns a workspace: it judges changes, numbers events and appends them, under an
// epoch that grows with every change of ownership (log/event_log.h). On one machine that is always
// this node, under epoch 0 (LocalPlacement). A cluster answers with what its leases say; who is told
// that another node is the owner passes the client on to it.
//
// Which loop of a node a workspace lives on is no question of placement: that is the node's own
// business and may differ from start to start.
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
  std::string node;  // its name, as in events; may be empty where there is only one
  bool here = false;
  std::uint64_t epoch = 0;  // if it is here: what its appends carry

  bool operator==(const Owner&) const = default;
};

class Placement {
 public:
  virtual ~Placement() = default;

  // Who owns it now. May change at any time: an append of the former owner is refused then.
  //   kUnavailable  nobody does, for now
  virtual Result<Owner> owner_of(std::string_view workspace) const = 0;
};

// Everything is here.
class LocalPlacement final : public Placement {
 public:
  explicit LocalPlacement(std::string node = {}) : node_(std::move(node)) {}

  Result<Owner> owner_of(std::string_view) const override { return Owner{node_, true, 0}; }

 private:
  const std::string node_;
};

}  // namespace syncline::log
