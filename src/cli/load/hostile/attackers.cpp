#include "cli/load/hostile/attackers.h"

#include <sys/resource.h>

#include <deque>

namespace syncline::cli {
namespace {

constexpr int kAttackTurnMs = 10;
constexpr std::uint64_t kAttackTickUs = 10'000;
constexpr int kAttackNice = 10;

}  // namespace

Attackers::Attackers(const Ground& ground, std::vector<const AttackKind*> attacks)
    : ground_(ground) {
  for (const AttackKind* kind : attacks) outcomes_.push_back({kind, {}});
}

Attackers::~Attackers() {
  stop();
}

void Attackers::start() {
  if (!outcomes_.empty()) thread_ = std::thread([this] { run(); });
}

void Attackers::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Attackers::run() {
  // On Linux, this is the priority of this thread alone.
  ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + kAttackNice);
  Reactor reactor;
  std::deque<Field> fields;
  std::vector<std::unique_ptr<Attack>> attacks;
  for (AttackOutcome& outcome : outcomes_) {
    fields.push_back({reactor, ground_, outcome.tally, outcome.kind->role});
    attacks.push_back(outcome.kind->make(fields.back()));
  }
  std::uint64_t ticked_us = 0;
  while (!stopping_) {
    const std::uint64_t now_us = reactor.now_us();
    if (ticked_us == 0 || now_us - ticked_us >= kAttackTickUs) {
      ticked_us = now_us + (now_us == 0 ? 1 : 0);
      for (const auto& attack : attacks) attack->tick(ticked_us);
    }
    reactor.turn(kAttackTurnMs);
  }
}

}  // namespace syncline::cli
