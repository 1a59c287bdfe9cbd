#include "sim/jobs_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "sim/invariants.h"

namespace syncline::sim {

using state::JobOrder;

// What the watch knows of the urgent workers.
struct JobsWatch::Desk {
  struct Worker {
    std::size_t jobs = 0;  // that it got and that are not over
    std::uint64_t idle_since_us = 0;
  };

  explicit Desk(std::size_t count) : workers(count) {}

  // True if one of them has had nothing to do since before that time.
  bool idle_before(std::uint64_t us) const {
    return std::ranges::any_of(
        workers, [us](const Worker& each) { return each.jobs == 0 && each.idle_since_us < us; });
  }

  std::vector<Worker> workers;
  std::map<const Scheduler*, std::set<JobOrder::Kind>> kinds;  // of the jobs that a loop has begun
  // The jobs that wait at the desk, and how each learns which worker gets it.
  std::map<const std::atomic<bool>*, std::move_only_function<void(std::size_t worker)>> waiting;
};

// What the watch knows of the jobs of one line.
struct JobsWatch::Books {
  enum class Stage : std::uint8_t { kSent, kWaits, kTurn };
  struct Job {
    JobOrder::Kind kind = JobOrder::kAnswer;
    std::string asker;
    std::shared_ptr<const std::atomic<bool>> abandoned;
    std::uint64_t sent_us = 0;
    std::optional<std::size_t> worker = std::nullopt;  // that the desk gave it to
    Stage stage = Stage::kSent;
  };
  struct Lane {
    // How many jobs of others have had their turn since one of this asker had, or since he waits.
    std::map<std::string, std::map<std::string, int>> passed;
    std::size_t running = 0;
  };

  // `resting_jobs`: how many have begun and wait for memory; others may begin meanwhile.
  Books(World& in, std::shared_ptr<Desk> of, std::size_t most, bool at,
        std::function<std::uint64_t()> resting_jobs)
      : world(in),
        desk(std::move(of)),
        most_running(most),
        at_desk(at),
        resting(std::move(resting_jobs)) {}

  Lane& lane(const Job& job) { return lanes[job.kind]; }

  std::set<std::string> waiting(JobOrder::Kind kind) const {
    std::set<std::string> askers;
    for (const auto& [number, job] : jobs)
      if (job.kind == kind && job.stage == Stage::kWaits) askers.insert(job.asker);
    return askers;
  }

  void waits(std::uint64_t number);
  void given(std::uint64_t number, std::size_t worker);
  void turn(std::uint64_t number);
  void begins(std::uint64_t number, const Scheduler& loop);
  void over(std::uint64_t number);

