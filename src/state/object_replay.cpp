#include "state/object_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/mutation.h"
#include "log/rules.h"
#include "merge/facets.h"
#include "state/deletions_view.h"
#include "state/generation.h"
#include "state/job_room.h"
#include "state/state_parts.h"

namespace syncline::state {
namespace {

std::size_t bytes_of(const std::vector<log::Event>& events) {
  std::size_t bytes = 0;
  for (const log::Event& event : events) bytes += event.intent.size();
  return bytes;
}

// True for stored data that is damaged or of a newer version. Other errors, such as a disk that
// does not answer, may be temporary.
bool of_what_is_stored(const Error& error) {
  return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported;
}

bool is_counted_in(const ReplaySources& sources) {
  return sources.room != nullptr && sources.room->counts();
}

// What a replay on a loop may apply, in shares of a turn (LoopShare::steps): it has several turns.
constexpr std::uint64_t kReplaySteps = 4;

// After a load that may have taken this part of what a change may take, the state is stored.
constexpr std::uint64_t kManySteps = 8;

class Replay : public std::enable_shared_from_this<Replay> {
 public:
  Replay(const ReplaySources& sources, std::string workspace, std::string object, log::Position at,
         std::move_only_function<void(Replayed)> done)
      : sources_(sources),
        workspace_(std::move(workspace)),
        object_(std::move(object)),
        at_(at),
        to_(at),
        done_(std::move(done)) {}

  // A job wants memory first, for as much as is stored.
  void start() {
    if (!is_counted()) return load();
    sources_.snapshots.measure_snapshot(workspace_, object_, at_,
                                        [self = shared_from_this()](Result<std::uint64_t> stored) {
                                          self->want(stored.value_or(0), [self] { self->load(); });
                                        });
  }

  // Begins with what another replay has read.
  void start_with(log::Snapshot snapshot) {
    const std::uint64_t stored = snapshot.bytes.size() + snapshot.base_bytes.size();
    auto begin = [this, snapshot = std::move(snapshot)]() mutable { restore(std::move(snapshot)); };
    if (!is_counted()) return begin();
    want(stored, std::move(begin));
  }

 private:
  bool is_counted() const { return is_counted_in(sources_); }

  void want(std::uint64_t stored, Task next) {
    sources_.room->want(replay_bytes(stored), [self = shared_from_this(), next = std::move(next)](
                                                  Result<MemoryCharge> charge) mutable {
      if (!charge) return self->refuse(std::move(charge.error()));
      self->result_.charge = std::move(*charge);
      next();
    });
  }

  void load() {
    sources_.snapshots.load_snapshot(
        workspace_, object_, at_,
        [self = shared_from_this()](auto snapshot) { self->restore(std::move(snapshot)); });
  }

  bool is_long(std::size_t bytes) const {
    return sources_.off_loop && bytes > sources_.off_loop->share.bytes;
  }

  // A few bytes can delete a document. What the loop has applied so far counts, too.
  bool is_heavy(const log::Event& event) {
    if (!sources_.off_loop || event.dropped_payload || event.kind != log::EventKind::kChange)
      return false;
    const auto empty = result_.object ? nullptr : sources_.types.default_type().create();
    const merge::Object& object = result_.object ? *result_.object : *empty;
    const std::uint64_t most = kReplaySteps * sources_.off_loop->share.steps;
    const std::uint64_t left = most - std::min(most, steps_);
    steps_ += object.weigh(event.intent, left);
    return steps_ > most;
  }

  // Of an event that comes next, where no more goes elsewhere.
  Result<void> check_cost(const log::Event& event) {
    if (sources_.off_loop) return {};
    const std::uint64_t most = sources_.most_steps;
    const std::uint64_t steps = result_.object->weigh(event.intent, most);
    if (steps > most)
      return fail(ErrorCode::kTooLarge,
                  fmt::format("it may take more than {} steps (serve --max-change-steps)", most));
    steps_ += steps;
    if (steps > most / kCostlyPart) costly_steps_ += steps;
    if (costly_steps_ / kReplayedAtMost > most)
      return fail(ErrorCode::kTooLarge,
                  fmt::format("the costly events until there may take more than {} times {} steps "
                              "(serve --max-change-steps)",
                              kReplayedAtMost, most));
    return {};
  }

