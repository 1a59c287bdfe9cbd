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

std::uint64_t room_for_answers(AnswerRoom* room) {
  if (room == nullptr || room->cell().limit() == 0) return ~std::uint64_t{0};
  const MemoryCell& cell = room->cell();
  return std::max(AnswerRoom::kLittle, cell.limit() - std::min(cell.limit(), cell.used()));
}

}  // namespace

Worker::Worker(Scheduler& loop, const ReplaySources& sources, JobCounters& counters,
               JobLimits limits, std::shared_ptr<AnswerRoom> room)
    : loop_(loop),
      authors_(room == nullptr ? AuthorIndexes()
                               : AuthorIndexes(room->most_kept(), room->kept_cell())),
      sources_(of_worker(sources, authors_)),
      queue_(limits),
      counters_(counters),
      room_(std::move(room)),
      line_(std::make_shared<RoomLine>(loop,
                                       [this](JobOrder::Kind kind, bool rests) {
                                         rests ? queue_.rest(kind) : queue_.go_on(kind);
                                         rests ? ++counters_.resting : --counters_.resting;
                                         if (rests) begin_later();
                                       })),
      self_(std::make_shared<Worker*>(this)) {}

Worker::~Worker() {
  *self_ = nullptr;
  line_->end();
}

SharedCell Worker::cell_for(const JobOrder& order) const {
  if (room_ == nullptr) return nullptr;
  return order.account != nullptr ? cell_of(order.account, MemoryUse::kAnswers)
                                  : lasting(&room_->cell());
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
  auto entry = queue_.take(room_for_answers(room_.get()));
  if (!entry) return count();
  ++counters_.begun;
  const Doing naming(loop_, entry->order.name);
  const SharedCell cell = cell_for(entry->order);
  MemoryCharge charge;
  // Not to the principal: a job that runs is no answer that he has not read yet (api/streaming.h).
  if (room_ != nullptr && entry->order.kind == JobOrder::kAnswer)
    charge = MemoryCharge(lasting(&room_->cell()), entry->order.bytes);
  auto job = std::make_shared<JobRoom>(sources_, loop_, entry->order, line_, room_, cell);
  Workplace* const place = &job->place();
  JobSlot slot([self = self_, kind = entry->order.kind, asker = entry->order.asker,
                job = std::move(job), charge = std::move(charge)]() mutable {
    charge.set(0);
    job.reset();
    if (*self == nullptr || is_mutated(Mutation::lose_slot)) return;
    (*self)->queue_.over(kind, asker);
    (*self)->begin_later();
  });
  if (queue_.waiting() > 0) begin_later();
  entry->work(place, std::move(slot));
  count();
}

void Worker::count() {
  counters_.waiting = queue_.waiting();
  counters_.running = queue_.running();
  counters_.abandoned = queue_.abandoned();
}

}  // namespace syncline::state
