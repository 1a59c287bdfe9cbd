#include "sim/jobs_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/invariants.h"

namespace syncline::sim {

using state::JobOrder;

// What the watch knows of the jobs of one worker.
struct JobsWatch::Books {
  enum class Stage : std::uint8_t { kSent, kWaits, kRuns };
  struct Job {
    JobOrder::Kind kind = JobOrder::kAnswer;
    std::string asker;
    std::shared_ptr<const std::atomic<bool>> abandoned;
    Stage stage = Stage::kSent;
  };
  struct Lane {
    // How many jobs of others have begun since one of this asker began, or since he waits.
    std::map<std::string, std::map<std::string, int>> passed;
    std::size_t running = 0;
  };

  Books(World& in, bool only) : world(in), only_worker(only) {}

  Lane& lane(const Job& job) { return lanes[job.kind]; }

  std::set<std::string> waiting(JobOrder::Kind kind) const {
    std::set<std::string> askers;
    for (const auto& [number, job] : jobs)
      if (job.kind == kind && job.stage == Stage::kWaits) askers.insert(job.asker);
    return askers;
  }

  void given(const JobOrder& order);
  void waits(std::uint64_t number);
  void begins(std::uint64_t number);
  void over(std::uint64_t number);

  World& world;
  const bool only_worker;
  const state::JobLimits limits = {};
  std::set<JobOrder::Kind> kinds;  // of jobs that it was given
  std::map<std::uint64_t, Job> jobs;
  Lane lanes[2];
  std::uint64_t last = 0;
};

void JobsWatch::Books::given(const JobOrder& order) {
  kinds.insert(order.kind);
  if (!only_worker && kinds.size() > 1)
    world.violated(kLiveness, "a worker gets urgent jobs and answers, and there are others");
}

void JobsWatch::Books::waits(std::uint64_t number) {
  const auto found = jobs.find(number);
  if (found == jobs.end() || found->second.stage != Stage::kSent) return;
  Job& job = found->second;
  if (!waiting(job.kind).contains(job.asker)) lane(job).passed.erase(job.asker);
  job.stage = Stage::kWaits;
  if (job.kind != JobOrder::kAnswer) return;
  const auto own = static_cast<std::size_t>(std::ranges::count_if(jobs, [&](const auto& each) {
    return each.second.kind == job.kind && each.second.asker == job.asker &&
           each.second.stage != Stage::kSent;
  }));
  if (own > limits.answers_by_asker)
    world.violated(kBounded, fmt::format("{} answers of {} wait or run, more than {}", own,
                                         job.asker, limits.answers_by_asker));
}

void JobsWatch::Books::begins(std::uint64_t number) {
  Job& job = jobs.at(number);
  job.stage = Stage::kRuns;
  Lane& own = lane(job);
  own.passed.erase(job.asker);
  if (++own.running > limits.running)
    world.violated(kBounded, fmt::format("{} jobs run, more than {}", own.running, limits.running));
  if (job.abandoned != nullptr && job.abandoned->load())
    world.violated(kBounded, "a job begins, and nobody waits for it: of " + job.asker);
  for (const std::string& asker : waiting(job.kind)) {
    if (asker == job.asker || ++own.passed[asker][job.asker] <= 1) continue;
    world.violated(kLiveness, fmt::format("{} got two turns of the workers while {} waited",
                                          job.asker, asker));
  }
  if (job.kind == JobOrder::kAnswer && lanes[JobOrder::kUrgent].running < limits.running &&
      !waiting(JobOrder::kUrgent).empty())
    world.violated(kLiveness, "an answer begins while an urgent job waits");
}

// Whatever became of it.
void JobsWatch::Books::over(std::uint64_t number) {
  const auto found = jobs.find(number);
  if (found == jobs.end()) return;
  const Job& job = found->second;
  if (job.stage == Stage::kRuns) --lane(job).running;
  if (job.stage == Stage::kWaits) {
    if (job.abandoned != nullptr && job.abandoned->load()) world.hit(Probe::asker_left);
    lane(job).passed.erase(job.asker);
  }
  jobs.erase(found);
}

JobsWatch::JobsWatch(World& world, node::Workers& workers) : workers_(workers) {
  for (std::size_t i = 0; i < workers.size(); ++i)
    books_.push_back(std::make_shared<Books>(world, workers.size() == 1));
}

void JobsWatch::start(JobOrder order, Work work) {
  const std::size_t worker = workers_.worker_for(order);
  const std::shared_ptr<Books> books = books_[worker];
  books->given(order);
  const std::uint64_t number = ++books->last;
  books->jobs.emplace(number, Books::Job{order.kind, order.asker, order.abandoned});
  // It is destroyed without a call if nobody waits for it when its turn comes.
  auto watched = [books, number, work = std::move(work),
                  end = state::JobSlot([books, number] { books->over(number); })](
                     Result<state::Workplace*> place, state::JobSlot slot) mutable {
    if (!place) {
      books->world.hit(Probe::answer_refused);
      books->jobs.erase(number);
      return work(std::move(place), std::move(slot));
    }
    books->begins(number);
    // `end` goes with the slot: the job runs until its slot is destroyed.
    work(std::move(place), state::JobSlot([slot = std::move(slot), end = std::move(end)]() mutable {
           const state::JobSlot over = std::move(end);
         }));
  };
  workers_.start(std::move(order), std::move(watched));
  // In the same turn of the worker, after it has taken the job.
  workers_.loop(worker).post([books, number] { books->waits(number); });
}

void JobsWatch::look() const {
  const auto counts = workers_.counts();
  if (jobs() > 0 || counts.waiting + counts.running == 0) return;
  books_.front()->world.violated(
      kBounded, fmt::format("all jobs are over, and {} count as running, {} as waiting",
                            counts.running, counts.waiting));
}

std::size_t JobsWatch::jobs() const {
  std::size_t sum = 0;
  for (const auto& books : books_) sum += books->jobs.size();
  return sum;
}

}  // namespace syncline::sim
