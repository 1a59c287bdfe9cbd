#include "node/tenant_policies.h"

#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/audit.h"
#include "node/shards.h"

namespace syncline::node {

void TenantPolicies::load(std::string_view tenant, log::Done<policy::RulesAt> done) {
  auto found = entries_.find(tenant);
  if (found == entries_.end()) found = entries_.try_emplace(std::string(tenant)).first;
  Entry& entry = found->second;
  if (entry.known) return done(*entry.known);
  entry.waiting.push_back(std::move(done));
  if (std::exchange(entry.loading, true)) return;
  std::string name = qualified(tenant, log::kSystemWorkspace);
  auto answer = [&shards = shards_, index = index_,
                 tenant = std::string(tenant)](Result<policy::RulesAt> rules) mutable {
    shards.on(index, [tenant = std::move(tenant), rules = std::move(rules)](Shard& here) mutable {
      here.tenant_policies->loaded(tenant, std::move(rules));
    });
  };
  shards_.on_owner(name, [name, answer = std::move(answer)](Shard& owner) mutable {
    owner.host.read_own_rules(name, std::move(answer));
  });
}

void TenantPolicies::loaded(std::string_view tenant, Result<policy::RulesAt> rules) {
  const auto found = entries_.find(tenant);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.loading = false;
  if (rules && (!entry.known || entry.known->at < rules->at)) entry.known = *rules;
  const Result<policy::RulesAt> known =
      entry.known ? Result<policy::RulesAt>(*entry.known) : std::move(rules);
  auto waiting = std::exchange(entry.waiting, {});
  if (!known) entries_.erase(found);
  for (auto& done : waiting) done(known);
}

void TenantPolicies::changed(std::string_view tenant, policy::RulesAt now) {
  const std::string name(tenant);
  const bool tells_own = is_mutated(Mutation::tell_own_loop);
  telling_[name].left += tells_own ? 1 : shards_.size();
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (tells_own && i != index_) continue;
    auto done = [&shards = shards_, index = index_, name] {
      shards.on(index, [name](Shard& here) { here.tenant_policies->taken(name); });
    };
    shards_.on(i, [name, now, done = std::move(done)](Shard& shard) mutable {
      shard.tenant_policies->take(name, now, std::move(done));
    });
  }
}

void TenantPolicies::take(const std::string& tenant, policy::RulesAt now, Task done) {
  const auto found = entries_.find(tenant);
  if (found == entries_.end()) return done();  // there is no workspace of the tenant here
  std::optional<policy::RulesAt>& known = found->second.known;
  if (!known || known->at < now.at) known = now;
  Shard* const shard = shards_.at(index_);
  shard->host.take_tenant_rules(tenant, *known, std::move(done));
}

void TenantPolicies::taken(const std::string& tenant) {
  const auto found = telling_.find(tenant);
  if (found == telling_.end() || --found->second.left > 0) return;
  auto waiting = std::move(found->second.waiting);
  telling_.erase(found);
  for (Task& done : waiting) done();
}

void TenantPolicies::when_taken(std::string_view tenant, Task done) {
  const auto found = telling_.find(tenant);
  if (found == telling_.end()) return done();
  found->second.waiting.push_back(std::move(done));
}

}  // namespace syncline::node
