// Workers: the workers of a node, and the way of each job to one of them.
//
// With two or more, some do what is urgent and the others what somebody asked to read, so that no change
// waits for a long answer. Urgent jobs wait at one desk for the next free worker (node/urgent_desk.h); the
// name of the asker decides which of the others does an answer.
//
// Thread-safety: after set() has installed every worker, any thread may call start() and counts(). A
// worker itself is used only on its own loop, and the desk on its own. Work for a worker that has ended
// is destroyed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/scheduler.h"
#include "log/log_backend.h"
#include "merge/type_registry.h"
#include "node/urgent_desk.h"
#include "state/worker.h"

namespace syncline::node {

class Workers final : public state::Jobs {
 public:
  static constexpr std::size_t kLargeJobBytes = DeskLimits{}.large_bytes;

  // Of so many workers, how many do urgent jobs; with one worker, it does both.
  static constexpr std::size_t urgent_of(std::size_t workers) {
    return workers < 2 ? workers : workers - std::max<std::size_t>(workers / 3, 1);
  }
  // How many workers a machine with so many processors has. As many as these do urgent jobs, and at least
  // four, so that a short job hardly ever waits for the end of a long one.
  static constexpr std::size_t count_for(std::size_t cores) {
    return std::max<std::size_t>(cores + cores / 2, 5);
  }

  struct Options {
    // Where answers are charged, and which decides whether there is room for them; it must outlive this
    // object and all jobs. nullptr: memory is no reason for anything.
    MemoryBudget* memory = nullptr;
    std::size_t large_job_bytes = kLargeJobBytes;              // DeskLimits::large_bytes
    std::uint64_t most_steps = state::LoopShare{}.most_steps;  // that a stored event may take
  };

  // At least one loop. `desk`: the loop of the desk, which does nothing that takes long; may be nullptr if
  // there is one worker. The loops must outlive this object, and must run until set() has ended every
  // worker.
  Workers(const std::vector<Scheduler*>& loops, Scheduler* desk, const Options& options);
  explicit Workers(const std::vector<Scheduler*>& loops, Scheduler* desk = nullptr)
      : Workers(loops, desk, Options()) {}

  std::size_t size() const { return places_.size(); }
  Scheduler& loop(std::size_t index) const { return places_[index].loop; }

  // Must be called on that loop. Installs a worker over this view of the store, or ends it
  // (nullptr). `types` must outlive it.
  void set(std::size_t index, std::unique_ptr<log::LoopStore> store,
           const merge::TypeRegistry& types);

  void start(state::JobOrder order, Work work) override;

  // The number of the worker to which start() gives an answer like this; the only one does urgent jobs, too.
  std::size_t worker_for(const state::JobOrder& order) const;

  // nullptr: there is one worker, and no desk.
  const UrgentDesk* desk() const { return desk_.get(); }
  Scheduler* desk_loop() const { return desk_loop_; }
  // Calls `given` on the desk's loop when a worker gets an urgent job. Call it before the first start().
  using Given = std::function<void(std::size_t worker, const state::JobOrder& order)>;
  void watch_desk(Given given) { given_ = std::move(given); }

  // Jobs that wait for their turn, or run, or were begun or refused so far, of all workers.
  struct Counts {
    std::uint64_t begun = 0;
    std::uint64_t refused = 0;
    std::uint64_t abandoned = 0;
    std::uint64_t waiting = 0;
    std::uint64_t running = 0;
  };
  Counts counts() const;
  // The jobs of one worker that have begun and wait for memory.
  std::uint64_t resting(std::size_t worker) const { return places_[worker].counters->resting; }

  // What workers keep between jobs: indexes of authors (state/author_index.h). While no worker runs.
  std::uint64_t kept_bytes() const;

 private:
  struct Site {
    Site(Scheduler& loop, std::unique_ptr<log::LoopStore> loop_store,
         const merge::TypeRegistry& types, std::uint64_t most_steps, state::JobCounters& counters,
         std::shared_ptr<state::AnswerRoom> room)
        : store(std::move(loop_store)),
          worker(loop, sources(*store, types, most_steps), counters, {}, std::move(room)) {}

    static state::ReplaySources sources(log::LoopStore& store, const merge::TypeRegistry& types,
                                        std::uint64_t most_steps) {
      state::ReplaySources made(store, types);
      made.most_steps = most_steps;
      return made;
    }

    const std::unique_ptr<log::LoopStore> store;
    state::Worker worker;
  };
  struct Place {
    Scheduler& loop;
    std::unique_ptr<Site> site;
    std::unique_ptr<state::JobCounters> counters = std::make_unique<state::JobCounters>();
  };

  void give(std::size_t worker, state::JobOrder order, Work work) const;
  void give_urgent(std::size_t worker, state::JobQueue::Entry job) const;

  std::vector<Place> places_;
  Scheduler* const desk_loop_;
  const std::uint64_t most_steps_;
  const std::shared_ptr<state::AnswerRoom> room_;
  Given given_;
  std::shared_ptr<UrgentDesk> desk_;  // used on its loop; jobs that run refer to it, too
};

}  // namespace syncline::node
