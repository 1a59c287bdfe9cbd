// What one loop owns: its log, its objects, its workspaces and what its sessions count.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "backend/net/system_random.h"
#include "log/checkpoint_keeper.h"
#include "log/notary.h"
#include "session/limits.h"
#include "session/refusals.h"
#include "state/object_cache.h"
#include "state/quarantine.h"
#include "workspace/host.h"

namespace syncline::backend {

// Everything here is touched by the loop's thread alone.
struct LoopShard {
  LoopShard(std::unique_ptr<log::EventLog> event_log, const log::NotaryIdentity& identity,
            Scheduler& scheduler, state::CacheLimits cache_limits,
            std::function<void(const Error&)> on_storage_failure,
            std::function<void(const state::Quarantined&)> on_quarantine,
            log::CheckpointPace checkpoint_pace, std::string region, std::string node)
      : log(std::move(event_log)),
        notary(*log, identity),
        checkpoints(*log, notary, scheduler, checkpoint_pace),
        quarantine(scheduler, std::move(on_quarantine)),
        cache(*log, cache_limits, &quarantine),
        host({.log = *log,
              .cache = cache,
              .scheduler = scheduler,
              .counters = workspace_counters,
              .random = random,
              .on_storage_failure = std::move(on_storage_failure),
              .region = std::move(region),
              .node = std::move(node),
              .notary = &notary,
              .checkpoints = &checkpoints}) {}

  std::unique_ptr<log::EventLog> log;
  log::Notary notary;
  log::CheckpointKeeper checkpoints;
  state::Quarantine quarantine;
  state::ObjectCache cache;
  workspace::Counters workspace_counters;
  session::Counters session_counters;
  session::Refusals refusals;
  SystemRandom random;
  workspace::Host host;
};

}  // namespace syncline::backend
