// What the policies and shares of one workspace allow (log/access_rules.h): a decider, compiled from all of them at once.
//
// How it decides:
// - The rights of the token come first, and are an upper bound (policy/decider.h).
// - Then the Cedar language decides (docs/cedar.md), with the schema of policy/access_schema.h: no `permit` is no right,
//   a `forbid` wins, and a `forbid` whose evaluation fails counts as satisfied. A share is a link of the template of its
//   role.
// - A change is judged by each touch of its effect: an action on a path. A touch that covers what is below (merge/effect.h)
//   needs a `permit` that holds for the place and for everything below it, and no `forbid` that may hold anywhere there
//   for anything that the touch may do there (policy/outcomes.h).
// - To remove a key needs `set` and `delete`.
// - A change whose effect is not known yet needs that some change could be allowed. It is judged again when it is known.
// - Administrators set and see policies and shares whatever these say, so nobody is locked out for good. So does the
//   operator on this machine, with everything.
// - If the policies cannot be read, only that is left.
//
// Bounds. Of one change, kMostPlaces different places are judged exactly, further ones as places anywhere in the object.
//
// Thread-safety: none; it belongs to the loop of its workspace. What it is made of is immutable.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/entities.h"
#include "cedar/rule_index.h"
#include "log/rules_held.h"
#include "policy/decider.h"
#include "policy/outcomes.h"
#include "policy/question_entities.h"
#include "policy/remembered.h"

namespace syncline::policy {

class WorkspacePolicy final : public Decider {
 public:
  static constexpr std::size_t kMostPlaces = 256;

  // nullptr if there are neither policies nor shares. `workspace`: its name within the server (base/qualified_name.h).
  // `at`: the position of their last change.
  static std::shared_ptr<const WorkspacePolicy> make(std::string_view workspace,
                                                     const log::HeldRules& held, log::Position at);

  // A decider for a workspace whose policies cannot be read, for that reason.
  static std::shared_ptr<const WorkspacePolicy> unreadable(Error error, log::Position at);

  Verdict decide(const Question& question) const override;

  // Why they cannot be read; nullopt: they can.
  const std::optional<Error>& damage() const { return damage_; }

  // What is decided about one action on one resource, and by which policies and shares. For people.
  struct Explained {
    bool allowed = false;
    std::vector<std::string> reasons;  // "policy NAME", "share editor of notes/ to group:eng"
    std::vector<std::string> errors;   // "policy NAME: line 1, column 2: …"
  };
  // kInvalid: there is no such action. The right and the object of the question are not used.
  Result<Explained> explain(const Question& question, std::string_view action,
                            const ResourceName& resource) const;

  // What refuses a question. For people.
  struct Refusal {
    std::string action;
    ResourceName::Kind kind = ResourceName::Kind::kWorkspace;
    std::string object;
    std::string path;                  // of kPath
    std::vector<std::string> reasons;  // as above; empty: nothing permits it

    ResourceName resource() const { return {kind, object, path}; }
  };
  // nullopt: decide() allows it, or no policy was asked.
  std::optional<Refusal> why_refused(const Question& question) const;

 private:
  struct Rule {
    const cedar::Policy* policy;
    const cedar::Uid* principal;
    const cedar::Uid* resource;
  };
  class Judge;

  WorkspacePolicy(log::Position at) : at_(at) {}

  Result<void> compile(std::string_view workspace, const log::HeldRules& held);
  Result<void> add_policies(const log::HeldPolicies& policies, cedar::PolicySet& set);
  Result<void> add_shares(std::string_view workspace, const log::HeldShares& shares,
                          cedar::PolicySet& set);
  void find_rules(const cedar::PolicySet& set);
  // Fills `why`, which may be nullptr, if a policy refuses.
  Result<void> judge(const Question& question, std::optional<Refusal>* why = nullptr) const;

  const log::Position at_;
  std::optional<Error> damage_;
  std::vector<cedar::PolicySet> texts_;  // whose parts the set refers to
  std::unique_ptr<cedar::Authorizer> authorizer_;
  cedar::Entities actions_;
  std::vector<Rule> permits_;
  std::vector<Rule> forbids_;
  // The numbers of permits, by the principal or group that their scope names; and of those that name none.
  cedar::KeyedRules<cedar::Uid> permits_of_;
  std::vector<std::uint32_t> permits_of_anyone_;
  Varying varying_;
  bool by_path_ = false;     // some rule tells paths of one object apart
  bool by_context_ = false;  // some rule looks at the context
  mutable Remembered remembered_;

  // Memory that decisions use again.
  mutable cedar::Arena made_;
  mutable cedar::Arena scratch_;
  mutable cedar::Answer answer_;
};

}  // namespace syncline::policy
