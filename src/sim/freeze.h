// Freeze: a rule of a siege (sim/siege.h) that changes while changes are under way: for some spells,
// nobody may change the objects of hostile clients. It stands for the policies that a node may have
// (policy/decider.h).
//
//   I7 rights    no change of such an object becomes an event during a spell. A change that a worker
//                has prepared or applied before the spell is judged again in the turn in which it
//                becomes an event
//
// By the stamps of the events. So runs in which clocks jump, or whose log begins with events of another
// clock, have no spells.
//
// Thread-safety: none. The world must outlive it, and it must outlive the server's processes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/decider.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Freeze {
 public:
  // `process`: the present one, or nullptr.
  Freeze(World& world, std::function<const Server::Process*()> process)
      : world_(world), present_(std::move(process)), dice_(world.dice.fork("freeze")) {}
  Freeze(const Freeze&) = delete;
  Freeze& operator=(const Freeze&) = delete;

  // For processes that start from now on.
  const policy::Decider& rule() const { return rule_; }

  // A spell begins a moment after the next change of such an object is allowed, when a worker may be at
  // work on it. It lasts for so long at most: until thaw(), or until the process ends.
  void begin_soon(std::uint64_t duration_us) { next_us_ = duration_us; }
  void thaw();

  // When all is quiet. `tables` with the payloads of all events.
  void check(const store::Tables& tables, const std::string& workspace) const;

 private:
  class Rule final : public policy::Decider {
   public:
    explicit Rule(Freeze& freeze) : freeze_(freeze) {}
    policy::Verdict decide(const policy::Question& question) const override {
      return freeze_.decide(question);
    }

   private:
    Freeze& freeze_;
  };
  // By the wall clock of the process.
  struct Spell {
    std::uint64_t from_ms = 0;
    std::uint64_t to_ms = 0;
  };

  policy::Verdict decide(const policy::Question& question);
  void begin(std::uint64_t duration_us);

  World& world_;
  const std::function<const Server::Process*()> present_;
  Dice dice_;
  const Rule rule_{*this};
  std::uint64_t next_us_ = 0;         // how long the next spell lasts; 0: none is due
  std::vector<Spell> spells_;         // that are over
  std::uint64_t from_ms_ = 0;         // of the present one
  std::weak_ptr<const int> process_;  // in which the present one began; expired: there is none
  std::uint64_t number_ = 0;          // of the last one that began
};

}  // namespace syncline::sim
