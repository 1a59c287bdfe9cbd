#include "policy/reach.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>

#include "base/qualified_name.h"
#include "identity/link.h"
#include "policy/every_change.h"
#include "policy/link_holder.h"
#include "policy/rule_set.h"
#include "policy/share_rules.h"
#include "policy/workspace_policy.h"

namespace syncline::policy {
namespace {

using identity::Caller;
using identity::Right;
using identity::Rights;
using Whom = ReachOf::Kind;

bool is_link(const ReachOf& who) {
  return who.kind == Whom::kPrincipal && identity::is_link(who.id);
}

std::uint64_t end_of(const ReachOf& who) {
  return is_link(who) ? identity::end_of_link(who.id).value_or(0) : 0;
}

Caller caller_of(const ReachOf& who) {
  identity::Identity identity{.source = identity::Identity::Source::kJwt};
  if (who.kind == Whom::kGroup) identity.groups = {who.id};
  const Rights rights = who.kind == Whom::kAdministrators ? Rights::all() : Rights::writing();
  return {
      .principal = {.id = who.kind == Whom::kPrincipal ? who.id : std::string(),
                    .rights = rights,
                    .identity = std::make_shared<const identity::Identity>(std::move(identity))},
      .rights = rights};
}

// In the order of kReachRights.
constexpr Right kAskedRights[] = {Right::kRead,  Right::kHistory, Right::kPresence,
                                  Right::kWrite, Right::kRestore, Right::kSeePolicy,
                                  Right::kExport};

// Also with audit rules alone, which decide nothing.
constexpr std::string_view kNoRules = "there were no policies and no shares";

struct Reached {
  bool allowed = false;
  bool in_part = false;
};

Reached reaches(const WorkspacePolicy* policy, Question question) {
  if (question.right != Right::kWrite) return {decide({}, policy, question).allowed.has_value()};
  const bool some = decide({}, policy, question).allowed.has_value();
  question.effect = &every_change();
  const bool all = some && decide({}, policy, question).allowed.has_value();
  return {some, some && !all};
}

// Why the question about kReachRights[right] is allowed.
std::vector<std::string> reasons_for(const WorkspacePolicy* policy, const Question& question,
                                     std::size_t right, const log::HeldShares& shares) {
  if (policy == nullptr) return {std::string(kNoRules)};
  const bool writes = question.right == Right::kWrite;
  ResourceName resource = ResourceName::of_share(question.object);
  if (writes) resource = {ResourceName::Kind::kPath, question.object, ""};
  const auto why = policy->explain(question, writes ? "set" : kReachRights[right], resource);
  const bool nothing = !why || !why->allowed;
  if (nothing && question.right != Right::kSeePolicy) return {std::string(kNoRules)};
  if (nothing) return {"whoever administers always may"};
  std::vector<std::string> reasons;
  for (const std::string& reason : why->reasons)
    reasons.push_back(shown_reason(reason, split_name(question.workspace).workspace, shares));
  return reasons;
}

}  // namespace

std::string to_string(const ReachOf& who) {
  switch (who.kind) {
    case Whom::kEveryone: return "everyone";
    case Whom::kAdministrators: return "administrators";
    case Whom::kGroup: return "group:" + who.id;
    case Whom::kPrincipal: break;
  }
  return "principal:" + who.id;
}

Reach::Reach(std::string workspace, std::string object, std::string type)
    : workspace_(std::move(workspace)),
      object_(std::move(object)),
      type_(std::move(type)),
      people_({{Whom::kEveryone}, {Whom::kAdministrators}}) {}

void Reach::add(const Mentioned& mentioned) {
  for (const std::string& id : mentioned.groups) people_.insert({Whom::kGroup, id});
  for (const std::string& id : mentioned.principals) add_principal(id);
}

void Reach::add_principal(std::string id) {
  if (!id.empty()) people_.insert({Whom::kPrincipal, std::move(id)});
}

void Reach::rules(const log::HeldRules& held, const RulesAt& tenant, log::Position position,
                  std::uint64_t unix_ms) {
  const auto policy = WorkspacePolicy::of(
      {RuleSet::make(workspace_, held.policies, held.shares), position}, tenant);
  const std::string_view name = split_name(workspace_).workspace;
  for (const ReachOf& who : people_) {
    const Caller caller =
        is_link(who) ? link_holder(who.id, name, object_, held.shares) : caller_of(who);
    const std::uint64_t end_ms = end_of(who);
    const bool over = end_ms > 0 && end_ms <= unix_ms;
    for (std::size_t i = 0; i < std::size(kReachRights); ++i) {
      const bool of_object = kAskedRights[i] != Right::kExport;
      const Question question{.caller = caller,
                              .right = kAskedRights[i],
                              .workspace = workspace_,
                              .object = of_object ? std::string_view(object_) : "",
                              .type = of_object ? std::string_view(type_) : "",
                              .unix_ms = unix_ms};
      const Reached reached = over ? Reached{} : reaches(policy.get(), question);
      std::vector<std::string> by;
      if (reached.allowed && !reached.in_part)
        by = reasons_for(policy.get(), question, i, held.shares);
      note({who, i}, position, reached.allowed, reached.in_part, std::move(by));
    }
  }
}

// A span goes on as long as it is given in the same way.
void Reach::note(Key key, log::Position position, bool allowed, bool in_part,
                 std::vector<std::string> by) {
  const auto open = open_.find(key);
  if (open != open_.end()) {
    ReachSpan& span = open->second;
    if (allowed && span.in_part == in_part && span.by == by) return;
    span.to = position;
    ended_.push_back(std::move(span));
    open_.erase(open);
  }
  if (!allowed) return;
  ReachSpan span{key.first, kReachRights[key.second], in_part,      position,
                 0,         end_of(key.first),        std::move(by)};
  open_.emplace(std::move(key), std::move(span));
}

std::vector<ReachSpan> Reach::finish(log::Position to) {
  for (auto& [key, span] : open_) {
    span.to = to;
    ended_.push_back(std::move(span));
  }
  const auto order = [](const ReachSpan& span) {
    const auto right = std::ranges::find(kReachRights, span.right) - std::begin(kReachRights);
    return std::tuple(span.who, right, span.from);
  };
  std::ranges::sort(ended_, {}, order);
  return std::move(ended_);
}

}  // namespace syncline::policy
