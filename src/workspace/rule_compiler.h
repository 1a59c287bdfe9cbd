// Compiling the policies and shares of a workspace (policy/rule_set.h): at once if that is short, otherwise on a worker.
//
// Thread-safety: one loop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "log/rules_held.h"
#include "merge/object.h"
#include "policy/workspace_policy.h"
#include "state/jobs.h"

namespace syncline::workspace {

// Texts and shares of at most so many bytes together are compiled on the loop, in about a millisecond.
inline constexpr std::size_t kCompiledHereBytes = std::size_t{16} << 10;

// What compiling takes, in bytes: that of the texts, and something for each share.
std::size_t compiled_bytes(const log::HeldPolicies& policies, const log::HeldShares& shares);

// Whether a change of policies and shares that hold is too long for the loop: to check its text, and to compile what
// they become.
bool is_long_change(const log::HeldRules& held, const log::RuleAct& act);

// Has a worker check the text of a policy that `act` sets, and compile `next`, which is what the change makes of the policies
// and shares. kMalformed, kInvalid, kTooLarge: as policy::check_policy_text says.
void compile_change(
    const state::OffLoop& off_loop, const std::string& workspace, log::HeldRules next,
    const log::RuleAct& act,
    std::move_only_function<void(Result<std::shared_ptr<const policy::RuleSet>>)> done);

using Compiled = std::move_only_function<void(std::shared_ptr<const policy::RuleSet>)>;

// `done` is called at once or in a later turn. nullopt: there are no workers. `workspace`: as for RuleSet::make.
void compile_rules(const std::optional<state::OffLoop>& off_loop, const std::string& workspace,
                   const log::HeldPolicies& policies, const log::HeldShares& shares, Compiled done);

// The same for the object "./policy" of a workspace at that position.
void compile_rules(const std::optional<state::OffLoop>& off_loop, const std::string& workspace,
                   const merge::Object& object, log::Position at,
                   std::move_only_function<void(policy::RulesAt)> done);

}  // namespace syncline::workspace
