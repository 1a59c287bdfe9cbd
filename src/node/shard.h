// Shard: everything that one loop owns: its part of the store, its objects and workspaces, their
// upkeep, and the counters of its sessions.
//
// The parts need no operating system: they get time and the loop as a Scheduler, and storage as a
// LoopStore. The server, the simulator and the tests build the same shard.
//
// Thread-safety: none. It is built, used and destroyed on its loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock_watch.h"
#include "base/memory_budget.h"
#include "base/scheduler.h"
#include "hooks/content_asker.h"
#include "hooks/deliveries.h"
#include "hooks/first_contents.h"
#include "identity/revocations.h"
#include "limits/failed_tokens.h"
#include "limits/rates.h"
#include "limits/tenants.h"
#include "limits/usage.h"
#include "log/checkpoint_keeper.h"
#include "log/log_backend.h"
#include "log/notary.h"
#include "log/reply_gate.h"
#include "log/waiting_keeper.h"
#include "node/active_uploads.h"
#include "node/audit_keeper.h"
#include "node/known_types.h"
#include "node/one_by_one.h"
#include "node/placement.h"
#include "node/slow_answers.h"
#include "node/tenant_policies.h"
#include "node/usage_keeper.h"
#include "node/wait_room.h"
#include "observe/report.h"
#include "observe/turn_meter.h"
#include "policy/decider.h"
#include "session/agents.h"
#include "session/event_feed.h"
#include "session/limits.h"
#include "session/refusals.h"
#include "session/session_table.h"
#include "session/stream_feed.h"
#include "state/object_cache.h"
#include "state/quarantine.h"
#include "state/retention_keeper.h"
#include "state/worker.h"
#include "workspace/erasure_keeper.h"
#include "workspace/guest_keeper.h"
#include "workspace/host.h"
#include "workspace/people.h"

