#include "cedar/authorizer.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "cedar/rule_index.h"

namespace syncline::cedar {

struct Authorizer::Index {
  std::vector<Rule> rules;
  // Rules for an action or a group of actions, and rules for every action.
  std::vector<std::pair<const Uid*, RuleBucket>> buckets;
  KeyedRules<Uid> by_action;  // numbers of buckets
  RuleBucket any_action;
};

namespace {

using Match = ScopeRule::Match;

// How many rules share each entity.
class Shares {
 public:
  void add(const Uid* uid) {
    if (uid != nullptr) ++counts_[uid->hash];
  }
  std::size_t of(const Uid* uid) const {
    if (uid == nullptr) return static_cast<std::size_t>(-1);
    const auto at = counts_.find(uid->hash);
    return at == counts_.end() ? 0 : at->second;
  }

 private:
  // By hash: a clash only makes a worse index.
  std::unordered_map<std::uint64_t, std::size_t> counts_;
};

std::vector<Rule> rules_of(const PolicySet& policies) {
  std::vector<Rule> rules;
  for (const Policy* policy : policies.policies()) {
    if (policy->is_template()) continue;
    rules.push_back({policy->id, policy, policy->principal.uid, policy->resource.uid,
                     cost_of(policy->conditions)});
  }
  for (const Link* link : policies.links()) {
    const Policy& of = *link->of;
    rules.push_back({link->id, &of, of.principal.slot ? link->principal : of.principal.uid,
                     of.resource.slot ? link->resource : of.resource.uid, cost_of(of.conditions)});
  }
  return rules;
}

bool fits(const ScopeRule& rule, const Uid* wanted, const Uid& uid, const Entity* entity) {
  const auto is_in = [&] {
    return same(uid, *wanted) || (entity != nullptr && entity->is_in(*wanted));
  };
  switch (rule.match) {
    case Match::kAny: return true;
    case Match::kEqual: return same(uid, *wanted);
    case Match::kIn: return is_in();
    case Match::kIs: return same(*uid.type, *rule.type);
    case Match::kIsIn: return same(*uid.type, *rule.type) && is_in();
  }
  return false;
}

// The decision on one request.
class Decision {
 public:
  Decision(const std::vector<Rule>& rules, const Request& request, const EntitySource& entities,
           Arena& scratch, Answer& answer)
      : rules_(rules),
        request_(request),
        evaluator_(request, entities, scratch),
        principal_(evaluator_.find(*request.principal)),
        action_(evaluator_.find(*request.action)),
        resource_(evaluator_.find(*request.resource)),
        answer_(answer) {}

  const Entity* action() const { return action_; }

  // `key` is the action under which the rules of the bucket were found; null for every action.
  void judge(const RuleBucket& bucket, const Uid* key) {
    judge(bucket.rest, key);
    judge_keyed(bucket.by_resource, *request_.resource, resource_, key);
    judge_keyed(bucket.by_principal, *request_.principal, principal_, key);
    judge(bucket.by_resource_type.find(*request_.resource->type), key);
    judge(bucket.by_principal_type.find(*request_.principal->type), key);
  }

  void finish() {
    answer_.allowed = !answer_.permitting.empty() && answer_.forbidding.empty();
    auto& deciding = answer_.forbidding.empty() ? answer_.permitting : answer_.forbidding;
    std::ranges::sort(deciding);
    for (const std::uint32_t each : deciding) answer_.reasons.push_back(rules_[each].id);
    std::ranges::sort(answer_.errors, {}, &PolicyFailure::number);
  }

 private:
  void judge_keyed(const KeyedRules<Uid>& rules, const Uid& uid, const Entity* entity,
                   const Uid* key) {
    if (rules.empty()) return;
    judge(rules.find(uid), key);
    if (entity == nullptr) return;
    for (const Uid* each : entity->ancestors) judge(rules.find(*each), key);
  }

  void judge(std::span<const std::uint32_t> numbers, const Uid* key) {
    for (const std::uint32_t each : numbers) judge(each, key);
  }

  void judge(std::uint32_t number, const Uid* key) {
    const Rule& rule = rules_[number];
    const Policy& policy = *rule.policy;
    ++answer_.steps;
    if (!fits(policy.principal, rule.principal, *request_.principal, principal_) ||
        !fits(policy.resource, rule.resource, *request_.resource, resource_) ||
        !action_fits(policy.action, key))
      return;
    answer_.steps += rule.cost;
    for (const Condition& each : policy.conditions) {
      const Value value = evaluator_.value(*each.body);
      if (!value.is(Kind::kBool)) return report(number, *each.body, value);
      if (value.flag() == each.unless) return;
    }
    (policy.effect == Effect::kForbid ? answer_.forbidding : answer_.permitting).push_back(number);
  }

