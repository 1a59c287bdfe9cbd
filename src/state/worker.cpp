#include "state/worker.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::state {
namespace {

// On its worker, nothing goes to another one.
ReplaySources of_worker(ReplaySources sources, AuthorIndexes& authors) {
  sources.off_loop.reset();
  sources.authors = &authors;
  return sources;
}

std::uint64_t room_for_answers(const MemoryCell* cell) {
  if (cell == nullptr || cell->limit() == 0) return ~std::uint64_t{0};
  return cell->limit() - std::min(cell->limit(), cell->used());
}

}  // namespace

Worker::Worker(Scheduler& loop, const ReplaySources& sources, JobCounters& counters,
               JobLimits limits, MemoryCell* answers)
    : loop_(loop),
      sources_(of_worker(sources, authors_)),
      place_{loop, sources_},
      queue_(limits),
      counters_(counters),
      answers_(answers),
      self_(std::make_shared<Worker*>(this)) {}

Worker::~Worker() {
  *self_ = nullptr;
}

void Worker::take(JobOrder order, Jobs::Work work) {
  JobQueue::Entry entry{std::move(order), std::move(work)};
  if (auto taken = queue_.push(std::move(entry)); !taken) {
    ++counters_.refused;
    return entry.work(std::unexpected(std::move(taken.error())), {});
  }
  begin_later();
}

void Worker::begin_later() {
  count();
  if (std::exchange(scheduled_, true)) return;
  loop_.post([self = self_] {
    if (*self != nullptr) (*self)->begin();
  });
}

// One job begins in a turn, so that those that run get theirs.
void Worker::begin() {
  scheduled_ = false;
  auto entry = queue_.take(room_for_answers(answers_));
  if (!entry) return count();
  ++counters_.begun;
  const Doing naming(loop_, entry->order.name);
  MemoryCharge charge;
  if (answers_ != nullptr && entry->order.kind == JobOrder::kAnswer)
    charge = MemoryCharge(lasting(answers_), entry->order.bytes);
  JobSlot slot([self = self_, kind = entry->order.kind, asker = entry->order.asker,
                charge = std::move(charge)]() mutable {
    charge.set(0);
    if (*self == nullptr || is_mutated(Mutation::lose_slot)) return;
    (*self)->queue_.over(kind, asker);
    (*self)->begin_later();
  });
  if (queue_.waiting() > 0) begin_later();
  entry->work(&place_, std::move(slot));
  count();
}

void Worker::count() {
  counters_.waiting = queue_.waiting();
  counters_.running = queue_.running();
  counters_.abandoned = queue_.abandoned();
}

}  // namespace syncline::state
