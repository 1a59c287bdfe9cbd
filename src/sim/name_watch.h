// NameWatch: people with names, and the oracle for them. In some worlds, two of three clients have tokens that say a name;
// the others are guests. Every client claims in its awareness state to be somebody else, and to be verified. An operator
// reads history and erases names for good.
//
//   I22 names  no name is in a log, a snapshot or an export; a name that is shown for an event is that of its principal, or
//              else what the guest of that connection called himself; a name that was erased is in no answer any more, also
//              after a restart; no client is shown as verified under the name or id of another, and on a server that does
//              not stamp presence none is shown as verified at all
//
// Such worlds are those of every thirteenth seed, so that the worlds of other seeds stay as they are.
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "identity/principal.h"
#include "sim/api_user.h"
#include "sim/client.h"
#include "sim/dice.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

struct NameSettings {
  bool on = false;
  std::uint64_t read_every_us = 0;   // on average
  std::uint64_t erase_every_us = 0;  // the same
};

class NameWatch {
 public:
  NameWatch(World& world, Server& server, NameSettings settings, std::size_t people,
            std::vector<ObjectName> objects);

  // What the token of a client says; nullptr: it is a guest.
  static std::shared_ptr<const identity::Identity> identity_of(std::size_t number);
  // `user` of its awareness state.
  static std::string claim_of(std::size_t number, std::size_t of);

  void start();
  // An older copy of the disk was brought back; names may be in it that were erased since.
  void rolled_back();
  // What clients are shown of each other. Called every second.
  void look(const std::vector<std::unique_ptr<Client>>& clients);
  // At the end of the run.
  void check(const store::Tables& tables);

 private:
  void read_later();
  void read();
  void erase_later();
  void erase();
  void check_answer(const std::string& target, const ApiUser::Answer& answer,
                    const std::set<std::size_t>& erased);
  void check_shown(const crdt::Any& value, const std::string& target);
  void check_state(const Client& viewer, std::string_view state);
  void violated(const std::string& what);

  World& world_;
  Server& server_;
  const NameSettings settings_;
  const std::size_t people_;
  const std::vector<ObjectName> objects_;
  ApiUser operator_;
  Dice dice_;
  std::set<std::size_t> erased_;  // the server has confirmed it
  std::uint64_t past_ = 0;        // grows when an older disk is brought back
};

}  // namespace syncline::sim
