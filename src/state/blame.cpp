#include "state/blame.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/utf8.h"
#include "merge/facets.h"
#include "state/author_index.h"
#include "state/object_replay.h"

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
  void begin(Result<ReplayedObject> replayed) {
    if (!replayed) return done_(std::unexpected(std::move(replayed.error())));
    if (replayed->position == 0)
      return done_(
          fail(ErrorCode::kNotFound, fmt::format("there was no object {} at {}", object_, at_)));
    position_ = replayed->position;
    type_ = &replayed->object->type();
    generation_ = replayed->generation;
    texts_ = merge::attributed_texts(*replayed->object);
    if (sources_.authors != nullptr) kept_ = sources_.authors->get(workspace_, object_);
    // The kept index is of the newest generation that was asked for.
    if (kept_ == nullptr || kept_->index.generation() > generation_)
      kept_ = std::make_shared<AuthorIndexes::Kept>();
    extend();
  }

  void extend() {
    if (kept_->extending)
      return kept_->waiting.push_back([self = shared_from_this()] { self->extend(); });
    if (kept_->index.generation() != generation_) {
      kept_->index = AuthorIndex();
      kept_->index.begin(generation_);
    }
    if (kept_->index.position() >= position_) return finish();
    kept_->extending = true;
    read_on();
  }

  void read_on() {
    sources_.events.read_object(
        workspace_, object_, kept_->index.position(), {.to = position_},
        [self = shared_from_this()](auto events) { self->take(std::move(events)); });
  }

  void take(Result<std::vector<log::Event>> events) {
    if (!events) {
      extended();
      return done_(std::unexpected(std::move(events.error())));
    }
    for (const log::Event& event : *events) kept_->index.note(*type_, event);
    if (!events->empty()) return read_on();
    kept_->index.passed(std::max(kept_->index.position(), position_));
    finish();
    extended();  // others may begin the index anew
  }

  void extended() {
    kept_->extending = false;
    if (sources_.authors != nullptr) sources_.authors->grown(workspace_, object_);
    for (auto& next : std::exchange(kept_->waiting, {})) next();
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
    const Clock run_end = run.clock + run.length;
    for (Clock clock = run.clock; clock < run_end;) {
      const AuthorIndex::Found found = kept_->index.find(run.client, clock, run_end);
      bool inside = false;
      std::size_t bytes = utf16_offset(rest, found.end - clock, inside);
      if (found.end == run_end) bytes = rest.size();
      add(runs, found.author, rest.substr(0, bytes));
      rest.remove_prefix(bytes);
      clock = found.end;
    }
  }

  static void add(std::vector<BlamedRun>& runs, const AuthorIndex::Author& author,
                  std::string_view text) {
    if (!runs.empty() && runs.back().position == author.position) {
      runs.back().text += text;
      return;
    }
    if (author.position == 0) return runs.push_back({.text = std::string(text)});
    runs.push_back(
        {std::string(text), author.position, *author.principal, *author.actor, author.accepted_ms});
  }

  const ReplaySources sources_;
  const merge::ObjectType* type_ = nullptr;
  std::uint64_t generation_ = 0;
  const std::string workspace_;
  const std::string object_;
  const log::Position at_;
  log::Done<Blame> done_;
  log::Position position_ = 0;
  std::vector<merge::AttributedText> texts_;
  std::shared_ptr<AuthorIndexes::Kept> kept_;
};

}  // namespace

void blame_object(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position at, log::Done<Blame> done) {
  std::make_shared<Blaming>(sources, std::move(workspace), std::move(object), at, std::move(done))
      ->start();
}

}  // namespace syncline::state
