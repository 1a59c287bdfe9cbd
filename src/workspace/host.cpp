#include "workspace/host.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/audit.h"
#include "policy/workspace_policy.h"
#include "state/rules_object.h"
#include "workspace/rule_compiler.h"

namespace syncline::workspace {
namespace {

constexpr std::uint64_t kSweepMs = 3000;
constexpr std::size_t kKnownRules = 64;

// Follows the names of all tenants' workspaces, which begin with a slash.
constexpr std::string_view kAfterTenants = "0";

Result<void> check_place(const limits::WorkspaceUse& use) {
  if (auto within = use.check(limits::Quota::kConnections, 1); !within) return within;
  return use.check(limits::Quota::kMemoryBytes, 0);
}

// The answer waits until that position is durable.
Done<void> after(Workspace& workspace, log::Position position, Done<void> done) {
  if (position == 0) return done;
  return [&workspace, position, done = std::move(done)](Result<void> allowed) mutable {
    workspace.when_durable(position, [allowed = std::move(allowed),
                                      done = std::move(done)](Result<void> durable) mutable {
      done(durable ? std::move(allowed) : std::move(durable));
    });
  };
}

}  // namespace

Host::Host(Services services, Gate gate) : services_(std::move(services)), gate_(std::move(gate)) {
  services_.shut = &shut_;
  sweep_in(kSweepMs);
}

Host::~Host() {
  services_.scheduler.cancel(timer_);
}

Result<void> Host::admit(const identity::Caller& caller, const std::string& name,
                         Deleted deleted) const {
  if (gate_ && !is_mutated(Mutation::ignore_gate))
    if (auto open = gate_(caller, name); !open) return open;
  if (deleted == Deleted::kRefused && services_.deleted != nullptr &&
      services_.deleted->contains(name))
    return std::unexpected(deleted_workspace_error(name));
  if (caller.local || services_.quarantine == nullptr) return {};
  const state::Quarantined* held = services_.quarantine->find_system_object(name);
  if (held == nullptr) return {};
  return std::unexpected(rules_error(name, state::quarantine_error(*held)));
}

void Host::admit(const identity::Caller& caller, identity::Right right, const std::string& name,
                 std::string_view object, Done<void> done, bool lists, Deleted deleted) {
  if (auto open = admit(caller, name, deleted); !open) return done(std::move(open));
  const auto ask = [right, lists, this](const identity::Caller& asking,
                                        const std::string& workspace, std::string_view of,
                                        const policy::WorkspacePolicy* policy, Done<void> answer) {
    judge({.caller = asking,
           .right = right,
           .workspace = workspace,
           .object = of,
           .lists = lists,
           .unix_ms = services_.scheduler.unix_ms()},
          policy, std::move(answer));
  };
  const auto found = workspaces_.find(name);
  const bool open = found != workspaces_.end() && found->second->is_open();
  // What is allowed because the last rule is gone depends on that.
  if (open && found->second->own_rules().rules == nullptr)
    done = after(*found->second, found->second->own_rules().at, std::move(done));
  if (caller.local || open)
    return ask(caller, name, object, open ? found->second->policy() : nullptr, std::move(done));
  find_policy(name, [ask, caller, name, object = std::string(object),
                     done = std::move(done)](Result<SharedPolicy> policy) mutable {
    if (!policy) return done(std::unexpected(std::move(policy.error())));
    ask(caller, name, object, policy->get(), std::move(done));
  });
}

void Host::foresee(const identity::Caller& caller, const std::string& name, std::string object,
                   std::vector<Wish> wishes, Done<std::vector<Result<void>>> done) {
  auto weigh = [this, caller, name, object = std::move(object), wishes = std::move(wishes),
                done = std::move(done)](Result<const policy::WorkspacePolicy*> policy) mutable {
    if (!policy) return done(std::unexpected(std::move(policy.error())));
    std::vector<Result<void>> answers;
    log::Position rules = 0;
    for (const Wish& wish : wishes) {
      policy::Verdict verdict =
          policy::decide(services_.deciders, *policy,
                         {.caller = caller,
                          .right = wish.right,
                          .workspace = name,
                          .object = object,
                          .effect = wish.effect.touches.empty() ? nullptr : &wish.effect,
                          .unix_ms = services_.scheduler.unix_ms()});
      rules = std::max(rules, verdict.rules);
      answers.push_back(std::move(verdict.allowed));
    }
    if (rules == 0) return done(std::move(answers));
    get(name).when_durable(rules, [answers = std::move(answers),
                                   done = std::move(done)](Result<void> durable) mutable {
      if (!durable) return done(std::unexpected(std::move(durable.error())));
      done(std::move(answers));
    });
  };
  const auto found = workspaces_.find(name);
  if (found != workspaces_.end() && found->second->is_open()) return weigh(found->second->policy());
  find_policy(name, [weigh = std::move(weigh)](Result<SharedPolicy> policy) mutable {
    if (!policy) return weigh(std::unexpected(std::move(policy.error())));
    weigh(policy->get());
  });
}

// Of a workspace that is not open: its own rules, and those of its tenant.
void Host::find_policy(const std::string& name, Done<SharedPolicy> done) {
  auto with_own = [this, name, alive = std::weak_ptr(alive_),
                   done = std::move(done)](Result<policy::RulesAt> tenant) mutable {
    if (alive.expired()) return;
    if (!tenant) return done(std::unexpected(std::move(tenant.error())));
    with_policy_object(name, [this, name, tenant = std::move(*tenant), done = std::move(done)](
                                 Result<const state::Resident*> resident) mutable {
      if (!resident) return done(std::unexpected(std::move(resident.error())));
      compile(
          name, **resident,
          [tenant = std::move(tenant), done = std::move(done)](const policy::RulesAt& own) mutable {
            done(policy::WorkspacePolicy::of(own, std::move(tenant)));
          });
    });
  };
  const auto [tenant, workspace] = split_name(name);
  if (services_.tenant_policies == nullptr || workspace == log::kSystemWorkspace)
    return with_own(policy::RulesAt());
  services_.tenant_policies->load(tenant, std::move(with_own));
}

// Of a workspace that is not open, perhaps because it is shut. `use` must not keep the object.
void Host::with_policy_object(const std::string& name, Done<const state::Resident*> use) {
  services_.cache.acquire(
      name, std::string(log::kPolicyObject),
      [name, use = std::move(use), &cache = services_.cache,
       alive = std::weak_ptr(alive_)](Result<state::Resident*> resident) mutable {
        if (resident) {
          if (!alive.expired()) use(*resident);
          return cache.release(**resident);
        }
        if (alive.expired()) return;
        const ErrorCode code = resident.error().code;
        const bool damaged = code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupported;
        use(std::unexpected(damaged ? rules_error(name, resident.error()) : resident.error()));
      });
}

// Compiling takes long compared with a decision, and requests for one workspace come one after the other.
void Host::compile(const std::string& name, const state::Resident& resident,
                   std::move_only_function<void(const policy::RulesAt&)> done) {
  if (resident.position() == 0) return done({});
  if (known_rules_.size() > kKnownRules)
    std::erase_if(known_rules_, [](const auto& entry) { return entry.second.compiling == 0; });
  KnownRules& known = known_rules_[name];
  const log::Position at = resident.position();
  if (known.rules.at == at || (known.rules.at > 0 && is_mutated(Mutation::keep_known_rules)))
    return done(known.rules);
  if (known.compiling == at) return known.waiting.push_back(std::move(done));
  const bool is_first = known.compiling == 0;
  if (is_first) known.compiling = at;
  auto compiled = [this, name, is_first, alive = std::weak_ptr(alive_),
                   done = std::move(done)](const policy::RulesAt& rules) mutable {
    if (alive.expired()) return;
    if (is_first) {
      KnownRules& kept = known_rules_[name];
      kept.rules = rules;
      kept.compiling = 0;
      for (auto& answer : std::exchange(kept.waiting, {})) answer(rules);
    }
    done(rules);
  };
  compile_rules(services_.off_loop, name, resident.object(), at, std::move(compiled));
}

void Host::read_own_rules(const std::string& name, Done<policy::RulesAt> done) {
  const auto found = workspaces_.find(name);
  if (found != workspaces_.end() && found->second->is_open() && !found->second->rules_damage()) {
    const policy::RulesAt rules = found->second->own_rules();
    return found->second->when_durable(
        rules.at, [rules, done = std::move(done)](Result<void> durable) mutable {
          durable ? done(rules) : done(std::unexpected(std::move(durable.error())));
        });
  }
  with_policy_object(
      name, [this, name, done = std::move(done)](Result<const state::Resident*> resident) mutable {
        if (!resident) return done(std::unexpected(std::move(resident.error())));
        compile(name, **resident,
                [done = std::move(done)](const policy::RulesAt& rules) mutable { done(rules); });
      });
}

struct Host::Taking {
  std::string tenant;
  policy::RulesAt rules;
  Task done;
  std::string after;  // the last workspace that was looked at
};

void Host::take_tenant_rules(std::string tenant, policy::RulesAt rules, Task done) {
  std::string before_all = qualified(tenant, "");
  take_more(std::make_shared<Taking>(
      Taking{std::move(tenant), std::move(rules), std::move(done), std::move(before_all)}));
}

void Host::take_more(std::shared_ptr<Taking> taking) {
  const Doing naming(services_.scheduler, "policy");
  std::size_t left = kSweptAtOnce;
  for (auto next = workspaces_.upper_bound(taking->after); next != workspaces_.end(); ++next) {
    // The names of the default tenant are around those of all others.
    if (taking->tenant.empty() && next->first.starts_with('/'))
      next = workspaces_.lower_bound(std::string(kAfterTenants));
    if (next == workspaces_.end() || split_name(next->first).tenant != taking->tenant) break;
    if (left-- == 0)
      return services_.scheduler.post([this, taking, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) take_more(taking);
      });
    taking->after = next->first;
    next->second->take_tenant_rules(taking->rules);
  }
  taking->done();
}

