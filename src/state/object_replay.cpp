#include "state/object_replay.h"

#include <fmt/format.h>

#include <utility>

#include "base/mutation.h"

namespace syncline::state {
namespace {

class Replay : public std::enable_shared_from_this<Replay> {
 public:
  Replay(log::EventLog& log, std::string workspace, std::string object, log::Position at,
         log::Done<ReplayedObject> done)
      : log_(log),
        workspace_(std::move(workspace)),
        object_(std::move(object)),
        at_(at),
        done_(std::move(done)) {}

  void start() {
    log_.load_snapshot(workspace_, object_, at_, [self = shared_from_this()](auto snapshot) {
      self->restore(std::move(snapshot));
    });
  }

 private:
  void restore(Result<std::optional<log::Snapshot>> snapshot) {
    if (!snapshot && snapshot.error().code != ErrorCode::kCorrupt)
      return done_(std::unexpected(std::move(snapshot.error())));
    result_.damaged_snapshot = !snapshot;
    if (snapshot && *snapshot) {
      damaged_ = (*snapshot)->damaged;
      result_.damaged_snapshot = damaged_ > 0;
      if (!take(**snapshot)) return try_before((*snapshot)->position);
    }
    if (!result_.object) result_.object = merge::doc_type().create();
    read_on();
  }

  bool take(const log::Snapshot& snapshot) {
    auto restored = merge::doc_type().restore(snapshot.bytes);
    if (!restored) return false;
    result_.object = std::move(*restored);
    result_.position = result_.snapshot_position = snapshot.position;
    result_.snapshot_bytes = snapshot.bytes.size();
    result_.bytes_since_milestone = snapshot.bytes_since_milestone;
    return true;
  }

  // Passed its checksum and is no state: as good as damaged.
  void try_before(log::Position position) {
    result_.damaged_snapshot = true;
    if (damaged_ == 0) damaged_ = position;
    const auto next = position - 1;
    log_.load_snapshot(workspace_, object_, next, [self = shared_from_this()](auto snapshot) {
      if (snapshot && *snapshot && !self->take(**snapshot))
        return self->try_before((*snapshot)->position);
      if (!self->result_.object) self->result_.object = merge::doc_type().create();
      self->read_on();
    });
  }

  void read_on() {
    const log::Position skipped = is_mutated(Mutation::skip_after_snapshot) &&
                                  result_.position > 0 && result_.replayed_events == 0;
    log_.read_object(workspace_, object_, result_.position + skipped,
                     {.to = is_mutated(Mutation::replay_past_moment) ? log::kNow : at_},
                     [self = shared_from_this()](auto events) { self->replay(std::move(events)); });
  }

  void replay(Result<std::vector<log::Event>> events) {
    if (!events) return done_(std::unexpected(std::move(events.error())));
    if (events->empty()) return done_(std::move(result_));
    for (const log::Event& event : *events) {
      if (event.kind == log::EventKind::kChange && event.dropped_payload)
        return past_dropped(event.position);
      if (auto applied = apply(event); !applied) return done_(std::unexpected(applied.error()));
    }
    read_on();
  }

  // Retention drops payloads only behind a snapshot that covers them. If that was made since this
  // replay began, it begins again there; if the moment is before it, the moment is gone.
  void past_dropped(log::Position dropped) {
    log_.load_snapshot(workspace_, object_, at_, [self = shared_from_this(), dropped](auto found) {
      if (found && *found && (*found)->position >= dropped && self->take(**found)) {
        self->damaged_ = (*found)->damaged;
        return self->read_on();
      }
      self->explain_dropped(dropped);
    });
  }

  void explain_dropped(log::Position dropped) {
    log_.load_retention(workspace_, [self = shared_from_this(), dropped](auto retention) {
      if (!retention) return self->done_(std::unexpected(std::move(retention.error())));
      if (self->at_ < retention->floor)
        return self->done_(
            std::unexpected(log::dropped_error(self->workspace_, self->at_, retention->floor)));
      self->done_(
          fail(ErrorCode::kCorrupt,
               fmt::format("object {} of workspace {}: the snapshot that stands for event {}, "
                           "whose payload was dropped, is damaged or gone",
                           self->object_, self->workspace_, dropped)));
    });
  }

  Result<void> apply(const log::Event& event) {
    if (event.kind == log::EventKind::kChange) {
      if (auto applied = result_.object->apply(event.intent); !applied)
        return fail(ErrorCode::kCorrupt,
                    fmt::format("object {} of workspace {}: event {} cannot be applied: {}",
                                object_, workspace_, event.position, applied.error().message));
    }
    result_.position = event.position;
    result_.bytes_since_milestone += log::record_bytes(event);
    ++result_.replayed_events;
    if (event.position == damaged_) mend();
    return {};
  }

  // A log that is open for reading refuses; then the way stays long.
  void mend() {
    result_.snapshot_position = result_.position;
    log::Snapshot snapshot{result_.position, result_.object->snapshot(), 0, 0};
    result_.snapshot_bytes = snapshot.bytes.size();
    result_.bytes_since_milestone = 0;
    log_.put_snapshot(workspace_, object_, std::move(snapshot), [](Result<void>) {});
  }

  log::EventLog& log_;
  const std::string workspace_;
  const std::string object_;
  const log::Position at_;
  log::Done<ReplayedObject> done_;
  ReplayedObject result_;
  log::Position damaged_ = 0;
};

}  // namespace

void replay_object(log::EventLog& log, std::string workspace, std::string object, log::Position at,
                   log::Done<ReplayedObject> done) {
  std::make_shared<Replay>(log, std::move(workspace), std::move(object), at, std::move(done))
      ->start();
}

}  // namespace syncline::state
