#include "sim/freeze.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/invariants.h"
#include "sim/oracle.h"
#include "sim/stored_log.h"

namespace syncline::sim {

void Freeze::begin(std::uint64_t duration_us) {
  const Server::Process* process = present_();
  if (process == nullptr || !process_.expired()) return;
  process_ = process->alive;
  from_ms_ = process->loop.unix_ms();
  world_.timeline.after(duration_us, [this, number = ++number_] {
    if (number == number_) thaw();
  });
}

// If the process has ended in the meantime, nobody knows until when it was frozen by its clock.
void Freeze::thaw() {
  const auto process = std::exchange(process_, {}).lock();
  if (process == nullptr) return;
  spells_.push_back({from_ms_, present_()->loop.unix_ms()});
}

policy::Verdict Freeze::decide(const policy::Question& question) {
  if (question.effect == nullptr || question.right != identity::Right::kWrite ||
      !is_junk({std::string(question.workspace), std::string(question.object)}))
    return {};
  if (process_.expired()) {
    if (const std::uint64_t duration_us = std::exchange(next_us_, 0); duration_us > 0)
      world_.timeline.after(dice_.scale(100, 400'000), [this, duration_us] { begin(duration_us); });
    return {};
  }
  world_.hit(Probe::frozen);
  return {.allowed = fail(ErrorCode::kForbidden, "nothing may be changed here now")};
}

void Freeze::check(const store::Tables& tables, const std::string& workspace) const {
  if (spells_.empty()) return;
  const auto events = read_log(tables, workspace);
  if (!events) return;  // another oracle reports this
  for (const log::Event& event : *events) {
    const auto spell = std::ranges::find_if(spells_, [&](const Spell& each) {
      return event.accepted_ms() > each.from_ms && event.accepted_ms() < each.to_ms;
    });
    if (spell == spells_.end() || !is_junk({workspace, event.object})) continue;
    return world_.violated(
        kRights,
        fmt::format("{}: event {} of {} is {} ms younger than the rule that forbids it", workspace,
                    event.position, event.object, event.accepted_ms() - spell->from_ms));
  }
}

}  // namespace syncline::sim
