#include "policy/decider.h"

#include <algorithm>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "identity/link.h"
#include "identity/scope.h"
#include "log/rules.h"

namespace syncline::policy {
namespace {

// The rules of a workspace are part of its history. Whoever reads them needs that right, too.
bool may_read_rules(const Question& question) {
  return !log::is_system_object(question.object) ||
         question.caller.rights.has(identity::Right::kHistory);
}

bool is_about_policy(identity::Right right) {
  return right == identity::Right::kPolicy || right == identity::Right::kSeePolicy;
}

Result<void> check_rights(const Question& question) {
  if (auto within = identity::check_scope(
          question.caller.principal, split_name(question.workspace).workspace, question.object);
      !within)
    return within;
  if (!may_read_rules(question))
    return fail(ErrorCode::kForbidden, "this token may not read objects of the server");
  if (question.caller.rights.has(question.right)) return {};
  if (question.right == identity::Right::kWrite && is_mutated(Mutation::readers_may_write))
    return {};
  return fail(ErrorCode::kForbidden, identity::changes(question.right)
                                         ? "this token may read only"
                                         : "this token may not do this");
}

}  // namespace

Error ended_link() {
  return {ErrorCode::kForbidden, "this link has ended"};
}

Verdict decide(std::span<const Decider* const> chain, const Decider* own,
               const Question& question) {
  Verdict all{.allowed = check_rights(question)};
  const auto ask = [&](const Decider& decider) {
    Verdict one = decider.decide(question);
    all.rules = std::max(all.rules, one.rules);
    all.allowed = std::move(one.allowed);
  };
  for (const Decider* decider : chain)
    if (all.allowed) ask(*decider);
  if (!all.allowed) return all;
  if (own != nullptr) {
    ask(*own);
  } else if (identity::is_link(question.caller.principal.id)) {
    all.allowed = std::unexpected(ended_link());
  } else if (is_about_policy(question.right) && !identity::administers(question.caller.rights)) {
    all.allowed = fail(ErrorCode::kForbidden, "only an administrator may do this here");
  }
  return all;
}

}  // namespace syncline::policy
