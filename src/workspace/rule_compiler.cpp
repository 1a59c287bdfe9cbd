#include "workspace/rule_compiler.h"

#include <utility>

#include "policy/access_schema.h"
#include "policy/rule_set.h"
#include "state/rules_object.h"

namespace syncline::workspace {
namespace {

constexpr std::size_t kShareBytes = 64;

// What a compiled policy takes, compared with its text.
constexpr std::size_t kTimesCompiled = 16;

state::JobOrder order_of(const std::string& workspace, std::size_t bytes) {
  return {.kind = state::JobOrder::kUrgent,
          .asker = workspace,
          .name = "policy",
          .bytes = kTimesCompiled * bytes};
}

}  // namespace

std::size_t compiled_bytes(const log::HeldPolicies& policies, const log::HeldShares& shares) {
  std::size_t bytes = shares.size() * kShareBytes;
  for (const auto& [name, held] : policies) bytes += held.text.size();
  return bytes;
}

bool is_long_change(const log::HeldRules& held, const log::RuleAct& act) {
  const auto* set = std::get_if<log::SetPolicy>(&act);
  const std::size_t added = set == nullptr ? 0 : set->text.size();
  return compiled_bytes(held.policies, held.shares) + added > kCompiledHereBytes;
}

void compile_change(
    const state::OffLoop& off_loop, const std::string& workspace, log::HeldRules next,
    const log::RuleAct& act,
    std::move_only_function<void(Result<std::shared_ptr<const policy::RuleSet>>)> done) {
  using Rules = Result<std::shared_ptr<const policy::RuleSet>>;
  const auto* set = std::get_if<log::SetPolicy>(&act);
  const std::string changed = set == nullptr ? std::string() : set->name;
  state::JobOrder order = order_of(workspace, compiled_bytes(next.policies, next.shares));
  off_loop.compute<Rules>(
      std::move(order),
      [workspace, changed, next = std::move(next)]() -> Rules {
        if (const auto found = next.policies.find(changed); found != next.policies.end())
          if (auto fits = policy::check_policy_text(changed, found->second.text); !fits)
            return std::unexpected(std::move(fits.error()));
        return policy::RuleSet::make(workspace, next.policies, next.shares);
      },
      std::move(done));
}

void compile_rules(const std::optional<state::OffLoop>& off_loop, const std::string& workspace,
                   const log::HeldPolicies& policies, const log::HeldShares& shares,
                   Compiled done) {
  const std::size_t bytes = compiled_bytes(policies, shares);
  if (!off_loop || bytes <= kCompiledHereBytes)
    return done(policy::RuleSet::make(workspace, policies, shares));
  off_loop->compute<std::shared_ptr<const policy::RuleSet>>(
      order_of(workspace, bytes),
      [workspace, policies, shares] { return policy::RuleSet::make(workspace, policies, shares); },
      std::move(done));
}

void compile_rules(const std::optional<state::OffLoop>& off_loop, const std::string& workspace,
                   const merge::Object& object, log::Position at,
                   std::move_only_function<void(policy::RulesAt)> done) {
  if (at == 0) return done({});
  const log::HeldRules* held = state::rules_of(object);
  if (held == nullptr)
    return done({policy::RuleSet::unreadable(
                     {ErrorCode::kCorrupt, "the object ./policy does not have the type 'rules'"}),
                 at});
  compile_rules(off_loop, workspace, held->policies, held->shares,
                [at, done = std::move(done)](std::shared_ptr<const policy::RuleSet> rules) mutable {
                  done({std::move(rules), at});
                });
}

}  // namespace syncline::workspace
