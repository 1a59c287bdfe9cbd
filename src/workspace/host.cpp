#include "workspace/host.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "policy/workspace_policy.h"
#include "state/rules_object.h"

namespace syncline::workspace {
namespace {

constexpr std::uint64_t kSweepMs = 3000;
constexpr std::size_t kKnownPolicies = 64;

Result<void> check_place(const limits::WorkspaceUse& use) {
  if (auto within = use.check(limits::Quota::kConnections, 1); !within) return within;
  return use.check(limits::Quota::kMemoryBytes, 0);
}

}  // namespace

Host::Host(Services services, Gate gate) : services_(std::move(services)), gate_(std::move(gate)) {
  services_.shut = &shut_;
  sweep_in(kSweepMs);
}

Host::~Host() {
  services_.scheduler.cancel(timer_);
}

Result<void> Host::admit(const identity::Caller& caller, const std::string& name) const {
  if (gate_ && !is_mutated(Mutation::ignore_gate))
    if (auto open = gate_(caller, name); !open) return open;
  if (caller.local || services_.quarantine == nullptr) return {};
  const state::Quarantined* held = services_.quarantine->find_system_object(name);
  if (held == nullptr) return {};
  return std::unexpected(rules_error(name, state::quarantine_error(*held)));
}

void Host::admit(const identity::Caller& caller, identity::Right right, const std::string& name,
                 std::string_view object, Done<void> done, bool lists) {
  if (auto open = admit(caller, name); !open) return done(std::move(open));
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
  if (caller.local || open)
    return ask(caller, name, object, open ? found->second->policy() : nullptr, std::move(done));
  with_policy_object(name,
                     [this, ask, caller, name, object = std::string(object),
                      done = std::move(done)](Result<const state::Resident*> resident) mutable {
                       if (!resident) return done(std::unexpected(std::move(resident.error())));
                       const SharedPolicy policy = compiled(name, **resident);
                       ask(caller, name, object, policy.get(), std::move(done));
                     });
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
Host::SharedPolicy Host::compiled(const std::string& name, const state::Resident& resident) {
  if (resident.position() == 0) return nullptr;
  if (known_policies_.size() > kKnownPolicies) known_policies_.clear();
  KnownPolicy& known = known_policies_[name];
  if (known.position != resident.position())
    known = {resident.position(), policy_of(name, resident.object(), resident.position())};
  return known.policy;
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
  if (verdict.rules == 0) return done(std::move(verdict.allowed));
  get(std::string(question.workspace))
      .when_durable(verdict.rules, [allowed = std::move(verdict.allowed),
                                    done = std::move(done)](Result<void> durable) mutable {
        done(durable ? std::move(allowed) : std::move(durable));
      });
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