  // Begins again on a worker; with the snapshot, if it was just read.
  void go_elsewhere(std::optional<log::Snapshot> snapshot) {
    stop_reading();
    const std::size_t stored =
        snapshot ? snapshot->bytes.size() + snapshot->base_bytes.size() : replayed_bytes_;
    auto work = [workspace = workspace_, object = object_, at = at_, snapshot = std::move(snapshot),
                 answer = sources_.off_loop->home.bind(std::move(done_))](Result<Workplace*> place,
                                                                          JobSlot slot) mutable {
      if (!place) return answer(std::unexpected(ReplayFailure{std::move(place.error()), 0}));
      const auto replay = std::make_shared<Replay>(
          (*place)->sources, std::move(workspace), std::move(object), at,
          [answer = std::move(answer), slot = std::move(slot)](Replayed replayed) mutable {
            // Measured here, the loop need not look at all of it.
            if (replayed) (void)replayed->object->memory_bytes();
            answer(std::move(replayed));
          });
      snapshot ? replay->start_with(std::move(*snapshot)) : replay->start();
    };
    sources_.off_loop->jobs.start({.kind = JobOrder::kUrgent,
                                   .asker = workspace_,
                                   .name = "replay",
                                   .bytes = replay_bytes(stored)},
                                  std::move(work));
  }

  void restore(Result<std::optional<log::Snapshot>> snapshot) {
    if (!snapshot && snapshot.error().code != ErrorCode::kCorrupt)
      return refuse(std::move(snapshot.error()));
    if (snapshot && *snapshot &&
        is_long((**snapshot).bytes.size() + (**snapshot).base_bytes.size()))
      return go_elsewhere(std::move(*snapshot));
    result_.damaged_snapshot = !snapshot;
    if (!snapshot || !*snapshot) return read_on();
    if (!knows(**snapshot)) return;
    damaged_ = (*snapshot)->damaged;
    result_.damaged_snapshot = damaged_ > 0;
    const log::Position position = (*snapshot)->position;
    read_after(position);  // in parallel with restoring the snapshot
    if (!take(**snapshot)) try_before(position);
  }

  // Fails if this build does not know the snapshot's type. Then it does not know that of the later
  // events either.
  bool knows(const log::Snapshot& snapshot) {
    const auto type = type_of(sources_.types, parts_of(snapshot));
    if (!type) refuse(type.error());
    return type.has_value();
  }

  bool take(const log::Snapshot& snapshot) {
    const StateParts parts = parts_of(snapshot);
    auto restored = state::restore(sources_.types, parts);
    if (!restored) return false;
    result_.object = std::move(*restored);
    result_.generation = snapshot.generation == 0 ? 1 : snapshot.generation;
    result_.position = result_.snapshot_position = snapshot.position;
    result_.snapshot_bytes = parts.whole.size() + parts.delta.size();
    result_.bytes_since_milestone = snapshot.bytes_since_milestone;
    result_.base = snapshot.bytes_since_milestone == 0 ? snapshot.position : snapshot.base;
    result_.base_bytes = parts.whole.size();
    return true;
  }

  // A snapshot that passes its checksum but cannot be restored counts as damaged.
  void try_before(log::Position position) {
    stop_reading();
    result_.damaged_snapshot = true;
    if (damaged_ == 0) damaged_ = position;
    const auto next = position - 1;
    sources_.snapshots.load_snapshot(workspace_, object_, next,
                                     [self = shared_from_this()](auto snapshot) {
                                       if (!snapshot && !of_what_is_stored(snapshot.error()))
                                         return self->refuse(std::move(snapshot.error()));
                                       if (snapshot && *snapshot && !self->take(**snapshot))
                                         return self->try_before((*snapshot)->position);
                                       self->read_on();
                                     });
  }

  void read_on() { read_after(result_.position); }

  // Discards the answers of all earlier reads.
  void read_after(log::Position after) {
    const bool skipped =
        is_mutated(Mutation::skip_after_snapshot) && after > 0 && result_.replayed_events == 0;
    sources_.events.read_object(workspace_, object_, after + skipped,
                                {.to = is_mutated(Mutation::replay_past_moment) ? log::kNow : to_},
                                [self = shared_from_this(), asked = ++asked_](auto events) {
                                  if (asked == self->asked_) self->replay(std::move(events));
                                });
  }

