#include "workspace/host.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::workspace {
namespace {

constexpr std::uint64_t kSweepMs = 3000;

Result<void> check_place(const policy::WorkspaceUse& use) {
  if (auto within = use.check(policy::Quota::kConnections, 1); !within) return within;
  return use.check(policy::Quota::kMemoryBytes, 0);
}

}  // namespace

Host::Host(Services services, Gate gate) : services_(std::move(services)), gate_(std::move(gate)) {
  services_.shut = &shut_;
  sweep_in(kSweepMs);
}

Host::~Host() {
  services_.scheduler.cancel(timer_);
}

Result<void> Host::admit(const policy::Caller& caller, const std::string& name) const {
  if (gate_ && !is_mutated(Mutation::ignore_gate))
    if (auto open = gate_(caller, name); !open) return open;
  if (caller.local || services_.quarantine == nullptr) return {};
  const state::Quarantined* held = services_.quarantine->find_system_object(name);
  if (held == nullptr) return {};
  return std::unexpected(rules_error(name, state::quarantine_error(*held)));
}

void Host::admit(const policy::Caller& caller, policy::Right right, const std::string& name,
                 std::string_view object, Done<void> done) {
  if (auto open = admit(caller, name); !open) return done(std::move(open));
  policy::Verdict verdict = policy::decide(
      services_.deciders, {.caller = caller, .right = right, .workspace = name, .object = object});
  if (verdict.rules == 0) return done(std::move(verdict.allowed));
  get(name).when_durable(verdict.rules, [allowed = std::move(verdict.allowed),
                                         done = std::move(done)](Result<void> durable) mutable {
    done(durable ? std::move(allowed) : std::move(durable));
  });
}

Workspace& Host::get(const std::string& name) {
  auto& workspace = workspaces_[name];
  if (!workspace) workspace = std::make_unique<Workspace>(name, services_);
  return *workspace;
}

Result<policy::Place> Host::take_place(const std::string& workspace) {
  policy::SharedUse use = services_.uses == nullptr ? nullptr : services_.uses->of(workspace);
  if (use == nullptr) return policy::Place();
  if (auto within = check_place(*use); !within) return std::unexpected(std::move(within.error()));
  return policy::Place(std::move(use));
}

Result<void> Host::has_place(const std::string& workspace) const {
  const policy::SharedUse use = services_.uses == nullptr ? nullptr : services_.uses->of(workspace);
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