  // A rule for several actions is in several buckets. It counts in that of the first that fits.
  bool action_fits(const ActionRule& rule, const Uid* key) const {
    if (rule.match == ActionRule::Match::kAny) return true;
    if (rule.match == ActionRule::Match::kEqual) return same(*rule.uids[0], *request_.action);
    for (const Uid* each : rule.uids) {
      if (same(*each, *request_.action) || (action_ != nullptr && action_->is_in(*each)))
        return same(*each, *key);
    }
    return false;
  }

  void report(std::uint32_t number, const Expr& body, const Value& value) {
    EvaluationError error = evaluator_.error();
    if (value)
      error = {body.position, "expected bool, got " + std::string(to_string(value.kind()))};
    answer_.errors.push_back({number, rules_[number].id, std::move(error)});
  }

  const std::vector<Rule>& rules_;
  const Request& request_;
  Evaluator evaluator_;
  const Entity* principal_;
  const Entity* action_;
  const Entity* resource_;
  Answer& answer_;
};

}  // namespace

namespace {

// Puts a rule where a request that fits its scope finds it.
void file_rule(RuleBucket& bucket, const Rule& rule, std::uint32_t number, const Shares& principals,
               const Shares& resources) {
  const ScopeRule& principal = rule.policy->principal;
  const ScopeRule& resource = rule.policy->resource;
  if (rule.resource != nullptr && resources.of(rule.resource) <= principals.of(rule.principal))
    bucket.by_resource.add(rule.resource, number);
  else if (rule.principal != nullptr)
    bucket.by_principal.add(rule.principal, number);
  else if (resource.match == Match::kIs)
    bucket.by_resource_type.add(resource.type, number);
  else if (principal.match == Match::kIs)
    bucket.by_principal_type.add(principal.type, number);
  else
    bucket.rest.push_back(number);
}

}  // namespace

Authorizer::Authorizer(std::shared_ptr<const PolicySet> policies) : policies_(std::move(policies)) {
  auto index = std::make_unique<Index>();
  index->rules = rules_of(*policies_);
  Shares principals;
  Shares resources;
  for (const Rule& rule : index->rules) {
    principals.add(rule.principal);
    resources.add(rule.resource);
  }
  for (std::uint32_t number = 0; number < index->rules.size(); ++number) {
    const Rule& rule = index->rules[number];
    const ActionRule& action = rule.policy->action;
    if (action.match == ActionRule::Match::kAny)
      file_rule(index->any_action, rule, number, principals, resources);
    std::vector<const Uid*> uids(action.uids.begin(), action.uids.end());
    std::ranges::sort(uids, [](const Uid* a, const Uid* b) { return compare(*a, *b) < 0; });
    const auto again =
        std::ranges::unique(uids, [](const Uid* a, const Uid* b) { return same(*a, *b); });
    uids.erase(again.begin(), again.end());
    for (const Uid* uid : uids) {
      if (index->by_action.find(*uid).empty()) {
        index->by_action.add(uid, static_cast<std::uint32_t>(index->buckets.size()));
        index->buckets.emplace_back(uid, RuleBucket());
      }
      RuleBucket& bucket = index->buckets[index->by_action.find(*uid).front()].second;
      file_rule(bucket, rule, number, principals, resources);
    }
  }
  index_ = std::move(index);
}

Authorizer::~Authorizer() = default;
Authorizer::Authorizer(Authorizer&&) noexcept = default;
Authorizer& Authorizer::operator=(Authorizer&&) noexcept = default;

void Authorizer::decide(const Request& request, const EntitySource& entities, Arena& scratch,
                        Answer& answer) const {
  scratch.clear();
  answer.reasons.clear();
  answer.errors.clear();
  answer.permitting.clear();
  answer.forbidding.clear();
  answer.steps = 0;
  Decision decision(index_->rules, request, entities, scratch, answer);
  decision.judge(index_->any_action, nullptr);
  const auto under = [&](const Uid& action) {
    for (const std::uint32_t each : index_->by_action.find(action)) {
      const auto& [key, bucket] = index_->buckets[each];
      decision.judge(bucket, key);
    }
  };
  under(*request.action);
  if (const Entity* action = decision.action(); action != nullptr) {
    for (const Uid* each : action->ancestors) under(*each);
  }
  decision.finish();
}

}  // namespace syncline::cedar
