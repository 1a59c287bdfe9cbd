// RuleSet: the policies and shares of a workspace, or the policies of a whole tenant, compiled. Decisions are made from
// one or two of them (policy/workspace_policy.h).
//
// Compiling takes long compared with a decision, and grows with the texts (log/access_rules.h bounds them). So it happens
// once for each change, and away from the loops if the texts are long (workspace/rule_compiler.h).
//
// Thread-safety: immutable. The loops of a server share the one of a tenant.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/entities.h"
#include "cedar/rule_index.h"
#include "log/access_rules.h"
#include "policy/outcomes.h"
#include "syncline/error.h"

namespace syncline::policy {

class RuleSet {
 public:
  struct Rule {
    const cedar::Policy* policy;
    const cedar::Uid* principal;  // that its scope names; nullptr: none
    const cedar::Uid* resource;
    std::uint32_t cost;  // of its conditions, in steps (cedar::Answer::steps)
  };

  // nullptr if there are neither policies nor shares. `workspace`: whose they are, by its name within the server
  // (base/qualified_name.h).
  static std::shared_ptr<const RuleSet> make(std::string_view workspace,
                                             const log::HeldPolicies& policies,
                                             const log::HeldShares& shares);

  // Of policies that cannot be read, for that reason.
  static std::shared_ptr<const RuleSet> unreadable(Error error);

  // Whether there is a rule that decides. Audit rules (policy/access_schema.h) do not.
  bool decides() const { return damage_.has_value() || !permits_.empty() || !forbids_.empty(); }
  // Of the audit rules; nullptr: there are none.
  const cedar::Authorizer* audits() const { return audits_.get(); }

  // Why they cannot be read; nullopt: they can. Otherwise nothing below may be used.
  const std::optional<Error>& damage() const { return damage_; }

  const cedar::Authorizer& authorizer() const { return *authorizer_; }
  const Varying& varying() const { return varying_; }
  bool by_path() const { return by_path_; }        // some rule tells paths of one object apart
  bool by_context() const { return by_context_; }  // some rule looks at the context
  // Some policy may take away from somebody because of what only his token says of him, his groups and attributes, or because
  // of where he comes from. So nobody can judge of whom that is not known. What is only given to groups, he does not have.
  bool needs_token() const { return needs_token_; }

  // Whether a share names the link with this principal (identity/link.h).
  bool names_link(std::string_view principal) const { return links_.contains(principal); }

  std::span<const Rule> forbids() const { return forbids_; }

  // Whether `is_of_kind` holds for one of the permits whose scope may fit the principal, or one of the forbids whose
  // scope may fit him and this action on a path: "insert", "delete", "format" or "set". A workspace has many shares, and
  // a principal few.
  template <typename IsOfKind>
  bool any_permit(const cedar::Entity& principal, IsOfKind is_of_kind) const {
    return any_of(permits_of_, permits_, principal, is_of_kind);
  }
  template <typename IsOfKind>
  bool any_forbid(std::string_view action, const cedar::Entity& principal,
                  IsOfKind is_of_kind) const {
    return any_of(forbids_of_[number_of(action)], forbids_, principal, is_of_kind);
  }

 private:
  // The numbers of rules by the principal or group that their scope names; and of those that name none.
  struct ByPrincipal {
    cedar::KeyedRules<cedar::Uid> named;
    std::vector<std::uint32_t> anyone;

    void add(const cedar::Uid* principal, std::uint32_t number) {
      principal == nullptr ? anyone.push_back(number) : named.add(principal, number);
    }
  };

  RuleSet() = default;

  Result<void> compile(std::string_view workspace, const log::HeldPolicies& policies,
                       const log::HeldShares& shares);
  Result<void> add_policies(std::string_view workspace, const log::HeldPolicies& policies,
                            cedar::PolicySet& set, cedar::PolicySet& audits);
  Result<void> add_shares(std::string_view workspace, const log::HeldShares& shares,
                          cedar::PolicySet& set);
  void add_rule(const cedar::Policy& policy, const cedar::Uid* principal,
                const cedar::Uid* resource);
  static std::size_t number_of(std::string_view action);

  template <typename IsOfKind>
  static bool any_of(const ByPrincipal& numbers, const std::vector<Rule>& rules,
                     const cedar::Entity& principal, IsOfKind is_of_kind) {
    const auto any = [&](std::span<const std::uint32_t> some) {
      return std::ranges::any_of(some, [&](std::uint32_t each) { return is_of_kind(rules[each]); });
    };
    if (any(numbers.anyone) || any(numbers.named.find(*principal.uid))) return true;
    return std::ranges::any_of(principal.ancestors, [&](const cedar::Uid* each) {
      return any(numbers.named.find(*each));
    });
  }

  std::optional<Error> damage_;
  std::vector<cedar::PolicySet> texts_;  // whose parts the set of the authorizer refers to
  std::set<std::string, std::less<>> links_;
  std::unique_ptr<cedar::Authorizer> authorizer_;
  std::unique_ptr<cedar::Authorizer> audits_;
  std::vector<Rule> permits_;
  std::vector<Rule> forbids_;
  ByPrincipal permits_of_;
  std::array<ByPrincipal, 4> forbids_of_;  // by action
  Varying varying_;
  bool by_path_ = false;
  bool by_context_ = false;
  bool needs_token_ = false;
};

}  // namespace syncline::policy
