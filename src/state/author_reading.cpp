#include "state/author_reading.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "state/author_store.h"
#include "state/job_room.h"

namespace syncline::state {
namespace {

using SharedIndex = std::shared_ptr<const AuthorIndexes::Kept>;

class AuthorReading : public std::enable_shared_from_this<AuthorReading> {
 public:
  AuthorReading(const ReplaySources& sources, AuthorsWanted wanted, log::Done<SharedIndex> done)
      : sources_(sources), wanted_(std::move(wanted)), done_(std::move(done)) {}

  void start() {
    kept_ = sources_.authors != nullptr ? sources_.authors->get(wanted_.workspace, wanted_.object)
                                        : std::make_shared<AuthorIndexes::Kept>();
    extend();
  }

 private:
  void extend() {
    if (kept_->extending)
      return kept_->waiting.push_back([self = shared_from_this()] { self->extend(); });
    choose();
    if (kept_->index.position() >= wanted_.to) return done_(std::move(kept_));
    kept_->extending = true;
    if (kept_->index.position() > 0 || sources_.authors == nullptr) return read_on();
    load_authors(sources_.snapshots, wanted_.workspace, wanted_.object, wanted_.generation,
                 [self = shared_from_this()](std::optional<AuthorIndex> stored) {
                   if (stored) {
                     self->kept_->index = std::move(*stored);
                     self->kept_->stored_events = self->kept_->index.events();
                   }
                   self->read_on();
                 });
  }

  // The kept index is of the newest generation that was asked for. One that somebody still reads is not changed,
  // but replaced.
  void choose() {
    const std::uint64_t kept = kept_->index.generation();
    if (kept > wanted_.generation) kept_ = std::make_shared<AuthorIndexes::Kept>();
    if (kept > 0 && kept < wanted_.generation)
      kept_ = sources_.authors != nullptr
                  ? sources_.authors->renew(wanted_.workspace, wanted_.object)
                  : std::make_shared<AuthorIndexes::Kept>();
    if (kept_->index.generation() == 0) kept_->index.begin(wanted_.generation);
  }

  void read_on() {
    if (kept_->index.position() >= wanted_.to) return finish();
    sources_.events.read_object(
        wanted_.workspace, wanted_.object, kept_->index.position(), {.to = wanted_.to},
        [self = shared_from_this()](auto events) { self->take(std::move(events)); });
  }

  void take(Result<std::vector<log::Event>> events) {
    if (!events) {
      extended();
      return done_(std::unexpected(std::move(events.error())));
    }
    for (const log::Event& event : *events) {
      if (must_begin_again(event)) {
        all_to_ = event.position;
        begin_again();
        return read_on();
      }
      kept_->index.note(wanted_.type, event, event.position <= all_to_);
    }
    if (!events->empty()) {
      // Until it is counted among those that are kept.
      if (sources_.room != nullptr) growing_ = sources_.room->hold(kept_->index.memory_bytes());
      return read_on();
    }
    kept_->index.passed(std::max(kept_->index.position(), wanted_.to));
    finish();
  }

  // The generation continues what the object was under another name, and some of that was left out.
  bool must_begin_again(const log::Event& event) const {
    return event.kind == log::EventKind::kRenamed && event.object == wanted_.object &&
           event.generation == wanted_.generation && event.position > all_to_ &&
           kept_->index.has_skipped();
  }

  // Somebody may still read the other index.
  void begin_again() {
    auto waiting = std::exchange(kept_->waiting, {});
    kept_->extending = false;
    kept_ = sources_.authors != nullptr ? sources_.authors->renew(wanted_.workspace, wanted_.object)
                                        : std::make_shared<AuthorIndexes::Kept>();
    kept_->waiting = std::move(waiting);
    kept_->extending = true;
    kept_->index.begin(wanted_.generation);
  }

  void finish() {
    extended();
    done_(std::move(kept_));
  }

  void extended() {
    kept_->extending = false;
    store();
    if (sources_.authors != nullptr) sources_.authors->grown(wanted_.workspace, wanted_.object);
    growing_.set(0);
    for (auto& next : std::exchange(kept_->waiting, {})) next();
  }

  // What was read is not read again by the next process, either.
  void store() {
    if (sources_.authors == nullptr || !is_worth_storing(kept_->index, kept_->stored_events))
      return;
    kept_->stored_events = kept_->index.events();
    store_authors(sources_.snapshots, wanted_.workspace, wanted_.object, kept_->index);
  }

  const ReplaySources sources_;
  const AuthorsWanted wanted_;
  log::Done<SharedIndex> done_;
  std::shared_ptr<AuthorIndexes::Kept> kept_;
  log::Position all_to_ = 0;  // events up to there count, whatever their generation
  MemoryCharge growing_;      // of its index, while it is extended
};

}  // namespace

void read_authors(const ReplaySources& sources, AuthorsWanted wanted, log::Done<SharedIndex> done) {
  std::make_shared<AuthorReading>(sources, std::move(wanted), std::move(done))->start();
}

}  // namespace syncline::state
