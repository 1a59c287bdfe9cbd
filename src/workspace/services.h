// What a workspace needs of the process that serves it, and what it counts.
//
// Thread-safety: plain values; one loop. Ownership: a workspace borrows all of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock_watch.h"
#include "base/memory_budget.h"
#include "base/scheduler.h"
#include "identity/audit_sink.h"
#include "limits/usage.h"
#include "log/actor_store.h"
#include "log/checkpoint_keeper.h"
#include "log/event_log.h"
#include "log/notary.h"
#include "log/placement.h"
#include "log/retention_store.h"
#include "log/rules_store.h"
#include "log/waiting_store.h"
#include "merge/type_registry.h"
#include "observe/histogram.h"
#include "observe/report.h"
#include "policy/decider.h"
#include "state/object_cache.h"
#include "state/quarantine.h"
#include "syncline/error.h"
#include "workspace/deleted_workspaces.h"
#include "workspace/first_content.h"
#include "workspace/people.h"
#include "workspace/presence.h"
#include "workspace/shut_list.h"
#include "workspace/tenant_policies.h"

namespace syncline::workspace {

struct Counters {
  std::uint64_t changes_accepted = 0;  // became events
  std::uint64_t changes_known = 0;     // were already known
  std::uint64_t changes_refused = 0;
  std::uint64_t changes_waiting = 0;  // were stored until others arrive
  std::uint64_t waiting_refused = 0;  // of these: over a budget
  std::uint64_t bytes_accepted = 0;   // of intents
  std::uint64_t changes_settled = 0;  // of those that became events: durable, or lost
  std::uint64_t events_committed = 0;
  std::uint64_t appends = 0;
  // Times that a connection lost its presence because an object held too much (presence.h).
  std::uint64_t presence_evictions = 0;
  std::uint64_t sweeps = 0;       // passes of upkeep over all objects
  std::uint64_t sweep_turns = 0;  // that they took
  std::uint64_t clock_steps = 0;  // jumps of the wall clock by more than a minute
  std::uint64_t eras = 0;         // that began because the clock was ahead (log::Era)
  std::uint64_t resets = 0;       // views that were dropped because the log refused
  // Objects that all subscribers left, but that stayed because changes were not durable yet.
  std::uint64_t left_in_flight = 0;
  // From the turn that took a change to the turn in which it was durable: of all; of those whose author
  // had no other one under way, and that the loop prepared itself; and of those that a worker
  // prepared, or that waited for an object that was away.
  observe::Histogram durable_us = observe::Histogram::microseconds();
  observe::Histogram alone_durable_us = observe::Histogram::microseconds();
  observe::Histogram long_durable_us = observe::Histogram::microseconds();
  // Of that, from the turn that passed an append to the log to the turn of its answer.
  observe::Histogram appended_us = observe::Histogram::microseconds();
};

// What a workspace needs. All of it must outlive the workspace.
struct Services {
  log::EventLog& log;
  state::ObjectCache& cache;
  const merge::TypeRegistry& types;
  log::WaitingStore& waiting;
  log::RetentionStore& retention;
  log::RulesStore& rules;
  Scheduler& scheduler;
  Counters& counters;
  Random& random;  // for the salts of events; must be unpredictable
  // Called at most once after the disk has failed. The process must then stop serving.
  std::function<void(const Error&)> on_storage_failure;
  // The deciders, asked in this order about every request of a caller (policy/decider.h). They must
  // outlive the workspace.
  std::vector<const policy::Decider*> deciders = {};
  // Decides which node owns the workspace, and under which epoch. nullptr: this node, under epoch
  // 0.
  const log::Placement* placement = nullptr;
  // Names of this place, as events store them; may be empty.
  std::string region = {};
  std::string node = {};
  // Before the workspace is opened, the notary confirms that the log begins with what its last
  // checkpoint says. nullptr: no check.
  log::Notary* notary = nullptr;
  // The list for workspaces with a damaged log. nullptr: there is no list, and the next request to
  // open the workspace reads its log again.
  ShutList* shut = nullptr;
  // Has appended events signed in time. nullptr: nobody does.
  log::CheckpointKeeper* checkpoints = nullptr;
  // Notices jumps of the wall clock. nullptr: nobody does.
  ClockWatch* clock = nullptr;
  // Gets a sentence when the wall clock has jumped, or was ahead. May be empty.
  std::function<void(const std::string&)> on_clock = {};
  // The records of named actors. nullptr: named actors are not supported.
  log::ActorStore* actors = nullptr;
  // The objects that cannot be served; the host asks it about those that hold rules. nullptr: nobody is
  // refused for them before they are read.
  const state::Quarantine* quarantine = nullptr;
  observe::Sink* reports = nullptr;           // nullptr: nothing is reported
  People* people = nullptr;                   // nullptr: nobody's name is kept
  identity::AuditSink* audit = nullptr;       // is told of refusals; nullptr: nobody is
  TenantPolicies* tenant_policies = nullptr;  // nullptr: nothing holds for a whole tenant
  PresenceLimits presence = {};
  bool stamp_presence = false;     // stamp.h
  MemoryBudget* memory = nullptr;  // nullptr: memory is no reason to refuse anything
  MemoryAccounts* accounts =
      nullptr;  // nullptr: what somebody holds is counted for the process alone
  limits::UseTable* uses = nullptr;  // nullptr: workspaces have no quotas
  FirstContent* first_content =
      nullptr;  // nullptr: an object that nobody has written to begins empty
  // Notes here that it is deleted, or not any more. nullptr: nobody asks.
  DeletedWorkspaces* deleted = nullptr;
  // Where work goes that is too long for the loop. nullopt: it is done here, however long it takes.
  std::optional<state::OffLoop> off_loop = {};
};

}  // namespace syncline::workspace