void Host::may_show(const identity::Caller& caller, const std::string& name, Done<bool> done) {
  const auto ask = [name](const identity::Caller& asking, const policy::WorkspacePolicy* policy) {
    return policy == nullptr ||
           policy->may_show({.caller = asking, .right = identity::Right::kRead, .workspace = name});
  };
  const auto found = workspaces_.find(name);
  if (found != workspaces_.end() && found->second->is_open())
    return done(ask(caller, found->second->policy()));
  find_policy(name, [ask, caller, done = std::move(done)](Result<SharedPolicy> policy) mutable {
    if (policy) return done(ask(caller, policy->get()));
    // Nobody but the local operator is let into a workspace whose rules cannot be read.
    const ErrorCode code = policy.error().code;
    const bool damaged = code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupported;
    damaged ? done(false) : done(std::unexpected(std::move(policy.error())));
  });
}

void Host::is_ruled(const std::string& name, Done<bool> done) {
  const auto decides = [](const policy::WorkspacePolicy* policy) {
    return policy != nullptr && policy->decides();
  };
  const auto found = workspaces_.find(name);
  if (found != workspaces_.end() && found->second->is_open())
    return done(decides(found->second->policy()));
  find_policy(name, [decides, done = std::move(done)](Result<SharedPolicy> policy) mutable {
    if (!policy) return done(std::unexpected(std::move(policy.error())));
    done(decides(policy->get()));
  });
}