  void stop_reading() { ++asked_; }

  void replay(Result<std::vector<log::Event>> events) {
    if (!events) return unreadable(std::move(events.error()));
    if (events->empty() && failure_) return done_(std::unexpected(std::move(*failure_)));
    if (events->empty()) return finish();
    if (is_long(replayed_bytes_ += bytes_of(*events))) return go_elsewhere(std::nullopt);
    grow([this, self = shared_from_this(), events = std::move(*events)] { apply_all(events); });
  }

  // An object of many small parts needs more than was estimated. What it needs already is measured before each
  // page, and a job waits for the memory for a quarter more.
  void grow(Task next) {
    const std::uint64_t needed =
        is_counted() && result_.object ? result_.object->memory_bytes() : 0;
    const std::uint64_t charged = result_.charge.bytes();
    if (needed <= charged) return next();
    sources_.room->want(needed + needed / 4 - charged,
                        [self = shared_from_this(), charged,
                         next = std::move(next)](Result<MemoryCharge> more) mutable {
                          if (!more) return self->refuse(std::move(more.error()));
                          more->set(charged + more->bytes());
                          self->result_.charge = std::move(*more);
                          next();
                        });
  }

  void apply_all(const std::vector<log::Event>& events) {
    read_after(events.back().position);  // in parallel with applying these
    for (const log::Event& event : events) {
      if (event.position <= erased_to_) {
        pass_erased(event);
        continue;
      }
      if (is_heavy(event)) return go_elsewhere(std::nullopt);
      if (event.kind == log::EventKind::kChange && event.dropped_payload)
        return past_dropped(event.position);
      if (auto applied = apply(event); !applied) {
        const bool unknown = applied.error().code == ErrorCode::kUnsupported;
        return refuse(std::move(applied.error()), unknown ? 0 : event.position);
      }
    }
  }

  // Of a generation of which only that remains: who changed it, and when.
  void pass_erased(const log::Event& event) {
    if (event.kind != log::EventKind::kChange) return;
    result_.position = event.position;
    result_.generation = std::max<std::uint64_t>(event.generation, 1);
    ++result_.replayed_events;
  }

  void finish() {
    result_.erased = result_.position > 0 && result_.position <= erased_to_;
    if (!result_.object) result_.object = sources_.types.default_type().create();
    if (is_counted()) result_.charge.set(result_.object->memory_bytes());
    if (!sources_.off_loop && at_ == log::kNow && steps_ > many_steps()) store_state();
    done_(std::move(result_));
  }

  // With a higher limit than usual, an object is loaded once that is refused otherwise.
  std::uint64_t many_steps() const {
    return std::min(sources_.most_steps, LoopShare{}.most_steps) / kManySteps;
  }

  // So that the next load does not do the same again. It is replaced by the next one, as is that of an object that
  // leaves the memory.
  void store_state() {
    if (result_.bytes_since_milestone == 0) return;
    log::Snapshot snapshot = milestone_of(*result_.object, result_.position,
                                          std::max<std::uint64_t>(result_.generation, 1));
    snapshot.bytes_since_milestone = result_.bytes_since_milestone;
    sources_.snapshots.put_snapshot(workspace_, object_, std::move(snapshot), [](Result<void>) {});
  }

  void refuse(Error error, log::Position position = 0) {
    stop_reading();
    done_(std::unexpected(ReplayFailure{std::move(error), position}));
  }

  // Searches for the event at fault. The events before it must still be applied, because one of
  // them may fail earlier.
  void unreadable(Error error) {
    if (!of_what_is_stored(error) || std::exchange(searched_, true))
      return refuse(std::move(error));
    search(result_.position, 1);
  }

  // The events up to `good` can be read. Continues in growing steps until a read fails.
  void search(log::Position good, log::Position step) {
    if (good == to_) return read_on();  // all can be read now
    const log::Position next = step < to_ - good ? good + step : to_;
    try_to(next, [self = shared_from_this(), good, next, step](std::optional<Error> error) {
      error ? self->narrow(good, next, std::move(*error)) : self->search(next, 2 * step);
    });
  }

