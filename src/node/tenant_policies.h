// What holds for whole tenants, on one loop (workspace/tenant_policies.h): asks the loop of the tenant's system workspace,
// keeps the answer, and tells all loops of a change that begins here.
//
// The newest position counts, because an answer and the news of a change may pass each other.
//
// Bounds: one entry for each tenant of which somebody has asked for a workspace here. They stay: the data of a tenant is
// erased when the server starts.
// Thread-safety: none; it lives on its loop. Ownership: the shard owns it; what it refers to must outlive it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/rules_at.h"
#include "workspace/tenant_policies.h"

namespace syncline::node {

class Shards;

class TenantPolicies final : public workspace::TenantPolicies {
 public:
  // `index`: of this loop.
  TenantPolicies(const Shards& shards, std::size_t index) : shards_(shards), index_(index) {}
  TenantPolicies(const TenantPolicies&) = delete;
  TenantPolicies& operator=(const TenantPolicies&) = delete;

  void load(std::string_view tenant, log::Done<policy::RulesAt> done) override;
  void changed(std::string_view tenant, policy::RulesAt now) override;
  void when_taken(std::string_view tenant, Task done) override;

 private:
  struct Entry {
    std::optional<policy::RulesAt> known;
    bool loading = false;
    std::vector<log::Done<policy::RulesAt>> waiting;
  };
  // A change that not all loops have taken up yet.
  struct Telling {
    std::size_t left = 0;  // answers
    std::vector<Task> waiting;
  };

  void loaded(std::string_view tenant, Result<policy::RulesAt> rules);
  void take(const std::string& tenant, policy::RulesAt now, Task done);
  void taken(const std::string& tenant);

  const Shards& shards_;
  const std::size_t index_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Telling, std::less<>> telling_;  // of those whose system workspace is here
};

}  // namespace syncline::node
