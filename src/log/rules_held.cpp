#include "log/rules_held.h"

#include <fmt/format.h>

#include <utility>

#include "base/mutation.h"

namespace syncline::log {
namespace {

struct CarryOut {
  HeldRules& held;
  const RuleChange& change;

  Result<void> operator()(const SetPin& act) const {
    held.pins[act.name] = {act.name, act.position, change.unix_ms, change.principal};
    return {};
  }
  Result<void> operator()(const RemovePin& act) const {
    if (held.pins.erase(act.name) > 0) return {};
    return fail(ErrorCode::kNotFound, fmt::format("there is no pin '{}'", act.name));
  }
  Result<void> operator()(const LiftQuarantine& act) const {
    held.lifted[act.object] = {act.position, change.principal, change.unix_ms};
    return {};
  }
  Result<void> operator()(const SetPolicy& act) const {
    if (auto room = check_room(held.policies, act); !room) return room;
    held.policies[act.name] = {act.text, change.principal, change.unix_ms};
    return {};
  }
  Result<void> operator()(const RemovePolicy& act) const {
    if (held.policies.erase(act.name) > 0) return {};
    return fail(ErrorCode::kNotFound, fmt::format("there is no policy '{}'", act.name));
  }
  Result<void> operator()(const Share& act) const {
    if (auto room = check_room(held.shares, act); !room) return room;
    held.shares[{act.resource, act.to}] = {act.role, change.principal, change.unix_ms};
    return {};
  }
  Result<void> operator()(const Unshare& act) const {
    if (is_mutated(Mutation::keep_taken_share) && held.shares.contains({act.resource, act.to}))
      return {};
    if (held.shares.erase({act.resource, act.to}) > 0) return {};
    return fail(ErrorCode::kNotFound,
                fmt::format("'{}' is not shared with {}", act.resource, to_string(act.to)));
  }
  Result<void> operator()(const SetDeletionRule& act) const { return deletion(act); }
  Result<void> operator()(const DeleteObject& act) const { return deletion(act); }
  Result<void> operator()(const UndeleteObject& act) const { return deletion(act); }
  Result<void> operator()(const EraseObject& act) const { return deletion(act); }
  Result<void> operator()(const RenameObject& act) const { return deletion(act); }
  Result<void> operator()(const RemoveRedirect& act) const { return deletion(act); }
  Result<void> operator()(const DeleteWorkspace& act) const { return deletion(act); }
  Result<void> operator()(const UndeleteWorkspace& act) const { return deletion(act); }
  Result<void> operator()(const EraseWorkspace& act) const { return deletion(act); }
  Result<void> operator()(const BeginWorkspace& act) const { return deletion(act); }

  Result<void> deletion(const auto& act) const {
    if (auto fits = check_fits(held.deletions, act); !fits) return fits;
    carry_out(held.deletions, act, change.principal, change.unix_ms);
    return {};
  }
  // A rule, a hold or a release.
  Result<void> operator()(const auto&) const {
    auto after =
        change_retention({.rule = held.retention, .hold = held.hold}, *retention_change_of(change));
    if (!after) return std::unexpected(std::move(after.error()));
    held.retention = after->rule;
    held.hold = std::move(after->hold);
    return {};
  }
};

}  // namespace

Result<void> carry_out(HeldRules& held, const RuleChange& change) {
  return std::visit(CarryOut{held, change}, change.act);
}

void RetentionTrail::add(const RetentionChange& change) {
  ++changes_;
  Bytes bytes(digest_.begin(), digest_.end());
  const Bytes more = encode_rule_change(rule_change_of(change));
  bytes.insert(bytes.end(), more.begin(), more.end());
  digest_ = sha256(bytes);
}

std::vector<RuleChange> take_over(const UntoldRules& untold) {
  HeldRules held;
  std::vector<RuleChange> changes;
  const auto add = [&](RuleChange change) {
    if (check_rule_change(change) && carry_out(held, change)) changes.push_back(std::move(change));
  };
  for (const Pin& pin : untold.pins)
    add({SetPin{pin.name, pin.position}, pin.principal, "", pin.unix_ms});
  for (const RetentionChange& change : untold.record) add(rule_change_of(change));
  if (held.retention != untold.retention) add({SetRetention{untold.retention}, "", "", 0});
  if (held.hold != untold.hold) {
    if (held.hold) add({ReleaseHold{}, "", "", 0});
    if (untold.hold)
      add({PutHold{}, untold.hold->principal, untold.hold->reason, untold.hold->unix_ms});
  }
  return changes;
}

}  // namespace syncline::log