  // The events up to `good` can be read, those up to `bad` cannot.
  void narrow(log::Position good, log::Position bad, Error error) {
    if (bad - good == 1) {
      failure_ = {std::move(error), bad};
      to_ = good;
      return read_on();
    }
    const log::Position middle = good + (bad - good) / 2;
    try_to(middle, [self = shared_from_this(), good, bad, middle,
                    error = std::move(error)](std::optional<Error> again) mutable {
      again ? self->narrow(good, middle, std::move(*again))
            : self->narrow(middle, bad, std::move(error));
    });
  }

  template <typename Next>
  void try_to(log::Position to, Next next) {
    sources_.events.read_object(workspace_, object_, result_.position, {.to = to},
                                [self = shared_from_this(), next = std::move(next)](
                                    Result<std::vector<log::Event>> events) mutable {
                                  if (events) return next(std::nullopt);
                                  if (!of_what_is_stored(events.error()))
                                    return self->refuse(std::move(events.error()));
                                  next(std::move(events.error()));
                                });
  }

  // Retention drops payloads only after a snapshot that covers them was stored. If that happened
  // during this replay, the replay starts again from that snapshot. If the moment is before it, the
  // moment is gone.
  void past_dropped(log::Position dropped) {
    stop_reading();
    sources_.snapshots.load_snapshot(
        workspace_, object_, at_, [self = shared_from_this(), dropped](auto found) {
          if (!found && !of_what_is_stored(found.error()))
            return self->refuse(std::move(found.error()));
          if (found && *found && (*found)->position >= dropped && self->take(**found)) {
            self->damaged_ = (*found)->damaged;
            return self->read_on();
          }
          self->explain_dropped(dropped);
        });
  }

  // Its payload may have gone with the deleted object that it was a part of.
  void explain_dropped(log::Position dropped) {
    if (log::is_system_object(object_)) return explain_retained(dropped);
    load_deletions(sources_, workspace_,
                   [self = shared_from_this(), dropped](Result<SharedDeletions> deletions) {
                     if (!deletions) return self->refuse(std::move(deletions.error()));
                     const log::Position to = self->erased_around(**deletions, dropped);
                     if (to == 0) return self->explain_retained(dropped);
                     self->erased_to_ = to;
                     self->begin_erased(dropped);
                   });
  }

  // Up to where events are erased, if this one is; otherwise 0.
  log::Position erased_around(const log::HeldDeletions& deletions, log::Position dropped) const {
    const auto all = deletions.objects.find(object_);
    if (all == deletions.objects.end()) return 0;
    const log::Position renamed = deletions.renamed_after(object_);
    log::Position to = 0;
    for (const log::EndedGeneration& ended : all->second)
      if (ended.after >= dropped && ended.after > renamed && log::is_erased(ended))
        to = ended.after;
    return to;
  }

  // What was replayed so far is of the erased object, too.
  void begin_erased(log::Position first) {
    MemoryCharge charge = std::move(result_.charge);
    result_ = {};
    result_.charge = std::move(charge);
    damaged_ = 0;
    read_after(first - 1);
  }

  void explain_retained(log::Position dropped) {
    sources_.retention.load_retention(workspace_, [self = shared_from_this(),
                                                   dropped](auto retention) {
      if (!retention) return self->refuse(std::move(retention.error()));
      // A damaged snapshot may have served a pin. Then the moment was not dropped on purpose.
      if (self->at_ < retention->floor && !self->result_.damaged_snapshot)
        return self->refuse(log::dropped_error(self->workspace_, self->at_, retention->floor));
      self->refuse({ErrorCode::kCorrupt,
                    fmt::format("object {} of workspace {}: the snapshot that stands for event {}, "
                                "whose payload was dropped, is damaged or gone",
                                self->object_, self->workspace_, dropped)},
                   dropped);
    });
  }

  // kUnsupported: this build does not know the type. Any other error belongs to the event and
  // becomes kCorrupt.
  Result<void> apply(const log::Event& event) {
    if (event.kind == log::EventKind::kChange) {
      auto applied = enter_generation(sources_.types, event, result_.object, result_.generation);
      if (!applied && applied.error().code == ErrorCode::kUnsupported) return applied;
      if (applied) applied = check_cost(event);
      if (applied) applied = result_.object->apply(event.intent);
      if (!applied)
        return fail(ErrorCode::kCorrupt,
                    fmt::format("object {} of workspace {}: event {} cannot be applied: {}",
                                object_, workspace_, event.position, applied.error().message));
    }
    if (event.kind == log::EventKind::kRenamed)
      if (auto continued = go_on_as(event); !continued) return continued;
    result_.position = event.position;
    result_.bytes_since_milestone += log::record_bytes(event);
    ++result_.replayed_events;
    if (event.position == damaged_ && result_.object) mend(event);
    return {};
  }

