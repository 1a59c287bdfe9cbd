// Workers: the workers of a node, and the way of each job to one of them.
//
// With two or more, one half does what is urgent and the other what somebody asked to read, so that
// no change waits for a long answer. The name of the asker decides which worker of a half it is.
//
// Thread-safety: after set() has installed every worker, any thread may call start(), worker_for() and
// counts(). A worker itself is used only on its own loop. Work for a worker that has ended is destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/scheduler.h"
#include "log/log_backend.h"
#include "merge/type_registry.h"
#include "state/worker.h"

namespace syncline::node {

class Workers final : public state::Jobs {
 public:
  // At least one loop. The loops must outlive this object, and must run until set() has ended every
  // worker. `memory`: where answers are charged, and which decides whether there is room for them; it must
  // outlive this object and all jobs. nullptr: memory is no reason for anything.
  explicit Workers(const std::vector<Scheduler*>& loops, MemoryBudget* memory = nullptr);

  std::size_t size() const { return places_.size(); }
  Scheduler& loop(std::size_t index) const { return places_[index].loop; }

  // Must be called on that loop. Installs a worker over this view of the store, or ends it
  // (nullptr). `types` must outlive it.
  void set(std::size_t index, std::unique_ptr<log::LoopStore> store,
           const merge::TypeRegistry& types);

  void start(state::JobOrder order, Work work) override;

  // The number of the worker to which start() gives a job like this.
  std::size_t worker_for(const state::JobOrder& order) const;

  // Jobs that wait for their turn, or run, or were begun or refused so far, of all workers.
  struct Counts {
    std::uint64_t begun = 0;
    std::uint64_t refused = 0;
    std::uint64_t abandoned = 0;
    std::uint64_t waiting = 0;
    std::uint64_t running = 0;
  };
  Counts counts() const;

  // What workers keep between jobs: indexes of authors (state/author_index.h). While no worker runs.
  std::uint64_t kept_bytes() const;

 private:
  struct Site {
    Site(Scheduler& loop, std::unique_ptr<log::LoopStore> loop_store,
         const merge::TypeRegistry& types, state::JobCounters& counters,
         std::shared_ptr<state::AnswerRoom> room)
        : store(std::move(loop_store)),
          worker(loop, {*store, types}, counters, {}, std::move(room)) {}

    const std::unique_ptr<log::LoopStore> store;
    state::Worker worker;
  };
  struct Place {
    Scheduler& loop;
    std::unique_ptr<Site> site;
    std::unique_ptr<state::JobCounters> counters = std::make_unique<state::JobCounters>();
  };

  std::vector<Place> places_;
  const std::shared_ptr<state::AnswerRoom> room_;
};

}  // namespace syncline::node
