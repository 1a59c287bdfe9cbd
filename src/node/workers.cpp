#include "node/workers.h"

#include <functional>
#include <string>
#include <utility>

#include "base/assert.h"

namespace syncline::node {
namespace {

// Of so many workers.
std::size_t answer_workers(std::size_t all) {
  return all == 1 ? 1 : all - Workers::urgent_of(all);
}

// A large job may need much more memory than it works on, so about as many run as one worker would do.
DeskLimits desk_limits(std::size_t workers, std::size_t large_bytes) {
  DeskLimits limits{.workers = workers, .large_bytes = large_bytes};
  if (workers == 1) limits.each = 2;
  if (workers > 2) limits.large = 2;
  return limits;
}

}  // namespace

Workers::Workers(const std::vector<Scheduler*>& loops, Scheduler* desk, const Options& options)
    : desk_loop_(loops.size() > 1 ? desk : nullptr),
      most_steps_(options.most_steps),
      room_(options.memory == nullptr ? nullptr
                                      : std::make_shared<state::AnswerRoom>(
                                            options.memory->cell(MemoryUse::kAnswers),
                                            options.memory, answer_workers(loops.size()))) {
  SYNCLINE_ASSERT(desk_loop_ != nullptr || loops.size() == 1);
  for (Scheduler* loop : loops) places_.push_back({*loop, nullptr});
  if (desk_loop_ != nullptr)
    desk_ =
        std::make_shared<UrgentDesk>(desk_limits(urgent_of(loops.size()), options.large_job_bytes),
                                     [this](std::size_t worker, state::JobQueue::Entry job) {
                                       give_urgent(worker, std::move(job));
                                     });
}

void Workers::set(std::size_t index, std::unique_ptr<log::LoopStore> store,
                  const merge::TypeRegistry& types) {
  Place& place = places_[index];
  place.site = store == nullptr ? nullptr
                                : std::make_unique<Site>(place.loop, std::move(store), types,
                                                         most_steps_, *place.counters, room_);
}

std::size_t Workers::worker_for(const state::JobOrder& order) const {
  if (places_.size() == 1) return 0;
  const std::size_t urgent = urgent_of(places_.size());
  return urgent + std::hash<std::string>{}(order.asker) % (places_.size() - urgent);
}

void Workers::start(state::JobOrder order, Work work) {
  if (order.kind == state::JobOrder::kAnswer || desk_ == nullptr) {
    const std::size_t worker = worker_for(order);
    return give(worker, std::move(order), std::move(work));
  }
  desk_loop_->post([desk = desk_, order = std::move(order), work = std::move(work)]() mutable {
    desk->take({std::move(order), std::move(work)});
  });
}

void Workers::give(std::size_t worker, state::JobOrder order, Work work) const {
  const Place& place = places_[worker];
  place.loop.post([&place, order = std::move(order), work = std::move(work)]() mutable {
    if (place.site != nullptr) place.site->worker.take(std::move(order), std::move(work));
  });
}

// On the loop of the desk, to which the end of the job comes back.
void Workers::give_urgent(std::size_t worker, state::JobQueue::Entry job) const {
  if (given_) given_(worker, job.order);
  state::JobSlot over(
      [&loop = *desk_loop_, desk = std::weak_ptr(desk_), worker,
       order = state::JobOrder{
           .kind = job.order.kind, .asker = job.order.asker, .bytes = job.order.bytes}]() mutable {
        if (desk.expired()) return;  // the loop may be gone, too
        loop.post([desk, worker, order = std::move(order)] {
          if (const auto there = desk.lock()) there->over(worker, order);
        });
      });
  give(worker, std::move(job.order),
       [work = std::move(job.work), over = std::move(over)](Result<state::Workplace*> place,
                                                            state::JobSlot slot) mutable {
         work(std::move(place),
              state::JobSlot([slot = std::move(slot), over = std::move(over)]() mutable {
                const state::JobSlot ends = std::move(slot);
                const state::JobSlot tells = std::move(over);
              }));
       });
}

Workers::Counts Workers::counts() const {
  Counts all;
  for (const Place& place : places_) {
    all.begun += place.counters->begun;
    all.refused += place.counters->refused;
    all.abandoned += place.counters->abandoned;
    all.waiting += place.counters->waiting;
    all.running += place.counters->running;
  }
  if (desk_ != nullptr) all.waiting += desk_->waiting();
  return all;
}

std::uint64_t Workers::kept_bytes() const {
  std::uint64_t bytes = 0;
  for (const Place& place : places_)
    if (place.site != nullptr) bytes += place.site->worker.kept_bytes();
  return bytes;
}

}  // namespace syncline::node
