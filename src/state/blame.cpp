#include "state/blame.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/utf8.h"
#include "merge/facets.h"
#include "state/object_replay.h"
#include "syncline/crdt/id_set.h"

namespace syncline::state {
namespace {

using crdt::Clock;

class Blaming : public std::enable_shared_from_this<Blaming> {
 public:
  Blaming(const ReplaySources& sources, std::string workspace, std::string object, log::Position at,
          log::Done<Blame> done)
      : sources_(sources),
        workspace_(std::move(workspace)),
        object_(std::move(object)),
        at_(at),
        done_(std::move(done)) {}

  void start() {
    replay_object(sources_, workspace_, object_, at_,
                  [self = shared_from_this()](auto replayed) { self->begin(std::move(replayed)); });
  }

 private:
  struct Author {
    log::Position position = 0;
    std::string principal;
    std::string actor;
    std::uint64_t accepted_ms = 0;
  };
  struct Owned {
    Clock end = 0;
    std::size_t author = 0;
  };

  void begin(Result<ReplayedObject> replayed) {
    if (!replayed) return done_(std::unexpected(std::move(replayed.error())));
    if (replayed->position == 0)
      return done_(
          fail(ErrorCode::kNotFound, fmt::format("there was no object {} at {}", object_, at_)));
    position_ = replayed->position;
    type_ = &replayed->object->type();
    generation_ = replayed->generation;
    texts_ = merge::attributed_texts(*replayed->object);
    std::map<crdt::ClientId, crdt::IdSet::Ranges> ranges;
    for (const auto& text : texts_) {
      for (const auto& run : text.runs) ranges[run.client].push_back({run.clock, run.length});
    }
    for (auto& [client, all] : ranges) wanted_.add(client, std::move(all));
    read_on();
  }

  void read_on() {
    sources_.events.read_object(
        workspace_, object_, read_, {.to = position_},
        [self = shared_from_this()](auto events) { self->take(std::move(events)); });
  }

  void take(Result<std::vector<log::Event>> events) {
    if (!events) return done_(std::unexpected(std::move(events.error())));
    if (events->empty()) return finish();
    for (log::Event& event : *events) {
      if (event.kind == log::EventKind::kChange &&
          std::max<std::uint64_t>(event.generation, 1) == generation_)
        note(event);
      read_ = event.position;
    }
    read_on();
  }

  void note(log::Event& event) {
    const auto ids = type_->ids_of(event.intent);
    if (!ids) return;  // it could not have been replayed, so retention has dropped it
    bool noted = false;
    for (const merge::IdRange& range : *ids) {
      const auto* wanted = wanted_.find(range.client);
      if (wanted == nullptr) continue;
      const Clock end = range.clock + range.length;
      auto next = std::ranges::upper_bound(*wanted, range.clock, {}, &crdt::ClockRange::end);
      if (next == wanted->end() || next->clock >= end) continue;
      if (!noted) {
        authors_.push_back({event.position, std::move(event.principal), std::move(event.actor),
                            event.accepted_ms()});
        noted = true;
      }
      own(owned_[range.client], range.clock, end);
    }
  }

  // Assigns [begin, end) to the newest author, except the parts that already have one.
  void own(std::map<Clock, Owned>& owned, Clock begin, Clock end) {
    auto next = owned.upper_bound(begin);
    if (next != owned.begin()) begin = std::max(begin, std::prev(next)->second.end);
    while (begin < end) {
      const Clock stop = next == owned.end() ? end : std::min(end, next->first);
      if (begin < stop) owned.emplace_hint(next, begin, Owned{stop, authors_.size() - 1});
      if (next == owned.end()) return;
      begin = std::max(begin, next->second.end);
      ++next;
    }
  }

  void finish() {
    Blame blame{position_, {}};
    for (const merge::AttributedText& text : texts_) {
      BlamedText told{text.path, {}};
      for (const merge::TextRun& run : text.runs) cut(run, told.runs);
      blame.texts.push_back(std::move(told));
    }
    done_(std::move(blame));
  }

  // Several events may have written a run of one client.
  void cut(const merge::TextRun& run, std::vector<BlamedRun>& runs) {
    std::string_view rest = run.text;
    const auto& owned = owned_[run.client];
    auto next = owned.upper_bound(run.clock);
    if (next != owned.begin()) --next;
    for (Clock clock = run.clock; clock < run.clock + run.length;) {
      while (next != owned.end() && next->second.end <= clock) ++next;
      const bool known = next != owned.end() && next->first <= clock;
      Clock end = run.clock + run.length;
      if (known) end = std::min(end, next->second.end);
      if (!known && next != owned.end()) end = std::min(end, next->first);
      bool inside = false;
      std::size_t bytes = utf16_offset(rest, end - clock, inside);
      if (end == run.clock + run.length) bytes = rest.size();
      add(runs, known ? authors_[next->second.author] : Author{}, rest.substr(0, bytes));
      rest.remove_prefix(bytes);
      clock = end;
    }
  }

  static void add(std::vector<BlamedRun>& runs, const Author& author, std::string_view text) {
    if (!runs.empty() && runs.back().position == author.position) {
      runs.back().text += text;
      return;
    }
    runs.push_back(
        {std::string(text), author.position, author.principal, author.actor, author.accepted_ms});
  }

  const ReplaySources sources_;
  const merge::ObjectType* type_ = nullptr;
  std::uint64_t generation_ = 0;
  const std::string workspace_;
  const std::string object_;
  const log::Position at_;
  log::Done<Blame> done_;
  log::Position position_ = 0;
  log::Position read_ = 0;
  std::vector<merge::AttributedText> texts_;
  crdt::IdSet wanted_;
  std::vector<Author> authors_;
  std::map<crdt::ClientId, std::map<Clock, Owned>> owned_;
};

}  // namespace

void blame_object(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position at, log::Done<Blame> done) {
  std::make_shared<Blaming>(sources, std::move(workspace), std::move(object), at, std::move(done))
      ->start();
}

}  // namespace syncline::state