namespace syncline::node {

struct ShardOptions {
  const merge::TypeRegistry& types = known_types();  // outlive the shard
  state::CacheLimits cache = {};
  log::CheckpointPace checkpoint_pace = {};
  state::RetentionPace retention_pace = {};
  std::optional<workspace::ErasurePace> erasure_pace = {};  // nullopt: what is deleted stays hidden
  log::WaitingPace waiting_pace = {};
  std::string region = {};  // as events store them; at most log::kMaxPlaceBytes
  std::string node = {};
  // Decides which node owns a workspace. nullptr: this node owns all. Must outlive the shard.
  const log::Placement* owners = nullptr;
  limits::Rates rates = limits::default_rates();
  workspace::PresenceLimits presence = {};
  bool stamp_presence = false;   // workspace/stamp.h
  std::uint64_t guest_days = 0;  // workspace/guest_keeper.h
  // The shards of all loops, for the policies that hold for a whole tenant. nullptr: there are none.
  const Shards* tenant_policies_through = nullptr;
  // The shards of all loops, to write the audit logs of tenants through them. nullptr: there are none.
  const Shards* audit_through = nullptr;
  MemoryBudget* memory = nullptr;      // nullptr: memory is no reason for anything
  MemoryAccounts* accounts = nullptr;  // must outlive the shard; nullptr: there are none
  // Must outlive the shard; nullptr: there is only the default tenant.
  const limits::Tenants* tenants = nullptr;
  workspace::Gate gate = {};
  std::vector<identity::Revocation> revocations = {};  // in force at the start (node/revoke.h)
  // Asked in this order about every request (policy/decider.h); they must outlive the shard.
  std::vector<const policy::Decider*> deciders = {};
  // Called at most once after the disk has failed. The process must then stop serving.
  std::function<void(const Error&)> on_storage_failure = [](const Error&) {};
  // Gets a sentence when the wall clock has jumped, or was ahead. May be empty.
  std::function<void(const std::string&)> on_clock = {};
  // Called for each object that cannot be served. May be empty.
  std::function<void(const state::Quarantined&)> on_quarantine = {};
  // The workers for what is too long for the loop. nullptr: the loop does it itself, in turns of its
  // own. They must outlive the shard.
  state::Jobs* jobs = nullptr;
  state::LoopShare loop_share = {};
  // Sends the requests of webhooks, whose secrets follow from the key; must outlive the shard. nullptr: there are no
  // webhooks.
  hooks::HookSender* hook_sender = nullptr;
  Bytes hook_key = {};
  // The workspaces of the process that are deleted; must outlive the shard. nullptr: nobody is kept from them.
  workspace::DeletedWorkspaces* deleted = nullptr;
  // Asks for the first content of objects; must outlive the shard. nullptr: nobody is asked.
  hooks::ContentAsker* content_asker = nullptr;
  // Both may be nullptr; otherwise they must outlive the shard. `measures` belongs to its loop.
  observe::Sink* reports = nullptr;
  const observe::LoopMeasures* measures = nullptr;
};

struct Shard {
  // `index` is this loop's number in `placement`. `identity` and `loop` must outlive the shard.
  Shard(Scheduler& loop, std::unique_ptr<Random> random_source,
        std::unique_ptr<log::LoopStore> loop_store, const log::NotaryIdentity& identity,
        Placement placement, std::size_t index, ShardOptions options);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Scheduler& scheduler;
  const observe::LoopMeasures* const measures;  // nullptr: the loop measures nothing
  const std::unique_ptr<Random> random;
  const std::unique_ptr<log::LoopStore> store;
  log::ReplyGate home;  // the way back to this loop for work elsewhere
  state::LocalJobs local_jobs;
  state::Jobs& jobs;                   // where work goes that is too long for this loop
  const state::ReplaySources sources;  // of `store`, with the types of ShardOptions, and `jobs`
  log::Notary notary;
  log::CheckpointKeeper checkpoints;
  state::Quarantine quarantine;
  state::ObjectCache cache;
  workspace::Counters workspace_counters;
  session::Counters session_counters;
  ClockWatch clock;
  session::Refusals refusals;
  const std::unique_ptr<AuditKeeper> audit;               // nullptr: nothing is audited
  const std::unique_ptr<TenantPolicies> tenant_policies;  // nullptr: there are none
  limits::FailedTokens failed_tokens;
  limits::NetworkRates rates;
  identity::Revocations revocations;  // the same on every loop
  session::SessionTable sessions;
  OneByOne tenant_changes;  // of records of tenants; that of the first loop counts for all
  std::uint64_t requests_refused = 0;  // over the rate of a network or a principal
  SlowAnswers slow_answers;
  workspace::People people;
  limits::UseTable uses;
  std::unique_ptr<hooks::FirstContents> first_contents;  // nullptr: nobody is asked
  workspace::Host host;
  WaitRoom waits;  // requests that wait until an object changes
  session::EventFeeds feeds;
  session::StreamFeeds streams;
  hooks::Deliveries hooks;  // webhooks
  session::Agents agents;   // at work on objects of this loop, and their sessions
  ActiveUploads uploads;
  state::RetentionKeeper retention;
  std::unique_ptr<workspace::ErasureKeeper> erasure;  // nullptr: nothing is erased
  log::WaitingKeeper waiting;
  UsageKeeper usage;
  workspace::DeletedWorkspaces* const deleted;  // nullptr: nobody is kept from them
  workspace::GuestKeeper guests;                // of all loops, on the first one

  // The id of the replica that makes the edits that programs describe by content (merge/facets.h, Editing): one for
  // this loop and this run of the process, so that many edits do not add many ids to their documents. Each edit takes
  // the clocks that follow those in the state that it is made in. So a clock is used twice only if a change was lost
  // before it was durable, and nobody has seen that one. Whoever restores a backup starts a process, which draws
  // another id. The ids are above those that Yjs draws.
  std::uint64_t editing_replica();
  // From now on, there is another one. After the deletion of an object that may name the present one: its next generation
  // takes nothing from that replica (merge/lineage.h).
  void renew_editing_replica();

  // Counts a request for which there is no memory.
  bool refuses_for_memory() {
    const bool full = memory != nullptr && memory->full();
    requests_put_off += full ? 1 : 0;
    return full;
  }

  MemoryBudget* const memory;
  std::uint64_t requests_put_off = 0;

 private:
  void look_at_memory();
  void audit_disabled(const hooks::Endpoint& endpoint, const std::string& reason);
  void erase_beside(const std::string& workspace, log::Done<void> done);

  const std::size_t index_;
  std::uint64_t editing_replica_ = 0;  // 0: not drawn yet
  Scheduler::TimerId memory_timer_ = 0;
};

}  // namespace syncline::node
