#include "state/retention_run.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/mutation.h"
#include "log/rules.h"
#include "state/moment.h"
#include "state/object_replay.h"
#include "state/state_parts.h"

namespace syncline::state {
namespace {

using log::Position;
using log::Retention;

constexpr std::size_t kPinsAtOnce = 256;

void find_on_worker(const ReplaySources& sources, std::string workspace, Instant time,
                    log::Done<Position> done) {
  if (!sources.off_loop)
    return resolve_moment(sources.events, sources.store.pins(), std::move(workspace), time,
                          std::move(done));
  JobOrder order{.kind = JobOrder::kUrgent, .asker = workspace, .name = "moment"};
  sources.off_loop->jobs.start(
      std::move(order), [workspace = std::move(workspace), time,
                         answer = sources.off_loop->home.bind(std::move(done))](
                            Result<Workplace*> place, JobSlot slot) mutable {
        if (!place) return answer(std::unexpected(std::move(place.error())));
        const ReplaySources& there = (*place)->sources;
        resolve_moment(
            there.events, there.store.pins(), std::move(workspace), time,
            [slot = std::move(slot), answer = std::move(answer)](Result<Position> found) mutable {
              slot = JobSlot();
              answer(std::move(found));
            });
      });
}

// The floor that the rule gives for a log that ends at `head`.
void floor_of(const ReplaySources& sources, const std::string& workspace,
              const Retention& retention, Position head, std::uint64_t unix_ms,
              log::Done<Position> done) {
  const log::RetentionRule rule = retention.rule;
  if (rule.keeps_all() || retention.hold) return done(retention.floor);
  const Position by_count = rule.keep_last < head ? head - rule.keep_last : 0;
  auto raise = [=, kept = retention.floor, done = std::move(done)](Result<Position> old) mutable {
    if (!old) return done(std::move(old));
    done(std::max(kept, std::min(by_count, *old)));
  };
  if (rule.keep_ms == 0) return raise(by_count);
  if (unix_ms < rule.keep_ms) return raise(0);
  find_on_worker(sources, workspace, Instant{unix_ms - rule.keep_ms}, std::move(raise));
}

class Turn : public std::enable_shared_from_this<Turn> {
 public:
  Turn(const ReplaySources& sources, std::string workspace, std::size_t max_events,
       log::Done<RetentionTurn> done)
      : sources_(sources),
        store_(sources.store),
        workspace_(std::move(workspace)),
        max_events_(max_events),
        done_(std::move(done)) {}

  void start(std::uint64_t unix_ms) {
    store_.retention().load_retention(workspace_, [self = shared_from_this(), unix_ms](auto kept) {
      if (!kept) return self->done_(std::unexpected(std::move(kept.error())));
      if (auto ok = log::check_not_held(*kept); !ok)
        return self->done_(std::unexpected(std::move(ok.error())));
      self->kept_ = std::move(*kept);
      find_floor(self->sources_, self->workspace_, unix_ms,
                 [self](auto floor) { self->raise(std::move(floor)); });
    });
  }

 private:
  void raise(Result<Position> floor) {
    if (!floor) return done_(std::unexpected(std::move(floor.error())));
    turn_.floor = std::max(*floor, kept_.floor);
    turn_.swept_to = kept_.swept_to;
    if (turn_.floor == kept_.floor) return read();
    store_.retention().raise_floor(
        workspace_, turn_.floor, [self = shared_from_this()](auto raised) {
          if (!raised) return self->done_(std::unexpected(std::move(raised.error())));
          self->read();
        });
  }

  void read() {
    if (turn_.swept_to >= turn_.floor) return done_(std::move(turn_));
    store_.events().read(
        workspace_, turn_.swept_to,
        {.to = is_mutated(Mutation::drop_past_floor) ? log::kNow : turn_.floor,
         .max_events = max_events_},
        [self = shared_from_this()](auto events) { self->take(std::move(events)); });
  }

  void take(Result<std::vector<log::Event>> events) {
    if (!events) return done_(std::unexpected(std::move(events.error())));
    if (events->empty()) return done_(std::move(turn_));
    to_ = events->back().position;
    std::set<std::string> objects;
    for (log::Event& event : *events)
      if (!log::is_system_object(event.object)) objects.insert(std::move(event.object));
    objects_.assign(objects.begin(), objects.end());
    moments_ = {turn_.floor};
    find_pins("");
  }

  void find_pins(std::string after) {
    store_.pins().list_pins(
        workspace_, std::move(after), kPinsAtOnce,
        [self = shared_from_this()](Result<std::vector<log::Pin>> pins) {
          if (!pins) return self->done_(std::unexpected(std::move(pins.error())));
          for (const log::Pin& pin : *pins)
            if (pin.position < self->turn_.floor && !is_mutated(Mutation::ignore_pins))
              self->moments_.insert(pin.position);
          if (pins->size() < kPinsAtOnce) return self->cover();
          self->find_pins(pins->back().name);
        });
  }

