// Attackers: runs attacks on a thread of their own, at a lower priority than the users that are
// measured in the same process.
//
// Thread-safety: the methods from one thread. The tallies are read after stop().
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "cli/load/hostile/attack.h"

namespace syncline::cli {

struct AttackOutcome {
  const AttackKind* kind = nullptr;
  Tally tally;
};

class Attackers {
 public:
  // `ground` must outlive it.
  Attackers(const Ground& ground, std::vector<const AttackKind*> attacks);
  ~Attackers();  // calls stop()

  void start();
  // Ends every attack, and waits for it: its connections are reset. A second call does nothing.
  void stop();
  const std::vector<AttackOutcome>& outcomes() const { return outcomes_; }

 private:
  void run();

  const Ground& ground_;
  std::vector<AttackOutcome> outcomes_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace syncline::cli