void Host::read_access(const std::string& name, Done<Access> done) {
  with_policy_object(
      name, [this, name, done = std::move(done)](Result<const state::Resident*> resident) mutable {
        if (!resident) return done(std::unexpected(std::move(resident.error())));
        Access access;
        if (const log::HeldRules* held = state::rules_of((*resident)->object()))
          access = {held->policies, held->shares};
        auto answer = [access = std::move(access),
                       done = std::move(done)](Result<void> durable) mutable {
          durable ? done(std::move(access)) : done(std::unexpected(std::move(durable.error())));
        };
        get(name).when_durable((*resident)->position(), std::move(answer));
      });
}

void Host::judge(const policy::Question& question, const policy::WorkspacePolicy* policy,
                 Done<void> done) {
  policy::Verdict verdict = policy::decide(services_.deciders, policy, question);
  if (!verdict.allowed && services_.audit != nullptr)
    services_.audit->refused({.caller = question.caller,
                              .right = question.right,
                              .workspace = question.workspace,
                              .object = question.object,
                              .reason = verdict.allowed.error().message});
  if (verdict.allowed && services_.audit != nullptr && policy != nullptr &&
      policy->is_audited(question))
    services_.audit->read(question.caller, question.right, question.workspace, question.object);
  if (verdict.rules != 0)
    done = after(get(std::string(question.workspace)), verdict.rules, std::move(done));
  done(std::move(verdict.allowed));
}

Workspace& Host::get(const std::string& name) {
  auto& workspace = workspaces_[name];
  if (!workspace) workspace = std::make_unique<Workspace>(name, services_);
  return *workspace;
}

Result<limits::Place> Host::take_place(const std::string& workspace) {
  limits::SharedUse use = services_.uses == nullptr ? nullptr : services_.uses->of(workspace);
  if (use == nullptr) return limits::Place();
  if (auto within = check_place(*use); !within) return std::unexpected(std::move(within.error()));
  return limits::Place(std::move(use));
}

Result<void> Host::has_place(const std::string& workspace) const {
  const limits::SharedUse use = services_.uses == nullptr ? nullptr : services_.uses->of(workspace);
  return use == nullptr ? Result<void>() : check_place(*use);
}

bool Host::busy() const {
  return std::ranges::any_of(workspaces_, [](const auto& entry) { return entry.second->busy(); });
}

void Host::sweep_in(std::uint64_t ms) {
  timer_ = services_.scheduler.after(ms, [this] { sweep(); });
}

// What is left goes on in a later turn.
void Host::sweep() {
  const Doing naming(services_.scheduler, "sweep");
  ++services_.counters.sweep_turns;
  std::size_t steps = kSweptAtOnce;
  auto next = workspaces_.lower_bound(sweep_workspace_);
  while (next != workspaces_.end()) {
    if (next->first != sweep_workspace_) sweep_object_.clear();
    sweep_workspace_ = next->first;
    if (steps == 0) return sweep_in(0);
    --steps;
    next->second->leave_closed_tenant();
    if (next->second->idle()) {
      next = workspaces_.erase(next);
    } else {
      if (!next->second->look_after(sweep_object_, steps)) return sweep_in(0);
      ++next;
    }
    sweep_object_.clear();
  }
  sweep_workspace_.clear();
  ++services_.counters.sweeps;
  sweep_in(kSweepMs);
}

}  // namespace syncline::workspace