  // Ensures the required milestones, one moment of one object after the other.
  void cover() {
    if (object_ == objects_.size()) return drop();
    if (moment_ == 0) next_ = moments_.begin();
    if (next_ == moments_.end()) {
      ++object_;
      moment_ = 0;
      return cover();
    }
    ++moment_;
    try_replay(sources_, workspace_, objects_[object_], *next_++,
               [self = shared_from_this()](Replayed replayed) { self->keep(std::move(replayed)); });
  }

  void keep(Replayed replayed) {
    if (!replayed) return pass_over(std::move(replayed.error()));
    const bool stands =
        replayed->position == 0 ||
        (replayed->snapshot_position == replayed->position && replayed->bytes_since_milestone == 0);
    if (stands || is_mutated(Mutation::drop_uncovered)) return cover();
    ++turn_.snapshots;
    const auto& elsewhere = sources_.off_loop;
    const std::size_t bytes = replayed->object->memory_bytes();
    const bool large = elsewhere && bytes > elsewhere->share.memory;
    auto make = [object = std::move(replayed->object), position = replayed->position,
                 generation = replayed->generation] {
      return milestone_of(*object, position, generation);
    };
    if (!large) return put(make());
    elsewhere->compute<log::Snapshot>(
        {.kind = JobOrder::kUrgent, .asker = workspace_, .name = "snapshot", .bytes = bytes},
        std::move(make),
        [self = shared_from_this()](log::Snapshot milestone) { self->put(std::move(milestone)); });
  }

  void put(log::Snapshot milestone) {
    store_.snapshots().put_snapshot(workspace_, objects_[object_], std::move(milestone),
                                    [self = shared_from_this()](Result<void> put) {
                                      if (!put)
                                        return self->done_(std::unexpected(std::move(put.error())));
                                      self->cover();
                                    });
  }

  // If an event is at fault, or a pinned moment is gone, the object cannot be replayed later
  // either, so it is skipped. Other errors may be temporary, and the next turn starts where this
  // one did.
  void pass_over(ReplayFailure failure) {
    if (failure.position > 0) return skip();
    if (failure.error.code != ErrorCode::kNotFound)
      return done_(std::unexpected(std::move(failure.error)));
    store_.retention().load_retention(workspace_, [self = shared_from_this()](auto kept) {
      if (!kept) return self->done_(std::unexpected(std::move(kept.error())));
      // Another turn has raised the floor and dropped payloads meanwhile, so the moment is gone that
      // this turn needs. Nothing is wrong with the object: the next turn goes on from there.
      if (kept->swept_to != self->turn_.swept_to) return self->end_at(*kept);
      self->skip();
    });
  }

  void skip() {
    turn_.unreadable.push_back(objects_[object_++]);
    moment_ = 0;
    cover();
  }

  void end_at(const Retention& kept) {
    turn_.floor = kept.floor;
    turn_.swept_to = kept.swept_to;
    turn_.unreadable.clear();
    turn_.done = kept.swept_to >= kept.floor;
    done_(std::move(turn_));
  }

  void drop() {
    store_.retention().drop_payloads(
        workspace_, to_, turn_.unreadable,
        [self = shared_from_this()](Result<log::DroppedPayloads> dropped) {
          if (!dropped) return self->done_(std::unexpected(std::move(dropped.error())));
          self->turn_.events = dropped->events;
          self->turn_.bytes = dropped->bytes;
          self->turn_.changes_bytes = dropped->changes_bytes;
          self->turn_.dropped_snapshots = dropped->snapshots;
          self->turn_.swept_to = dropped->swept_to;
          self->turn_.done = dropped->swept_to >= self->turn_.floor;
          self->done_(std::move(self->turn_));
        });
  }

  const ReplaySources sources_;
  log::LoopStore& store_;
  const std::string workspace_;
  const std::size_t max_events_;
  log::Done<RetentionTurn> done_;
  Retention kept_;
  RetentionTurn turn_;
  Position to_ = 0;
  std::vector<std::string> objects_;  // sorted
  std::set<Position> moments_;
  std::set<Position>::iterator next_;
  std::size_t object_ = 0;
  std::size_t moment_ = 0;  // of the current object
};

}  // namespace

void find_floor(const ReplaySources& sources, std::string workspace, std::uint64_t unix_ms,
                log::Done<Position> done) {
  sources.retention.load_retention(
      workspace,
      [&sources, workspace, unix_ms, done = std::move(done)](Result<Retention> kept) mutable {
        if (!kept) return done(std::unexpected(std::move(kept.error())));
        sources.events.head(workspace, [&sources, workspace, unix_ms, kept = std::move(*kept),
                                        done = std::move(done)](Result<log::Head> head) mutable {
          if (!head) return done(std::unexpected(std::move(head.error())));
          floor_of(sources, workspace, kept, head->last_position, unix_ms, std::move(done));
        });
      });
}

void retain(const ReplaySources& sources, std::string workspace, std::uint64_t unix_ms,
            std::size_t max_events, log::Done<RetentionTurn> done) {
  std::make_shared<Turn>(sources, std::move(workspace), max_events, std::move(done))
      ->start(unix_ms);
}

}  // namespace syncline::state