  // From here on, the object has another name. Deltas do not extend what is stored under the old one.
  Result<void> go_on_as(const log::Event& event) {
    if (!result_.object) {
      const auto type = sources_.types.require(event.type);
      if (!type) return std::unexpected(type.error());
      result_.object = (*type)->create();
    }
    result_.generation = event.generation;
    result_.base = result_.base_bytes = 0;
    return {};
  }

  // A log that is open for reading only refuses this. Then replays stay long.
  void mend(const log::Event& event) {
    result_.snapshot_position = result_.position;
    log::Snapshot snapshot = milestone_of(*result_.object, result_.position, event.generation);
    result_.snapshot_bytes = result_.base_bytes = snapshot.bytes.size();
    result_.bytes_since_milestone = 0;
    result_.base = result_.position;
    merge::mark(*result_.object);
    sources_.snapshots.put_snapshot(workspace_, object_, std::move(snapshot), [](Result<void>) {});
  }

  const ReplaySources sources_;
  const std::string workspace_;
  const std::string object_;
  const log::Position at_;
  log::Position to_;  // at_, or the position before the event at fault
  std::move_only_function<void(Replayed)> done_;
  ReplayedObject result_;
  std::optional<ReplayFailure> failure_;  // the error after to_
  bool searched_ = false;
  std::size_t replayed_bytes_ = 0;  // of intents
  std::uint64_t steps_ = 0;         // that applying them here may have taken
  std::uint64_t costly_steps_ = 0;  // of these, of costly events
  std::uint64_t asked_ = 0;         // number of reads; only the last one's answer is used
  log::Position damaged_ = 0;
  log::Position erased_to_ = 0;  // the events up to there are of an erased object
};

}  // namespace

void try_replay(const ReplaySources& sources, std::string workspace, std::string object,
                log::Position at, std::move_only_function<void(Replayed)> done) {
  std::make_shared<Replay>(sources, std::move(workspace), std::move(object), at, std::move(done))
      ->start();
}

void want_shown(const ReplaySources& sources, ReplayedObject replayed,
                log::Done<ReplayedObject> done) {
  if (!is_counted_in(sources)) return done(std::move(replayed));
  constexpr std::uint64_t kShownCopies = 4;
  const std::uint64_t bytes = replayed.object->memory_bytes();
  const std::uint64_t charged = replayed.charge.bytes();
  const std::uint64_t needed = std::max(kShownCopies * bytes, charged);
  sources.room->want(needed - charged, [replayed = std::move(replayed), needed,
                                        done = std::move(done)](Result<MemoryCharge> more) mutable {
    if (!more) return done(std::unexpected(std::move(more.error())));
    more->set(0);
    replayed.charge.set(needed);
    done(std::move(replayed));
  });
}

void replay_to_show(const ReplaySources& sources, std::string workspace, std::string object,
                    log::Position at, log::Done<ReplayedObject> done) {
  replay_object(sources, std::move(workspace), std::move(object), at,
                [sources = ReplaySources(sources),
                 done = std::move(done)](Result<ReplayedObject> replayed) mutable {
                  if (!replayed) return done(std::unexpected(std::move(replayed.error())));
                  want_shown(sources, std::move(*replayed), std::move(done));
                });
}

void replay_object(const ReplaySources& sources, std::string workspace, std::string object,
                   log::Position at, log::Done<ReplayedObject> done) {
  try_replay(sources, std::move(workspace), std::move(object), at,
             [done = std::move(done)](Replayed replayed) mutable {
               if (!replayed) return done(std::unexpected(std::move(replayed.error().error)));
               if (replayed->erased)
                 return done(fail(ErrorCode::kGone, "the object was deleted, and is erased"));
               done(std::move(*replayed));
             });
}

}  // namespace syncline::state
