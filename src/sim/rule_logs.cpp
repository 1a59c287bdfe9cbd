#include "sim/rule_logs.h"

#include <algorithm>

#include "base/qualified_name.h"
#include "log/rules.h"
#include "store/reads.h"

namespace syncline::sim {

RuleLogs::RuleLogs(Server& server, const RulesOracle& oracle,
                   const std::vector<std::string>& workspaces, const std::string& tenant_log)
    : server_(server), oracle_(oracle), wards_(workspaces.size()) {
  for (const std::string& each : workspaces)
    logs_.push_back({each, AccessModel(std::string(split_name(each).workspace))});
  logs_.push_back({tenant_log, AccessModel()});
}

void RuleLogs::read_on() {
  const Server::Process* const process = server_.process();
  if (process == nullptr) return;
  for (Log& log : logs_) {
    if (log.name.empty()) continue;
    const auto events = store::read_object_events(process->store->tables(), log.name,
                                                  std::string(log::kPolicyObject), log.read, {});
    if (!events) continue;  // another oracle reports damage
    for (const log::Event& event : *events) {
      log.read = event.position;
      static_cast<void>(oracle_.take(event, log.held));  // the oracle says later what is wrong
      if (const auto change = log::rule_change_in(event); change && *change)
        reasons_[(*change)->reason] = event.position;
    }
  }
}

log::Position RuleLogs::position_of(const std::string& reason) const {
  const auto found = reasons_.find(reason);
  return found == reasons_.end() ? 0 : found->second;
}

void RuleLogs::confirmed(const std::string& reason) {
  confirmed_ = std::max(confirmed_, position_of(reason));
}

log::Position RuleLogs::end(std::size_t log) {
  Log& of = logs_[log];
  const Server::Process* const process = server_.process();
  if (process != nullptr && !of.name.empty())
    of.end =
        store::read_head(process->store->tables(), of.name).value_or(log::Head{}).last_position;
  return of.end;
}

RuleSpan RuleLogs::now(std::size_t ward) {
  return {.own = {.from = end(ward)}, .tenant = {.from = confirmed_}};
}

RuleSpan RuleLogs::until_now(std::size_t ward, RuleSpan since) {
  if (server_.process() == nullptr) return since;
  since.own.to = end(ward);
  since.tenant.to = end(tenant());
  return since;
}

std::weak_ptr<const int> RuleLogs::process() const {
  const Server::Process* const process = server_.process();
  return process == nullptr ? std::weak_ptr<const int>() : process->alive;
}

}  // namespace syncline::sim
