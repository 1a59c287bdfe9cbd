// What one loop owns: its part of the store, its objects and workspaces, what their upkeep needs, and what its sessions count.
//
// The parts need no operating system: time and the loop come in as a Scheduler, storage as a LoopStore. The
// server, the simulator and the tests build the same shard.
//
// Thread-safety: none. Built, used and destroyed on its loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/scheduler.h"
#include "log/checkpoint_keeper.h"
#include "log/log_backend.h"
#include "log/notary.h"
#include "node/placement.h"
#include "session/limits.h"
#include "session/refusals.h"
#include "state/object_cache.h"
#include "state/quarantine.h"
#include "state/retention_keeper.h"
#include "workspace/host.h"

namespace syncline::node {

struct ShardOptions {
  state::CacheLimits cache = {};
  log::CheckpointPace checkpoint_pace = {};
  state::RetentionPace retention_pace = {};
  std::string region = {};  // as they stand in events; at most log::kMaxPlaceBytes
  std::string node = {};
  workspace::Gate gate = {};
  // Called at most once per failure, when the disk failed: the process must stop serving.
  std::function<void(const Error&)> on_storage_failure = [](const Error&) {};
  // Called for each object that cannot be served. May be empty.
  std::function<void(const state::Quarantined&)> on_quarantine = {};
};

struct Shard {
  // This is the loop `index` of a node that places its workspaces so. `identity` and `loop` outlive the shard.
  Shard(Scheduler& loop, std::unique_ptr<Random> random_source,
        std::unique_ptr<log::LoopStore> loop_store, const log::NotaryIdentity& identity,
        Placement placement, std::size_t index, ShardOptions options);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Scheduler& scheduler;
  const std::unique_ptr<Random> random;
  const std::unique_ptr<log::LoopStore> store;
  log::Notary notary;
  log::CheckpointKeeper checkpoints;
  state::Quarantine quarantine;
  state::ObjectCache cache;
  workspace::Counters workspace_counters;
  session::Counters session_counters;
  session::Refusals refusals;
  workspace::Host host;
  state::RetentionKeeper retention;
};

}  // namespace syncline::node
