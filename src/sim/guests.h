// Clients that a test brings into the world, for types of objects that the product does not have. They use the
// workspace's door directly, where a protocol would.
//
// Their objects are in one workspace that nobody else uses. The oracles hold its log to everything that does not
// depend on a type; the rest is for the guests to check. Thread-safety: none.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "merge/type_registry.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Guests {
 public:
  static constexpr std::string_view kWorkspace = "guests";
  static constexpr std::string_view kPrincipal = "guest";

  virtual ~Guests() = default;

  virtual void start() = 0;
  virtual void stop_editing() = 0;
  // An older copy of the disk has come back: what was acknowledged may be gone.
  virtual void rolled_back() = 0;
  // Everything has healed: what is still missing, "" if nothing is.
  virtual std::string why_not() const = 0;
  // When all is quiet. `tables` with the payloads of all events.
  virtual void check(const store::Tables& tables) = 0;
};

// Who comes, and which types the server knows. Both outlive the run.
struct Party {
  const merge::TypeRegistry& types;
  std::function<std::unique_ptr<Guests>(World&, Server&)> invite;
};

}  // namespace syncline::sim
