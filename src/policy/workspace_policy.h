// What the policies and shares of a workspace and the policies of its tenant allow (log/access_rules.h): a decider.
//
// How it decides:
// - The rights of the token come first, and are an upper bound (policy/decider.h).
// - Then the Cedar language decides (docs/cedar.md), with the schema of policy/access_schema.h: no `permit` is no right,
//   a `forbid` wins, and a `forbid` whose evaluation fails counts as satisfied. A share is a link of the template of its
//   role. The rules of the workspace and those of its tenant (policy/rule_set.h) are one set: a `permit` may stand in
//   either, and a `forbid` wins wherever it stands.
// - A change is judged by each touch of its effect: an action on a path. A touch that covers what is below (merge/effect.h)
//   needs a `permit` that holds for the place and for everything below it, and no `forbid` that may hold anywhere there
//   for anything that the touch may do there (policy/outcomes.h).
// - To remove a key needs `set` and `delete`.
// - A change whose effect is not known yet needs that some change could be allowed. It is judged again when it is known.
// - A link whose share was taken back has no right, whatever else allows it.
// - Administrators set and see policies and shares whatever these say, so nobody is locked out for good. So does the
//   operator on this machine, with everything.
// - If the policies cannot be read, only that is left.
// - Audit rules (policy/access_schema.h) decide nothing. With these alone, it is as without policies.
//
// Bounds. Of one change, kMostPlaces different places are judged exactly, further ones as places anywhere in the object.
// A change that takes more than kMostSteps to judge is refused.
//
// Thread-safety: none; it belongs to the loop of its workspace. The rules that it is made of are immutable.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/authorizer.h"
#include "log/rules_held.h"
#include "policy/decider.h"
#include "policy/question_entities.h"
#include "policy/remembered.h"
#include "policy/rule_set.h"
#include "policy/rules_at.h"

namespace syncline::policy {

// The first place of a change that was refused, as the reason of a decision names it; nullopt: it names none.
struct RefusedPlace {
  std::string action;  // "insert", "delete", "format", "set"
  std::string path;
};
std::optional<RefusedPlace> refused_place(std::string_view reason);

class WorkspacePolicy final : public Decider {
 public:
  static constexpr std::size_t kMostPlaces = 256;
  // Parts of conditions that are evaluated, and rules that are looked at: some milliseconds.
  static constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 20;

  // nullptr if neither the workspace nor its tenant has rules.
  static std::shared_ptr<const WorkspacePolicy> of(RulesAt own, RulesAt tenant);

  // Of a workspace alone. nullptr if there are neither policies nor shares. `workspace`: its name within the server
  // (base/qualified_name.h). `at`: the position of their last change.
  static std::shared_ptr<const WorkspacePolicy> make(std::string_view workspace,
                                                     const log::HeldRules& held, log::Position at);

  // A decider for a workspace whose policies cannot be read, for that reason.
  static std::shared_ptr<const WorkspacePolicy> unreadable(Error error, log::Position at);

  Verdict decide(const Question& question) const override;

  // Whether there is a rule that decides. Without one, the token alone does.
  bool decides() const { return !sets_.empty(); }

  // Whether a rule says that this read, which was allowed, is written to the audit log. An audit rule whose evaluation
  // fails says so, too.
  bool is_audited(const Question& question) const;

  // Whether there may be something in the workspace that the caller may read. A sound guess, for lists of workspaces: it
  // does not look at conditions. The right and the object of the question are not used.
  bool may_show(const Question& question) const;

  // The last event of the tenant's rules that this depends on; 0: the tenant has none.
  log::Position tenant_at() const { return tenant_at_; }

  // Why they cannot be read; nullopt: they can.
  const std::optional<Error>& damage() const { return damage_; }

  // As RuleSet says.
  bool needs_token() const { return needs_token_; }

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

  // What all decisions since the start took. For tests and for those who ask many questions at once.
  std::uint64_t steps() const { return steps_; }

 private:
  class Judge;

  WorkspacePolicy(RulesAt own, RulesAt tenant);

  bool is_ended_link(std::string_view principal) const;
  // Fills `why`, which may be nullptr, if a policy refuses.
  Result<void> judge(const Question& question, std::optional<Refusal>* why = nullptr) const;

  const log::Position at_;         // of the rules of the workspace; 0: it has none
  const log::Position tenant_at_;  // the same for its tenant
  const RuleSet* const tenant_;    // one of those below, or nullptr
  // Those that decide, and those with audit rules: at most two each, of the workspace and of the tenant.
  std::vector<std::shared_ptr<const RuleSet>> sets_;
  std::vector<std::shared_ptr<const RuleSet>> audits_;
  std::optional<Error> damage_;
  bool by_path_ = false;     // some rule tells paths of one object apart
  bool by_context_ = false;  // some rule looks at the context
  bool needs_token_ = false;
  mutable Remembered remembered_;
  mutable std::uint64_t steps_ = 0;

  // Memory that decisions use again.
  mutable cedar::Arena made_;
  mutable cedar::Arena scratch_;
  mutable cedar::Answer answer_;
};

}  // namespace syncline::policy