  World& world;
  const std::shared_ptr<Desk> desk;
  const std::size_t most_running;
  const bool at_desk;
  const std::function<std::uint64_t()> resting;
  const state::JobLimits limits = {};
  std::map<std::uint64_t, Job> jobs;
  Lane lanes[2];
  std::uint64_t last = 0;
};

void JobsWatch::Books::waits(std::uint64_t number) {
  const auto found = jobs.find(number);
  if (found == jobs.end() || found->second.stage != Stage::kSent) return;
  Job& job = found->second;
  if (!waiting(job.kind).contains(job.asker)) lane(job).passed.erase(job.asker);
  job.stage = Stage::kWaits;
  if (at_desk && most_running == desk->workers.size() && desk->idle_before(job.sent_us))
    world.violated(kLiveness, "an urgent job waits, and a worker has nothing to do");
  if (job.kind != JobOrder::kAnswer) return;
  const auto own = static_cast<std::size_t>(std::ranges::count_if(jobs, [&](const auto& each) {
    return each.second.kind == job.kind && each.second.asker == job.asker &&
           each.second.stage != Stage::kSent;
  }));
  if (own > limits.answers_by_asker)
    world.violated(kBounded, fmt::format("{} answers of {} wait or run, more than {}", own,
                                         job.asker, limits.answers_by_asker));
}

// At the desk, which may give it to a worker in the turn in which it comes.
void JobsWatch::Books::given(std::uint64_t number, std::size_t worker) {
  jobs.at(number).worker = worker;
  ++desk->workers[worker].jobs;
  turn(number);
}

void JobsWatch::Books::turn(std::uint64_t number) {
  Job& job = jobs.at(number);
  job.stage = Stage::kTurn;
  Lane& own = lane(job);
  own.passed.erase(job.asker);
  if (++own.running > most_running + resting())
    world.violated(kBounded, fmt::format("{} {} run{}, more than {}", own.running,
                                         job.kind == JobOrder::kAnswer ? "answers" : "urgent jobs",
                                         at_desk ? " at once" : " on a worker", most_running));
  for (const std::string& asker : waiting(job.kind)) {
    if (asker == job.asker || ++own.passed[asker][job.asker] <= 1) continue;
    world.violated(kLiveness, fmt::format("{} got two turns of the workers while {} waited",
                                          job.asker, asker));
  }
  if (job.kind == JobOrder::kAnswer && lanes[JobOrder::kUrgent].running < limits.running &&
      !waiting(JobOrder::kUrgent).empty())
    world.violated(kLiveness, "an answer begins while an urgent job waits");
}

void JobsWatch::Books::begins(std::uint64_t number, const Scheduler& loop) {
  if (!at_desk) turn(number);
  const Job& job = jobs.at(number);
  if (job.abandoned != nullptr && job.abandoned->load())
    world.violated(kBounded, "a job begins, and nobody waits for it: of " + job.asker);
  desk->kinds[&loop].insert(job.kind);
  if (!desk->workers.empty() && desk->kinds[&loop].size() > 1)
    world.violated(kLiveness, "a worker gets urgent jobs and answers, and there are others");
}

// Whatever became of it.
void JobsWatch::Books::over(std::uint64_t number) {
  const auto found = jobs.find(number);
  if (found == jobs.end()) return;
  const Job& job = found->second;
  if (at_desk) desk->waiting.erase(job.abandoned.get());
  if (job.worker && --desk->workers[*job.worker].jobs == 0)
    desk->workers[*job.worker].idle_since_us = world.now_us();
  if (job.stage == Stage::kTurn) --lane(job).running;
  if (job.stage == Stage::kWaits) {
    if (job.abandoned != nullptr && job.abandoned->load()) world.hit(Probe::asker_left);
    lane(job).passed.erase(job.asker);
  }
  jobs.erase(found);
}

JobsWatch::JobsWatch(World& world, node::Workers& workers) : workers_(workers) {
  const node::UrgentDesk* desk = workers.desk();
  desk_ = std::make_shared<Desk>(desk == nullptr ? 0 : desk->limits().workers);
  const state::JobLimits limits;
  for (std::size_t i = 0; i < workers.size(); ++i)
    books_.push_back(std::make_shared<Books>(world, desk_, limits.running, false,
                                             [&workers, i] { return workers.resting(i); }));
  if (desk == nullptr) return;
  const node::DeskLimits& at = desk->limits();
  const auto none = [] { return std::uint64_t{0}; };  // what is urgent does not wait for memory
  books_.push_back(std::make_shared<Books>(world, desk_, at.workers * at.each, true, none));
  books_.push_back(std::make_shared<Books>(world, desk_, at.large, true, none));
  workers.watch_desk([desk = desk_](std::size_t worker, const JobOrder& order) {
    const auto found = desk->waiting.find(order.abandoned.get());
    if (found == desk->waiting.end()) return;
    auto given = std::move(found->second);
    desk->waiting.erase(found);
    given(worker);
  });
}

std::shared_ptr<JobsWatch::Books> JobsWatch::line_of(const JobOrder& order) const {
  const node::UrgentDesk* desk = workers_.desk();
  if (order.kind == JobOrder::kAnswer || desk == nullptr) return books_[workers_.worker_for(order)];
  return books_[workers_.size() + (desk->is_large(order) ? 1 : 0)];
}

void JobsWatch::start(JobOrder order, Work work) {
  const std::shared_ptr<Books> books = line_of(order);
  // Nobody abandons an urgent job. This one tells the desk's jobs apart.
  if (books->at_desk) order.abandoned = std::make_shared<std::atomic<bool>>(false);
  const std::uint64_t number = ++books->last;
  books->jobs.emplace(number,
                      Books::Job{order.kind, order.asker, order.abandoned, books->world.now_us()});
  if (books->at_desk)
    desk_->waiting.emplace(order.abandoned.get(),
                           [books, number](std::size_t worker) { books->given(number, worker); });
  Scheduler& queue =
      books->at_desk ? *workers_.desk_loop() : workers_.loop(workers_.worker_for(order));
  // It is destroyed without a call if nobody waits for it when its turn comes.
  auto watched = [books, number, work = std::move(work),
                  end = state::JobSlot([books, number] { books->over(number); })](
                     Result<state::Workplace*> place, state::JobSlot slot) mutable {
    if (!place) {
      books->world.hit(Probe::answer_refused);
      books->jobs.erase(number);
      return work(std::move(place), std::move(slot));
    }
    books->begins(number, (*place)->loop);
    // `end` goes with the slot: the job runs until its slot is destroyed.
    work(std::move(place), state::JobSlot([slot = std::move(slot), end = std::move(end)]() mutable {
           const state::JobSlot over = std::move(end);
         }));
  };
  workers_.start(std::move(order), std::move(watched));
  // In the same turn, after the job was taken.
  queue.post([books, number] { books->waits(number); });
}

void JobsWatch::look() const {
  for (std::size_t i = 0; jobs() == 0 && i < workers_.size(); ++i)
    if (const std::uint64_t resting = workers_.resting(i); resting > 0)
      books_.front()->world.violated(
          kBounded, fmt::format("all jobs are over, and {} of a worker rest", resting));
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
