// FairTurns: whose turn it is, among those on one loop that have something to do: deficit round
// robin by measured cost (Shreedhar and Varghese, "Efficient Fair Queuing using Deficit Round
// Robin", 1995), with debts instead of savings, because what a turn costs is known only afterwards.
//
// In each round, everybody may spend a quantum. Whoever spends more is in debt, and has no turn
// until his debt is paid: by a quantum a round in which somebody had a turn, also while he has
// nothing to do, or because nobody else has anything to do. So a client with costly messages slows
// others down no more than one that keeps to the quantum, and the loop is never idle for it.
//
// Pure: the caller measures. Only those in debt cost memory. Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <unordered_map>

namespace syncline::backend {

class FairTurns {
 public:
  using Who = std::uint32_t;

  // Costs are in any one unit. `most_debt` limits how long somebody waits.
  FairTurns(std::uint64_t quantum, std::uint64_t most_debt)
      : quantum_(quantum), most_debt_(most_debt) {}

  bool may_go(Who who) const { return debts_.empty() || !debts_.contains(who); }

  // A turn of `who` had this cost.
  void charge(Who who, std::uint64_t cost) {
    if (cost > quantum_) debts_[who] = std::min(cost, most_debt_);
  }

  // A round is over in which somebody had a turn.
  void pay() {
    for (auto entry = debts_.begin(); entry != debts_.end();) {
      entry->second -= std::min(entry->second, quantum_);
      entry = entry->second == 0 ? debts_.erase(entry) : std::next(entry);
    }
  }

  // He has a turn although he is in debt, because nobody else has anything to do; or he has left.
  void forgive(Who who) { debts_.erase(who); }

  bool nobody_in_debt() const { return debts_.empty(); }

 private:
  const std::uint64_t quantum_;
  const std::uint64_t most_debt_;
  std::unordered_map<Who, std::uint64_t> debts_;
};

}  // namespace syncline::backend
